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
  return static_cast<double>(bytes) / bytes_per_sample / format.sample_rate_hz;
}

absl::StatusOr<std::unique_ptr<AudioFile>> AudioFile::Open(
    const std::string& path, int chunk_ms) {
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
  return std::unique_ptr<AudioFile>(new AudioFile(path, file, info, chunk_ms));
}

AudioFile::AudioFile(std::string path, SNDFILE* file, const SF_INFO& info,
                     int chunk_ms)
    : path_(std::move(path)),
      file_(file),
      info_(info),
      chunk_frames_(std::max<sf_count_t>(
          1, static_cast<sf_count_t>(info.samplerate) * chunk_ms / 1000)) {
  const bool is_pcm16 = (info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_PCM_16;
  format_.encoding =
      is_pcm16 && info.channels == 1 ? v1::LINEAR16 : v1::FLOAT32;
  format_.sample_rate_hz = info.samplerate;
}

absl::StatusOr<std::string> AudioFile::Next() {
  std::string bytes;
  if (format_.encoding == v1::LINEAR16) {
    std::vector<int16_t> samples(static_cast<size_t>(chunk_frames_));
    samples.resize(static_cast<size_t>(
        sf_readf_short(file_.get(), samples.data(), chunk_frames_)));
    bytes = Bytes(samples);
  } else {
    const size_t channels = static_cast<size_t>(info_.channels);
    interleaved_.resize(static_cast<size_t>(chunk_frames_) * channels);
    std::vector<float> mono(static_cast<size_t>(
        sf_readf_float(file_.get(), interleaved_.data(), chunk_frames_)));
    for (size_t i = 0; i < mono.size(); ++i) {
      float sum = 0;
      for (size_t c = 0; c < channels; ++c)
        sum += interleaved_[i * channels + c];
      mono[i] = sum / static_cast<float>(channels);
    }
    bytes = Bytes(mono);
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
