// The native protocol as a dialect of itself.
#ifndef OIDO_SERVER_NATIVE_DIALECT_H_
#define OIDO_SERVER_NATIVE_DIALECT_H_

#include <memory>

#include "server/dialect.h"

namespace oido::server {

std::unique_ptr<StreamDialect> NewNativeStream();
std::unique_ptr<RecordingDialect> NewNativeRecording();

}  // namespace oido::server

#endif  // OIDO_SERVER_NATIVE_DIALECT_H_
