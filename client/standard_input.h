// Passes standard input on as audio, as it comes.
#ifndef OIDO_CLIENT_STANDARD_INPUT_H_
#define OIDO_CLIENT_STANDARD_INPUT_H_

#include <functional>
#include <string>

#include "client/audio_source.h"

namespace oido::client {

// The bytes of a file descriptor: a WAV file, or LINEAR16 without header where
// `format` says so. Ends at the end of the input or when `interrupted`.
class StandardInput : public AudioSource {
 public:
  StandardInput(int descriptor, AudioFormat format,
                std::function<bool()> interrupted);
  AudioFormat format() const override { return format_; }
  absl::StatusOr<std::string> Next() override;

 private:
  const int descriptor_;
  const AudioFormat format_;
  const std::function<bool()> interrupted_;
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_STANDARD_INPUT_H_
