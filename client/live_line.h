// Draws a transcript that is still changing on one line of a terminal.
#ifndef OIDO_CLIENT_LIVE_LINE_H_
#define OIDO_CLIENT_LIVE_LINE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace oido::client {

// The bytes that replace the terminal's current line by `settled`, followed by
// `open` dimmed. Only the end is shown, behind an ellipsis, where both take
// more than `columns` - 1 code points: text that wraps could not be rewritten.
std::string LiveLine(absl::string_view settled, absl::string_view open,
                     int columns);

// The bytes that empty the current line.
std::string ClearedLine();

}  // namespace oido::client

#endif  // OIDO_CLIENT_LIVE_LINE_H_
