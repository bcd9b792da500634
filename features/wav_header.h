// Reads a RIFF/WAVE header that may be cut over several messages.
#ifndef OIDO_FEATURES_WAV_HEADER_H_
#define OIDO_FEATURES_WAV_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"

namespace oido::features {

// What stands in front of the samples may be at most so long.
inline constexpr size_t kMaxWavHeaderBytes = 64 * 1024;

// Length of data that goes on to the end of the stream.
inline constexpr uint64_t kUntilEndOfStream =
    std::numeric_limits<uint64_t>::max();

struct WavFormat {
  AudioEncoding encoding = AudioEncoding::kUnspecified;  // as found
  uint32_t sample_rate_hz = 0;                           // as found, any
  int channels = 0;                                      // as found, any
  uint64_t data_bytes = 0;
};

// libsndfile is no help here: it seeks, and a stream does not.
// Understands 16-bit PCM, 32-bit float, A-law and mu-law, also as
// WAVE_FORMAT_EXTENSIBLE; skips unknown chunks. A data size of 0 or of 2 GiB
// and more is what writers put who cannot seek back: such data goes on to the
// end of the stream. Formats: RFC 2361; "Multiple channel audio data and WAVE
// files" (Microsoft, 2001). One thread at a time.
class WavHeaderReader {
 public:
  enum class State {
    kIncomplete,  // all bytes taken, more needed
    kComplete,    // the next byte belongs to the samples
    kNotWav,      // the stream does not begin with a header; see seen()
  };

  // Takes bytes off the front of `bytes`. INVALID_ARGUMENT: a WAV header that
  // is broken, too long or of a format not understood. REQUIRES: no call
  // before returned an error or anything but kIncomplete.
  absl::StatusOr<State> Read(absl::string_view* bytes);

  // Bytes taken so far.
  size_t bytes_taken() const { return taken_; }

  // After kNotWav, or after kIncomplete with bytes_taken() < 12: the bytes
  // taken, which are then no header.
  absl::string_view seen() const { return part_; }

  // After kComplete.
  const WavFormat& format() const { return format_; }

 private:
  enum class Phase { kRiff, kChunkHeader, kFormatChunk, kSkip };

  bool Fill(size_t size, absl::string_view* bytes);
  bool MatchRiff(absl::string_view* bytes);
  absl::StatusOr<State> BeginChunk();
  absl::Status ParseFormat();

  Phase phase_ = Phase::kRiff;
  std::string part_;         // the bytes of the current phase, <= 40
  size_t taken_ = 0;         // over all phases
  uint32_t chunk_size_ = 0;  // of the format chunk
  size_t skip_ = 0;          // bytes still to skip, padding included
  WavFormat format_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_WAV_HEADER_H_
