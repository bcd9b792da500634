// Implements AudioFile: libsndfile's samples to little-endian bytes.
#include "client/audio_file.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace oido::client {

static_assert(std::endian::native == std::endian::little,
              "samples go to the wire, which is little-endian, as they are");

namespace {

template <typename Sample>
std::string Bytes(const std::vector<Sample>& samples) {
  return std::string(reinterpret_cast<const char*>(samples.data()),
                     samples.size() * sizeof(Sample));
}

}  // namespace

double SecondsOf(const AudioFormat& format, size_t bytes) {
  if (format.sample_rate_hz == 0) return 0;
  const double bytes_per_sample = format.encoding == v1::FLOAT32 ? 4 : 2;
  return static_cast<double>(bytes) / bytes_per_sample /
         std::max(1, format.channels) / format.sample_rate_hz;
}

absl::StatusOr<std::unique_ptr<AudioFile>> AudioFile::Open(
    const std::string& path, int chunk_ms, Channels channels) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  SF_INFO info = {};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": cannot be read as audio: ", sf_strerror(nullptr)));
  }
  AudioFormat format;
  format.channels = channels == Channels::kSeparate ? info.channels : 1;
  const bool is_pcm16 = (info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_PCM_16;
  format.encoding =
      is_pcm16 && info.channels == format.channels ? v1::LINEAR16 : v1::FLOAT32;
  format.sample_rate_hz = info.samplerate;
  return std::unique_ptr<AudioFile>(
      new AudioFile(path, file, info, format, chunk_ms));
}

AudioFile::AudioFile(std::string path, SNDFILE* file, const SF_INFO& info,
                     AudioFormat format, int chunk_ms)
    : path_(std::move(path)),
      file_(file),
      info_(info),
      format_(format),
      chunk_frames_(std::max<sf_count_t>(
          1, static_cast<sf_count_t>(info.samplerate) * chunk_ms / 1000)) {}

// To the mean of the channels.
void AudioFile::Mix(std::vector<float>* samples) const {
  const size_t channels = static_cast<size_t>(info_.channels);
  const size_t frames = samples->size() / channels;
  for (size_t i = 0; i < frames; ++i) {
    float sum = 0;
    for (size_t c = 0; c < channels; ++c) sum += (*samples)[i * channels + c];
    (*samples)[i] = sum / static_cast<float>(channels);
  }
  samples->resize(frames);
}

absl::StatusOr<std::string> AudioFile::Next() {
  std::string bytes;
  const auto read = [&](auto read_frames, auto* samples) {
    const size_t channels = static_cast<size_t>(info_.channels);
    samples->resize(static_cast<size_t>(chunk_frames_) * channels);
    const sf_count_t frames =
        read_frames(file_.get(), samples->data(), chunk_frames_);
    samples->resize(static_cast<size_t>(frames) * channels);
  };
  if (format_.encoding == v1::LINEAR16) {
    std::vector<int16_t> samples;
    read(sf_readf_short, &samples);
    bytes = Bytes(samples);
  } else {
    std::vector<float> samples;
    read(sf_readf_float, &samples);
    if (format_.channels != info_.channels) Mix(&samples);
    bytes = Bytes(samples);
  }
  if (bytes.empty() && sf_error(file_.get()) != SF_ERR_NO_ERROR) {
    return absl::DataLossError(
        absl::StrCat(path_, ": broken audio: ", sf_strerror(file_.get())));
  }
  return bytes;
}

double AudioFile::seconds() const {
  return static_cast<double>(info_.frames) / info_.samplerate;
}

}  // namespace oido::client
