// Turns the bytes a client sends into mono samples at the model's rate.
#include "features/audio_decoder.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "features/channel_mix.h"
#include "features/container.h"
#include "features/flac_codec.h"
#include "features/found_format.h"
#include "features/ogg_opus_codec.h"
#include "features/pcm_codec.h"
#include "features/resampler.h"
#include "features/wav_header.h"

namespace oido::features {
struct AudioDecoder::Impl {
  Impl(const AudioFormat& format, int output_rate)
      : declared(format),
        output_rate_hz(output_rate),
        sample_rate_hz(format.sample_rate_hz) {}

  absl::Status Decode(absl::string_view* bytes, std::vector<float>* samples);
  absl::Status DecodeWith(absl::string_view* bytes,
                          std::vector<float>* samples);
  absl::Status Finish(AudioEnd end, std::vector<float>* samples);
  absl::Status FindCodec(absl::string_view* bytes);
  absl::Status ReadWavHeader(absl::string_view* bytes);
  absl::Status UseRaw();
  absl::Status UseRawAtEnd();
  void UsePcm(AudioEncoding encoding, const CodecFormat& format);
  absl::Status BeginSamples();
  absl::Status Deliver(std::vector<float>* samples);

  const AudioFormat declared;
  const int output_rate_hz;
  int sample_rate_hz;  // 0: not known yet
  ContainerSniffer sniffer;
  Container container = Container::kUnknown;
  WavHeaderReader header;
  std::unique_ptr<Codec> codec;  // null as long as a header may come
  std::string replay;            // taken to find the codec, and part of audio
  uint64_t data_bytes_left = kUntilEndOfStream;  // for the codec
  std::unique_ptr<Resampler> resampler;          // null before the first sample
  int channels = 0;                              // of the codec, likewise
  std::vector<float> native;  // scratch: a part of the audio as it comes
  absl::Status error;
  enum class Phase { kOpen, kFinished } phase = Phase::kOpen;
};

void AudioDecoder::Impl::UsePcm(AudioEncoding encoding,
                                const CodecFormat& format) {
  codec = std::make_unique<PcmCodec>(encoding, format);
  sample_rate_hz = format.sample_rate_hz;
}

// There is no header.
absl::Status AudioDecoder::Impl::UseRaw() {
  if (BytesPerSample(declared.encoding) == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "encoding is ", EncodingName(declared.encoding),
        ", but the audio does not begin with a header of ",
        declared.encoding == AudioEncoding::kUnspecified
            ? "WAV (RIFF), FLAC (fLaC) or Ogg (OggS); without one it must be "
              "LINEAR16, FLOAT32, MULAW or ALAW"
            : "that format"));
  }
  UsePcm(declared.encoding,
         {declared.sample_rate_hz, std::max(1, declared.channels)});
  return absl::OkStatus();
}

absl::Status AudioDecoder::Impl::ReadWavHeader(absl::string_view* bytes) {
  const absl::StatusOr<WavHeaderReader::State> state = header.Read(bytes);
  if (!state.ok()) return state.status();
  if (*state == WavHeaderReader::State::kIncomplete) return absl::OkStatus();
  if (*state == WavHeaderReader::State::kNotWav) {
    replay = std::string(header.seen());
    return UseRaw();
  }
  const WavFormat& wav = header.format();
  const FoundFormat found = {"WAV header", wav.encoding, wav.sample_rate_hz,
                             wav.channels};
  absl::Status status = CheckEncoding(declared, found);
  if (status.ok()) status = CheckRateAndChannels(declared, found);
  if (!status.ok()) return status;
  UsePcm(wav.encoding, {static_cast<int>(wav.sample_rate_hz), wav.channels});
  data_bytes_left = wav.data_bytes;
  return absl::OkStatus();
}

// Takes bytes until `codec` is there.
absl::Status AudioDecoder::Impl::FindCodec(absl::string_view* bytes) {
  if (container == Container::kRiff) return ReadWavHeader(bytes);
  container = sniffer.Read(bytes);
  absl::string_view seen = sniffer.seen();
  switch (container) {
    case Container::kUnknown:
      return absl::OkStatus();
    case Container::kRiff:
      return ReadWavHeader(&seen);
    case Container::kFlac:
      replay = std::string(seen);
      codec = std::make_unique<FlacCodec>();
      return CheckEncoding(declared, {"FLAC header", AudioEncoding::kFlac});
    case Container::kOgg:
      replay = std::string(seen);
      codec = std::make_unique<OggOpusCodec>(output_rate_hz);
      return CheckEncoding(declared, {"Ogg header", AudioEncoding::kOggOpus});
    case Container::kNone:
      replay = std::string(seen);
      return UseRaw();
  }
  return absl::OkStatus();
}

// The codec has samples: it knows their format.
absl::Status AudioDecoder::Impl::BeginSamples() {
  const CodecFormat found = codec->format();
  if (container == Container::kFlac || container == Container::kOgg) {
    const bool is_flac = container == Container::kFlac;
    absl::Status status = CheckRateAndChannels(
        declared, {is_flac ? "FLAC header" : "Ogg header",
                   is_flac ? AudioEncoding::kFlac : AudioEncoding::kOggOpus,
                   found.sample_rate_hz, found.channels});
    if (!status.ok()) return status;
  }
  channels = found.channels;
  sample_rate_hz = found.sample_rate_hz;
  if (declared.channel >= channels) {
    return absl::InvalidArgumentError(
        absl::StrCat("channel ", declared.channel + 1, " is wanted of ",
                     channels, " channels"));
  }
  auto created = Resampler::Create(sample_rate_hz, output_rate_hz);
  if (!created.ok()) return created.status();
  resampler = *std::move(created);
  return absl::OkStatus();
}

