// The native protocol as a dialect of itself.
#ifndef OIDO_SERVER_NATIVE_DIALECT_H_
#define OIDO_SERVER_NATIVE_DIALECT_H_

#include <memory>

#include "server/dialect.h"

namespace oido::server {

std::unique_ptr<StreamDialect> NewNativeStream(const ModelSet& models);
std::unique_ptr<RecordingDialect> NewNativeRecording(const ModelSet& models);

}  // namespace oido::server

#endif  // OIDO_SERVER_NATIVE_DIALECT_H_
