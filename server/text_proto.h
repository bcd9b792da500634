// Reads files in protobuf text format, with errors that help.
#ifndef OIDO_SERVER_TEXT_PROTO_H_
#define OIDO_SERVER_TEXT_PROTO_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace oido::server {

// INVALID_ARGUMENT begins with `option`, for which the file is read.
absl::StatusOr<std::string> ReadFile(const std::string& option,
                                     const std::string& path);

// INVALID_ARGUMENT names line, column and an unknown key, and the known one
// nearest to it. `name` is what the text is called there.
absl::Status ParseTextProto(const std::string& text, const std::string& name,
                            google::protobuf::Message* message);

}  // namespace oido::server

#endif  // OIDO_SERVER_TEXT_PROTO_H_
