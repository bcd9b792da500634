// Reads the parts of a FLAC stream that say how large a frame may get.
#ifndef OIDO_FEATURES_FLAC_HEADER_H_
#define OIDO_FEATURES_FLAC_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::features {

struct FlacStreamInfo {
  int max_block = 0;  // samples of one channel
  int sample_rate_hz = 0;
  int channels = 0;
  int bits = 0;                // of a sample
  uint64_t total_samples = 0;  // of one channel; 0: unknown
};

// The longest a frame can be that is no worse than raw samples, which no
// encoder exceeds.
size_t MaxFrameBytes(const FlacStreamInfo& info);

// Bytes of a frame that CheckFrameHeader needs.
inline constexpr size_t kFrameHeaderBytes = 16;

// INVALID_ARGUMENT: what `frame` begins with, cut off anywhere, is no frame
// header, or not one of such a stream.
absl::Status CheckFrameHeader(absl::string_view frame,
                              const FlacStreamInfo& info);

// "fLaC" and metadata, cut anywhere. One thread at a time.
class FlacHeaderReader {
 public:
  // Takes bytes off the front of `bytes`; true: the next one begins a frame.
  absl::StatusOr<bool> Read(absl::string_view* bytes);

  // After Read was true.
  const FlacStreamInfo& info() const { return info_; }
  // "fLaC" and STREAMINFO as the only metadata, its length and MD5 unknown.
  const std::string& minimal() const { return minimal_; }

  uint64_t bytes_taken() const { return taken_; }

 private:
  enum class Phase { kMagic, kBlock, kStreamInfo, kSkip, kDone };

  bool Fill(size_t size, absl::string_view* bytes);
  absl::Status EndPart();
  absl::Status BeginBlock();
  absl::Status ParseStreamInfo();

  Phase phase_ = Phase::kMagic;
  std::string part_;
  uint64_t taken_ = 0;
  size_t skip_ = 0;
  bool last_ = false;  // the block that is being read ends the metadata
  FlacStreamInfo info_;
  std::string minimal_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_FLAC_HEADER_H_
