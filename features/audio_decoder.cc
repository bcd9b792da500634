// Turns the bytes a client sends into mono samples at the model's rate.
#include "features/audio_decoder.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "features/pcm.h"
#include "features/resampler.h"
#include "features/wav_header.h"

namespace oido::features {
namespace {

// Bytes converted at once; bounds the samples held between converter and
// resampler.
constexpr size_t kSliceBytes = 1024;

absl::Status CheckAgreement(const AudioFormat& declared,
                            const WavFormat& found) {
  if (declared.encoding != AudioEncoding::kUnspecified &&
      declared.encoding != found.encoding) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoding is ", EncodingName(declared.encoding),
        ", but the WAV header says ", EncodingName(found.encoding)));
  }
  if (declared.sample_rate_hz != 0 &&
      static_cast<uint32_t>(declared.sample_rate_hz) != found.sample_rate_hz) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample_rate_hertz is ", declared.sample_rate_hz,
                     ", but the WAV header says ", found.sample_rate_hz));
  }
  if (found.sample_rate_hz < kMinSampleRateHz ||
      found.sample_rate_hz > kMaxSampleRateHz) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample_rate_hertz is ", found.sample_rate_hz,
                     " in the WAV header, must be in ", kMinSampleRateHz, "..",
                     kMaxSampleRateHz));
  }
  if (found.channels != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio_channel_count is ", found.channels,
                     " in the WAV header, must be 1"));
  }
  return absl::OkStatus();
}

}  // namespace

struct AudioDecoder::Impl {
  Impl(const AudioFormat& format, int output_rate)
      : declared(format),
        output_rate_hz(output_rate),
        sample_rate_hz(format.sample_rate_hz) {}

  absl::Status Decode(absl::string_view bytes, std::vector<float>* samples);
  absl::Status Finish(std::vector<float>* samples);
  absl::Status ReadHeader(absl::string_view* bytes,
                          std::vector<float>* samples);
  absl::Status BeginSamples(AudioEncoding encoding, int rate_hz,
                            uint64_t data_bytes);
  absl::Status ReadSamples(absl::string_view bytes,
                           std::vector<float>* samples);
  absl::Status CreateResampler();

  const AudioFormat declared;
  const int output_rate_hz;
  int sample_rate_hz;  // 0: not known yet
  WavHeaderReader header;
  std::optional<PcmReader> pcm;  // empty as long as a header may come
  uint64_t data_bytes_left = 0;
  std::unique_ptr<Resampler>
      resampler;              // null where pcm is empty or after Finish
  std::vector<float> native;  // scratch: a slice at the input rate
  absl::Status error;
  enum class Phase { kOpen, kFinished } phase = Phase::kOpen;
};

absl::Status AudioDecoder::Impl::CreateResampler() {
  absl::StatusOr<std::unique_ptr<Resampler>> created =
      Resampler::Create(sample_rate_hz, output_rate_hz);
  if (!created.ok()) return created.status();
  resampler = *std::move(created);
  return absl::OkStatus();
}

absl::Status AudioDecoder::Impl::BeginSamples(AudioEncoding encoding,
                                              int rate_hz,
                                              uint64_t data_bytes) {
  pcm.emplace(encoding);
  sample_rate_hz = rate_hz;
  data_bytes_left = data_bytes;
  return CreateResampler();
}

absl::Status AudioDecoder::Impl::ReadHeader(absl::string_view* bytes,
                                            std::vector<float>* samples) {
  const absl::StatusOr<WavHeaderReader::State> state = header.Read(bytes);
  if (!state.ok()) return state.status();
  switch (*state) {
    case WavHeaderReader::State::kIncomplete:
      return absl::OkStatus();
    case WavHeaderReader::State::kComplete: {
      const WavFormat& found = header.format();
      if (absl::Status status = CheckAgreement(declared, found); !status.ok())
        return status;
      return BeginSamples(found.encoding,
                          static_cast<int>(found.sample_rate_hz),
                          found.data_bytes);
    }
    case WavHeaderReader::State::kNotWav:
      break;
  }
  if (declared.encoding == AudioEncoding::kUnspecified) {
    return absl::InvalidArgumentError(
        "encoding is AUDIO_ENCODING_UNSPECIFIED, but the audio does not begin "
        "with a RIFF/WAVE "
        "header; must be LINEAR16 or FLOAT32 then");
  }
  absl::Status status = BeginSamples(declared.encoding, declared.sample_rate_hz,
                                     kUntilEndOfStream);
  return status.ok() ? ReadSamples(header.seen(), samples) : status;
}