// From `native` to the output.
absl::Status AudioDecoder::Impl::Deliver(std::vector<float>* samples) {
  if (native.empty()) return absl::OkStatus();
  if (resampler == nullptr) {
    if (absl::Status status = BeginSamples(); !status.ok()) return status;
  }
  MixChannels(channels, declared.channel, &native);
  return resampler->Process(native, samples);
}

absl::Status AudioDecoder::Impl::DecodeWith(absl::string_view* bytes,
                                            std::vector<float>* samples) {
  // What follows the data chunk of a WAV file is not audio.
  absl::string_view data =
      bytes->substr(0, std::min<uint64_t>(bytes->size(), data_bytes_left));
  const size_t before = data.size();
  native.clear();
  absl::Status status = codec->Decode(&data, &native);
  const size_t taken = before - data.size();
  bytes->remove_prefix(taken);
  if (data_bytes_left != kUntilEndOfStream) {
    data_bytes_left -= taken;
    if (data_bytes_left == 0) bytes->remove_prefix(bytes->size());
  }
  if (status.ok()) status = Deliver(samples);
  native = std::vector<float>();  // a stream between messages holds none
  return status;
}

absl::Status AudioDecoder::Impl::Decode(absl::string_view* bytes,
                                        std::vector<float>* samples) {
  if (phase == Phase::kFinished) {
    return absl::FailedPreconditionError(
        "audio after Finish; Reset comes first");
  }
  const size_t before = samples->size();
  while (samples->size() == before) {
    absl::Status status;
    if (codec == nullptr) {
      if (bytes->empty()) break;
      status = FindCodec(bytes);
    } else if (!replay.empty()) {
      absl::string_view rest = replay;
      while (status.ok() && !rest.empty()) status = DecodeWith(&rest, samples);
      replay.clear();
    } else {
      if (bytes->empty() && !codec->has_more()) break;
      status = DecodeWith(bytes, samples);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The bytes so far may be samples that look like the beginning of a header.
absl::Status AudioDecoder::Impl::UseRawAtEnd() {
  const bool in_riff = container == Container::kRiff;
  const size_t taken = in_riff ? header.bytes_taken() : sniffer.seen().size();
  const absl::string_view seen = in_riff ? header.seen() : sniffer.seen();
  if (BytesPerSample(declared.encoding) == 0 || seen.size() != taken) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio_content ends inside the ", in_riff ? "WAV " : "",
                     "header, after ", taken, " bytes"));
  }
  replay = std::string(seen);
  return UseRaw();
}

absl::Status AudioDecoder::Impl::Finish(AudioEnd end,
                                        std::vector<float>* samples) {
  if (phase == Phase::kFinished) return absl::OkStatus();
  if (codec == nullptr) {
    if (sniffer.seen().empty()) {
      phase = Phase::kFinished;
      return absl::OkStatus();
    }
    absl::Status status = UseRawAtEnd();
    absl::string_view none;
    while (status.ok() && !replay.empty()) status = Decode(&none, samples);
    if (!status.ok()) return status;
  }
  phase = Phase::kFinished;
  if (absl::Status status = codec->CheckEnd(end); !status.ok()) return status;
  if (resampler == nullptr) return absl::OkStatus();
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

absl::Status AudioDecoder::DecodeSome(absl::string_view* bytes,
                                      std::vector<float>* samples) {
  if (impl_->error.ok()) impl_->error = impl_->Decode(bytes, samples);
  return impl_->error;
}

bool AudioDecoder::has_more() const {
  return impl_->error.ok() && impl_->codec != nullptr &&
         (!impl_->replay.empty() || impl_->codec->has_more());
}

absl::Status AudioDecoder::Decode(absl::string_view bytes,
                                  std::vector<float>* samples) {
  absl::Status status;
  do {
    status = DecodeSome(&bytes, samples);
  } while (status.ok() && (!bytes.empty() || has_more()));
  return status;
}

absl::Status AudioDecoder::Finish(AudioEnd end, std::vector<float>* samples) {
  if (impl_->error.ok()) impl_->error = impl_->Finish(end, samples);
  return impl_->error;
}

// A resampler that was not finished still holds the old utterance.
void AudioDecoder::Reset() {
  impl_->phase = Impl::Phase::kOpen;
  impl_->resampler = nullptr;
}

int AudioDecoder::sample_rate_hz() const { return impl_->sample_rate_hz; }

size_t AudioDecoder::size_bytes() const {
  return sizeof(*this) + sizeof(Impl) +
         impl_->native.capacity() * sizeof(float) +
         (impl_->codec == nullptr ? 0 : impl_->codec->size_bytes()) +
         (impl_->resampler == nullptr ? 0 : impl_->resampler->size_bytes());
}

}  // namespace oido::features
