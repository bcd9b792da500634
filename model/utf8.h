// Checks that text is printable UTF-8.
#ifndef OIDO_MODEL_UTF8_H_
#define OIDO_MODEL_UTF8_H_

#include "absl/strings/string_view.h"

namespace oido::model {

// True for well-formed UTF-8 (RFC 3629) without control characters: such text
// may go into protobuf strings, log lines and terminals.
bool IsPrintableUtf8(absl::string_view text);

}  // namespace oido::model

#endif  // OIDO_MODEL_UTF8_H_
