// Riva's protocol in native messages.
#ifndef OIDO_SERVER_COMPAT_RIVA_DIALECT_H_
#define OIDO_SERVER_COMPAT_RIVA_DIALECT_H_

#include <memory>

#include "server/dialect.h"
#include "server/model_set.h"

namespace oido::server {

// One response for each audio message, once all audio up to it is recognised,
// with what became final by then; one more when the audio has ended. `models`
// outlives it.
std::unique_ptr<StreamDialect> NewRivaStream(const ModelSet& models);
std::unique_ptr<RecordingDialect> NewRivaRecording(const ModelSet& models);

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_RIVA_DIALECT_H_
