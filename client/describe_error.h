// Says to a person what went wrong and what to do about it.
#ifndef OIDO_CLIENT_DESCRIBE_ERROR_H_
#define OIDO_CLIENT_DESCRIBE_ERROR_H_

#include <string>

#include "absl/status/status.h"

namespace oido::client {

// One line: message, code and, where there is one, the next step.
std::string DescribeError(const absl::Status& status);

}  // namespace oido::client

#endif  // OIDO_CLIENT_DESCRIBE_ERROR_H_
