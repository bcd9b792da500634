// Reads an audio file as the server would hear it.
#include "features/audio_file.h"

#include <sndfile.h>

#include <bit>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "features/audio_decoder.h"

namespace oido::features {
namespace {

static_assert(std::endian::native == std::endian::little,
              "samples are handed over as little-endian floats");

constexpr sf_count_t kBlockFrames = 8192;

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

absl::Status DecodeFile(SNDFILE* file, size_t channels, AudioDecoder& decoder,
                        std::vector<float>* samples) {
  std::vector<float> block(kBlockFrames * channels);
  while (const sf_count_t count =
             sf_readf_float(file, block.data(), kBlockFrames)) {
    const absl::string_view bytes(
        reinterpret_cast<const char*>(block.data()),
        static_cast<size_t>(count) * channels * sizeof(float));
    if (absl::Status status = decoder.Decode(bytes, samples); !status.ok())
      return status;
  }
  return decoder.Finish(AudioEnd::kStream, samples);
}

}  // namespace

absl::StatusOr<std::vector<float>> ReadAudioFile(const std::string& path,
                                                 int rate_hz) {
  SF_INFO info = {};
  const std::unique_ptr<SNDFILE, Close> file(
      sf_open(path.c_str(), SFM_READ, &info));
  if (file == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, ": ", sf_strerror(nullptr)));
  }
  auto decoder = AudioDecoder::Create(
      {AudioEncoding::kFloat32, info.samplerate, info.channels}, rate_hz);
  std::vector<float> samples;
  const absl::Status status =
      decoder.ok() ? DecodeFile(file.get(), static_cast<size_t>(info.channels),
                                **decoder, &samples)
                   : decoder.status();
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ": ", status.message()));
  }
  return samples;
}

}  // namespace oido::features
