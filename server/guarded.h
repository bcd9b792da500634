// Turns exceptions of libraries into a status.
#ifndef OIDO_SERVER_GUARDED_H_
#define OIDO_SERVER_GUARDED_H_

#include <exception>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace oido::server {

// What `function` returns. The one place where a foreign exception (out of
// memory, a library's) becomes the end of a stream instead of the end of the
// process.
template <typename Function>
absl::Status Guarded(Function function) {
  try {
    return function();
  } catch (const std::exception& error) {
    return absl::InternalError(
        absl::StrCat("recognition failed: ", error.what()));
  } catch (...) {
    return absl::InternalError("recognition failed");
  }
}

}  // namespace oido::server

#endif  // OIDO_SERVER_GUARDED_H_