absl::Status AudioDecoder::Impl::ReadSamples(absl::string_view bytes,
                                             std::vector<float>* samples) {
  // What follows the data chunk of a WAV file is not audio.
  if (data_bytes_left != kUntilEndOfStream) {
    bytes = bytes.substr(0, std::min<uint64_t>(bytes.size(), data_bytes_left));
    data_bytes_left -= bytes.size();
  }
  // Until the first byte there is no reader.
  if (bytes.empty()) return absl::OkStatus();
  if (sample_rate_hz == output_rate_hz) return pcm->Read(bytes, samples);
  while (!bytes.empty()) {
    const absl::string_view slice = bytes.substr(0, kSliceBytes);
    bytes.remove_prefix(slice.size());
    native.clear();
    if (absl::Status status = pcm->Read(slice, &native); !status.ok())
      return status;
    if (absl::Status status = resampler->Process(native, samples); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status AudioDecoder::Impl::Decode(absl::string_view bytes,
                                        std::vector<float>* samples) {
  if (phase == Phase::kFinished) {
    return absl::FailedPreconditionError(
        "audio after Finish; Reset comes first");
  }
  if (!pcm.has_value() && !bytes.empty()) {
    if (absl::Status status = ReadHeader(&bytes, samples); !status.ok())
      return status;
    if (!pcm.has_value()) return absl::OkStatus();
  }
  return ReadSamples(bytes, samples);
}

absl::Status AudioDecoder::Impl::Finish(std::vector<float>* samples) {
  if (phase == Phase::kFinished) return absl::OkStatus();
  phase = Phase::kFinished;
  if (!pcm.has_value()) {
    if (header.bytes_taken() == 0) return absl::OkStatus();
    if (declared.encoding == AudioEncoding::kUnspecified ||
        header.seen().empty() || header.bytes_taken() != header.seen().size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("audio_content ends inside the WAV header, after ",
                       header.bytes_taken(), " bytes"));
    }
    // Samples that looked like the beginning of a header.
    absl::Status status = BeginSamples(
        declared.encoding, declared.sample_rate_hz, kUntilEndOfStream);
    if (status.ok()) status = ReadSamples(header.seen(), samples);
    if (!status.ok()) return status;
  }
  if (absl::Status status = pcm->CheckComplete(); !status.ok()) return status;
  absl::Status status = resampler->Finish(samples);
  resampler = nullptr;
  return status;
}

AudioDecoder::AudioDecoder(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
AudioDecoder::~AudioDecoder() = default;

absl::StatusOr<std::unique_ptr<AudioDecoder>> AudioDecoder::Create(
    const AudioFormat& format, int output_rate_hz) {
  if (absl::Status status = Validate(format); !status.ok()) return status;
  assert(output_rate_hz > 0);
  return std::unique_ptr<AudioDecoder>(
      new AudioDecoder(std::make_unique<Impl>(format, output_rate_hz)));
}

absl::Status AudioDecoder::Decode(absl::string_view bytes,
                                  std::vector<float>* samples) {
  if (impl_->error.ok()) impl_->error = impl_->Decode(bytes, samples);
  return impl_->error;
}

absl::Status AudioDecoder::Finish(std::vector<float>* samples) {
  if (impl_->error.ok()) impl_->error = impl_->Finish(samples);
  return impl_->error;
}

void AudioDecoder::Reset() {
  if (!impl_->error.ok()) return;
  impl_->phase = Impl::Phase::kOpen;
  // A resampler that was not finished still holds the old utterance.
  if (impl_->pcm.has_value()) {
    impl_->pcm.emplace(impl_->pcm->encoding());
    impl_->error = impl_->CreateResampler();
  }
}

int AudioDecoder::sample_rate_hz() const { return impl_->sample_rate_hz; }

size_t AudioDecoder::size_bytes() const {
  return sizeof(*this) + sizeof(Impl) +
         impl_->native.capacity() * sizeof(float) +
         (impl_->resampler == nullptr ? 0 : impl_->resampler->size_bytes());
}

}  // namespace oido::features
