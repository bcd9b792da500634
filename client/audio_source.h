// Where the CLI's audio comes from: a file, standard input or a microphone.
#ifndef OIDO_CLIENT_AUDIO_SOURCE_H_
#define OIDO_CLIENT_AUDIO_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

// What the bytes of a source mean.
struct AudioFormat {
  v1::AudioEncoding encoding = v1::AUDIO_ENCODING_UNSPECIFIED;
  int sample_rate_hz = 0;  // 0: the header in the bytes says it
  int channels = 0;        // interleaved; 0: the header says it, or 1
};

// One thread at a time.
class AudioSource {
 public:
  virtual ~AudioSource() = default;
  virtual AudioFormat format() const = 0;
  // The next chunk of the audio; empty at its end.
  virtual absl::StatusOr<std::string> Next() = 0;
};

// Duration of `bytes` bytes of audio; 0 where the format is unknown.
double SecondsOf(const AudioFormat& format, size_t bytes);

}  // namespace oido::client

#endif  // OIDO_CLIENT_AUDIO_SOURCE_H_
