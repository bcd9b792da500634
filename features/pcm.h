// Turns the bytes of one encoding into samples.
#ifndef OIDO_FEATURES_PCM_H_
#define OIDO_FEATURES_PCM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"

namespace oido::features {

// Carries a sample that is cut between two calls. One thread at a time.
class PcmReader {
 public:
  // REQUIRES: encoding is not kUnspecified.
  explicit PcmReader(AudioEncoding encoding);

  // Appends the samples that `bytes` completes, in the int16 range. Floats are
  // clipped to -1..1 first. INVALID_ARGUMENT for one that is not finite: it
  // would stay in the recurrent state of the model for the rest of the stream,
  // and no working client sends one.
  absl::Status Read(absl::string_view bytes, std::vector<float>* samples);

  // INVALID_ARGUMENT if a sample is still incomplete.
  absl::Status CheckComplete() const;

  AudioEncoding encoding() const { return encoding_; }

 private:
  absl::Status Append(const char* bytes, size_t count,
                      std::vector<float>* samples);

  AudioEncoding encoding_;
  size_t bytes_per_sample_;
  std::array<char, 4> partial_{};  // the beginning of a sample, of which...
  size_t partial_bytes_ = 0;       // ...so many bytes are there
  uint64_t samples_read_ = 0;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_PCM_H_
