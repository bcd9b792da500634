// Tests of server/session_phase.
#include "server/session_phase.h"

#include <gtest/gtest.h>

#include <utility>

namespace oido::server {
namespace {

constexpr Phase kPhases[] = {Phase::kAwaitingConfig, Phase::kStreaming,
                             Phase::kHalfClosed, Phase::kDelivering,
                             Phase::kFinished};
constexpr PhaseEvent kEvents[] = {
    PhaseEvent::kConfig,     PhaseEvent::kInput,  PhaseEvent::kHalfClose,
    PhaseEvent::kRecognized, PhaseEvent::kFailed, PhaseEvent::kDelivered,
    PhaseEvent::kCancelled};

TEST(SessionPhaseTest, TheUsualWay) {
  Phase phase = Phase::kAwaitingConfig;
  for (const auto& [event, expected] :
       {std::pair{PhaseEvent::kConfig, Phase::kStreaming},
        std::pair{PhaseEvent::kInput, Phase::kStreaming},
        std::pair{PhaseEvent::kHalfClose, Phase::kHalfClosed},
        std::pair{PhaseEvent::kRecognized, Phase::kDelivering},
        std::pair{PhaseEvent::kDelivered, Phase::kFinished}}) {
    phase = *NextPhase(phase, event);
    EXPECT_EQ(phase, expected);
  }
}

TEST(SessionPhaseTest, NoEventLeadsBack) {
  for (const Phase phase : kPhases) {
    for (const PhaseEvent event : kEvents) {
      const auto next = NextPhase(phase, event);
      if (!next.ok()) continue;
      EXPECT_GE(static_cast<int>(*next), static_cast<int>(phase));
    }
  }
}

TEST(SessionPhaseTest, CancelEndsEveryPhase) {
  for (const Phase phase : kPhases) {
    EXPECT_EQ(*NextPhase(phase, PhaseEvent::kCancelled), Phase::kFinished);
  }
}

TEST(SessionPhaseTest, FailureStillDelivers) {
  for (const Phase phase :
       {Phase::kAwaitingConfig, Phase::kStreaming, Phase::kHalfClosed}) {
    EXPECT_EQ(*NextPhase(phase, PhaseEvent::kFailed), Phase::kDelivering);
  }
}

TEST(SessionPhaseTest, ConfigurationComesFirstAndOnce) {
  EXPECT_FALSE(NextPhase(Phase::kAwaitingConfig, PhaseEvent::kInput).ok());
  EXPECT_FALSE(NextPhase(Phase::kAwaitingConfig, PhaseEvent::kHalfClose).ok());
  EXPECT_FALSE(NextPhase(Phase::kStreaming, PhaseEvent::kConfig).ok());
}

}  // namespace
}  // namespace oido::server
