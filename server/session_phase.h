// The phases of a stream and the only way from one to the next.
#ifndef OIDO_SERVER_SESSION_PHASE_H_
#define OIDO_SERVER_SESSION_PHASE_H_

#include "absl/status/statusor.h"

namespace oido::server {

enum class Phase {
  kAwaitingConfig,  // nothing came yet
  kStreaming,       // audio and controls come
  kHalfClosed,      // all input is here, not all of it is recognised
  kDelivering,  // nothing more will be recognised; updates wait for the network
  kFinished,    // nothing is left to send but the status
};

enum class PhaseEvent {
  kConfig,      // streaming_config came
  kInput,       // audio or a control came
  kHalfClose,   // the client, or a limit, ended the input
  kRecognized,  // the last of the input is recognised
  kFailed,      // an error ends the stream
  kDelivered,   // the network has taken the last update
  kCancelled,   // nobody will read what is left
};

// The next phase. INVALID_ARGUMENT: the client must not do that now. Events
// that come too late to matter leave the phase as it is.
absl::StatusOr<Phase> NextPhase(Phase phase, PhaseEvent event);

}  // namespace oido::server

#endif  // OIDO_SERVER_SESSION_PHASE_H_
