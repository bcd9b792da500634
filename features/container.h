// Tells from the first bytes of a stream which container it comes in.
#ifndef OIDO_FEATURES_CONTAINER_H_
#define OIDO_FEATURES_CONTAINER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace oido::features {

enum class Container {
  kUnknown,  // more bytes are needed
  kRiff,     // "RIFF": a WAV file, perhaps
  kFlac,     // "fLaC"
  kOgg,      // "OggS"
  kNone,
};

// One thread at a time.
class ContainerSniffer {
 public:
  // Takes bytes off the front of `bytes` until the container is known.
  // REQUIRES: no call before returned anything but kUnknown.
  Container Read(absl::string_view* bytes);

  // The bytes taken, at most 4. They belong to the stream.
  absl::string_view seen() const { return seen_; }

 private:
  std::string seen_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_CONTAINER_H_
