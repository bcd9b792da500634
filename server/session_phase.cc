// The transition table of a stream.
#include "server/session_phase.h"

#include "server/errors.h"

namespace oido::server {
namespace {

absl::StatusOr<Phase> FromAwaitingConfig(PhaseEvent event) {
  switch (event) {
    case PhaseEvent::kConfig:
      return Phase::kStreaming;
    case PhaseEvent::kInput:
      return FieldError(
          "streaming_config",
          "streaming_config: the first message of a stream must carry it");
    case PhaseEvent::kHalfClose:
      return FieldError(
          "streaming_config",
          "streaming_config: the stream ended before a message with it came");
    case PhaseEvent::kFailed:
      return Phase::kDelivering;
    default:
      return Phase::kAwaitingConfig;
  }
}

absl::StatusOr<Phase> FromActive(Phase phase, PhaseEvent event) {
  switch (event) {
    case PhaseEvent::kConfig:
      return FieldError(
          "streaming_config",
          "streaming_config: only the first message of a stream may carry it");
    case PhaseEvent::kHalfClose:
      return Phase::kHalfClosed;
    case PhaseEvent::kRecognized:
    case PhaseEvent::kFailed:
      return Phase::kDelivering;
    default:
      return phase;
  }
}

}  // namespace

absl::StatusOr<Phase> NextPhase(Phase phase, PhaseEvent event) {
  if (event == PhaseEvent::kCancelled) return Phase::kFinished;
  switch (phase) {
    case Phase::kAwaitingConfig:
      return FromAwaitingConfig(event);
    case Phase::kStreaming:
    case Phase::kHalfClosed:
      return FromActive(phase, event);
    case Phase::kDelivering:
      return event == PhaseEvent::kDelivered ? Phase::kFinished
                                             : Phase::kDelivering;
    case Phase::kFinished:
      return Phase::kFinished;
  }
  return phase;
}

}  // namespace oido::server
