// The protocols of Google Speech-to-Text in native messages.
#ifndef OIDO_SERVER_COMPAT_GOOGLE_DIALECT_H_
#define OIDO_SERVER_COMPAT_GOOGLE_DIALECT_H_

#include <memory>

#include "server/dialect.h"
#include "server/model_set.h"

namespace oido::server {

enum class GoogleVersion { kV1, kV2 };

// Responses come when there is something to say; an event has one of its own,
// before the results that came with it. `models` outlives it.
std::unique_ptr<StreamDialect> NewGoogleStream(GoogleVersion version,
                                               const ModelSet& models);
std::unique_ptr<RecordingDialect> NewGoogleRecording(GoogleVersion version,
                                                     const ModelSet& models);

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_GOOGLE_DIALECT_H_
