// What every call of the service shares.
#ifndef OIDO_SERVER_SERVICE_ENVIRONMENT_H_
#define OIDO_SERVER_SERVICE_ENVIRONMENT_H_

#include <cstddef>

#include "server/clock.h"
#include "server/generations.h"
#include "server/metrics.h"
#include "server/recording_admission.h"
#include "server/session_registry.h"
#include "server/token_access.h"

namespace oido::server {

// Everything pointed at outlives the service and is thread-safe.
struct ServiceEnvironment {
  const Generations* generations = nullptr;
  const Clock* clock = nullptr;
  Metrics* metrics = nullptr;           // nullptr: nobody asks for figures
  const TokenAccess* access = nullptr;  // nullptr: everybody may call
  SessionRegistry* registry = nullptr;
  RecordingAdmission* recording_admission = nullptr;  // streaming models
  RecordingAdmission* offline_recording_admission = nullptr;  // offline ones
  size_t max_streaming_message_bytes = 0;
  size_t max_unary_message_bytes = 0;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_SERVICE_ENVIRONMENT_H_
