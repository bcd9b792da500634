// Guesses which known name a mistyped one was meant to be.
#ifndef OIDO_SERVER_SUGGEST_H_
#define OIDO_SERVER_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace oido::server {

// The name nearest by edit distance (Levenshtein, '-' and '_' alike), or empty
// if more than half of it is different.
std::string Nearest(absl::string_view name,
                    const std::vector<std::string>& known);

}  // namespace oido::server

#endif  // OIDO_SERVER_SUGGEST_H_
