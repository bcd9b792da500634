// Implements Microphone on PortAudio, the only file that includes it.
#include "client/microphone.h"

#include <fcntl.h>
#include <portaudio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace oido::client {
namespace {

constexpr int kPreferredRateHz = 16000;
// What a stalled network may hold up before audio is lost.
constexpr int kRingSeconds = 10;

// Silences standard error: sound drivers write warnings there while they probe.
class QuietProbe {
 public:
  QuietProbe() : saved_(dup(STDERR_FILENO)) {
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, STDERR_FILENO);
    close(null);
  }
  ~QuietProbe() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }
  QuietProbe(const QuietProbe&) = delete;
  QuietProbe& operator=(const QuietProbe&) = delete;

 private:
  const int saved_;
};

// PortAudio counts its users itself.
class PortAudioUse {
 public:
  PortAudioUse() : error_(Pa_Initialize()) {}
  ~PortAudioUse() {
    if (error_ == paNoError) Pa_Terminate();
  }
  PortAudioUse(const PortAudioUse&) = delete;
  PortAudioUse& operator=(const PortAudioUse&) = delete;
  absl::Status status() const {
    if (error_ == paNoError) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("sound system: ", Pa_GetErrorText(error_)));
  }

 private:
  const PaError error_;
};

std::vector<InputDevice> InputDevices() {
  std::vector<InputDevice> devices;
  for (int i = 0; i < Pa_GetDeviceCount(); ++i) {
    const PaDeviceInfo* info = Pa_GetDeviceInfo(i);
    if (info == nullptr || info->maxInputChannels < 1) continue;
    devices.push_back({i, info->name, info->defaultSampleRate,
                       i == Pa_GetDefaultInputDevice()});
  }
  return devices;
}

absl::StatusOr<InputDevice> FindDevice(const std::string& wanted) {
  const std::vector<InputDevice> devices = InputDevices();
  if (devices.empty()) {
    return absl::NotFoundError(
        "no microphone found; connect one, or use oido transcribe FILE");
  }
  int index = -1;
  const bool by_index = absl::SimpleAtoi(wanted, &index);
  for (const InputDevice& device : devices) {
    const bool found = wanted.empty() ? device.is_default
                       : by_index     ? device.index == index
                                      : absl::StrContains(device.name, wanted);
    if (found) return device;
  }
  if (wanted.empty()) return devices.front();
  return absl::NotFoundError(absl::StrCat("no recording device \"", wanted,
                                          "\"; see oido mic --list-devices"));
}

PaStreamParameters MonoInput(int device) {
  PaStreamParameters parameters = {};
  parameters.device = device;
  parameters.channelCount = 1;
  parameters.sampleFormat = paInt16;
  parameters.suggestedLatency =
      Pa_GetDeviceInfo(device)->defaultLowInputLatency;
  return parameters;
}

int RateFor(const InputDevice& device) {
  const PaStreamParameters input = MonoInput(device.index);
  if (Pa_IsFormatSupported(&input, nullptr, kPreferredRateHz) ==
      paFormatIsSupported) {
    return kPreferredRateHz;
  }
  return static_cast<int>(device.default_sample_rate_hz);
}

}  // namespace

class Microphone::Device {
 public:
  ~Device() {
    if (stream_ != nullptr) Pa_CloseStream(stream_);
  }

  absl::Status Start(const InputDevice& device, Microphone& microphone) {
    const PaStreamParameters input = MonoInput(device.index);
    PaError error = Pa_OpenStream(
        &stream_, &input, nullptr, microphone.format_.sample_rate_hz,
        paFramesPerBufferUnspecified, paNoFlag, &OnAudio, &microphone);
    if (error == paNoError) error = Pa_StartStream(stream_);
    if (error == paNoError) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("recording from ", device.name,
                                               ": ", Pa_GetErrorText(error)));
  }

  bool running() const { return Pa_IsStreamActive(stream_) == 1; }

 private:
  // PortAudio's real-time thread: no lock, no allocation.
  static int OnAudio(const void* input, void*, unsigned long frames,
                     const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags,
                     void* context) {
    Microphone& microphone = *static_cast<Microphone*>(context);
    const size_t pushed = microphone.ring_.Push(absl::MakeConstSpan(
        static_cast<const int16_t*>(input), static_cast<size_t>(frames)));
    microphone.lost_samples_ += static_cast<int64_t>(frames - pushed);
    return paContinue;
  }

  const PortAudioUse use_;
  PaStream* stream_ = nullptr;
};

absl::StatusOr<std::vector<InputDevice>> ListInputDevices() {
  const QuietProbe quiet;
  const PortAudioUse use;
  if (absl::Status status = use.status(); !status.ok()) return status;
  return InputDevices();
}

absl::StatusOr<std::unique_ptr<Microphone>> Microphone::Open(
    const std::string& device, int chunk_ms,
    std::function<bool()> interrupted) {
  const QuietProbe quiet;
  const PortAudioUse use;
  if (absl::Status status = use.status(); !status.ok()) return status;
  const absl::StatusOr<InputDevice> found = FindDevice(device);
  if (!found.ok()) return found.status();
  std::unique_ptr<Microphone> microphone(
      new Microphone(RateFor(*found), chunk_ms, std::move(interrupted)));
  absl::Status started = microphone->device_->Start(*found, *microphone);
  if (!started.ok()) return started;
  return microphone;
}

Microphone::Microphone(int sample_rate_hz, int chunk_ms,
                       std::function<bool()> interrupted)
    : format_{v1::LINEAR16, sample_rate_hz},
      chunk_samples_(std::max<size_t>(1, static_cast<size_t>(sample_rate_hz) *
                                             static_cast<size_t>(chunk_ms) /
                                             1000)),
      interrupted_(std::move(interrupted)),
      ring_(static_cast<size_t>(sample_rate_hz) * kRingSeconds),
      device_(std::make_unique<Device>()) {}

Microphone::~Microphone() = default;

absl::StatusOr<std::string> Microphone::Next() {
  std::vector<int16_t> samples(chunk_samples_);
  size_t filled = 0;
  // The callback must not wake anyone, so this side looks often enough.
  while (!interrupted_()) {
    filled += ring_.Pop(absl::MakeSpan(samples).subspan(filled));
    if (filled == samples.size()) break;
    if (!device_->running()) {
      return absl::UnavailableError("the microphone stopped");
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  std::string bytes(filled * sizeof(int16_t), '\0');
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

double Microphone::lost_seconds() const {
  return static_cast<double>(lost_samples_) / format_.sample_rate_hz;
}

}  // namespace oido::client
