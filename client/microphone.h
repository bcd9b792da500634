// Records from an audio input device.
#ifndef OIDO_CLIENT_MICROPHONE_H_
#define OIDO_CLIENT_MICROPHONE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/audio_source.h"
#include "client/sample_ring.h"

namespace oido::client {

struct InputDevice {
  int index = 0;
  std::string name;
  double default_sample_rate_hz = 0;
  bool is_default = false;
};

// The devices that can record; empty where there are none.
absl::StatusOr<std::vector<InputDevice>> ListInputDevices();

// A recording device, as LINEAR16 with one channel, at 16 kHz where the device
// can, else at its own rate. PortAudio's thread pushes, Next's caller pops.
class Microphone : public AudioSource {
 public:
  // `device` is an index or a part of a name from ListInputDevices; empty takes
  // the default device. Next returns the end of the audio when `interrupted`.
  static absl::StatusOr<std::unique_ptr<Microphone>> Open(
      const std::string& device, int chunk_ms,
      std::function<bool()> interrupted);
  ~Microphone() override;

  AudioFormat format() const override { return format_; }
  absl::StatusOr<std::string> Next() override;
  // Recorded while the server took no more, and therefore not sent.
  double lost_seconds() const;

 private:
  class Device;  // PortAudio's side of it

  Microphone(int sample_rate_hz, int chunk_ms,
             std::function<bool()> interrupted);

  const AudioFormat format_;
  const size_t chunk_samples_;
  const std::function<bool()> interrupted_;
  SampleRing ring_;
  std::atomic<int64_t> lost_samples_{0};
  std::unique_ptr<Device> device_;  // last: stops before the ring goes
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_MICROPHONE_H_
