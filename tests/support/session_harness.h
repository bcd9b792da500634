// Sessions without a network: a model, audio, a clock and a transport that
// records.
#ifndef OIDO_TESTS_SUPPORT_SESSION_HARNESS_H_
#define OIDO_TESTS_SUPPORT_SESSION_HARNESS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/batch_stepper.h"
#include "server/clock.h"
#include "server/model_set.h"
#include "server/mutex.h"
#include "server/scheduler.h"
#include "server/session.h"
#include "tests/support/test_bundle.h"

namespace oido::test {

// Random weights that make many short words, with endpoints (after 210 ms
// without a token, or 2 s).
TestBundle BabblingBundle(absl::string_view name);

// The bundle above, loaded once per process.
const server::ModelSet& BabblingModels();

// As BabblingBundle, with a bidirectional model.
TestBundle BabblingOfflineBundle(absl::string_view name);

// "whole", which is offline, and "babble", in this order.
const server::ModelSet& MixedModels();

// LINEAR16 little-endian at 16 kHz: bursts of changing tones, noise and pauses.
std::string MakeAudio(uint32_t seed, int duration_ms);

class FakeClock final : public server::Clock {
 public:
  absl::Duration Now() const override;
  void Advance(absl::Duration duration);

 private:
  mutable server::Mutex mutex_;
  absl::Duration now_ ABSL_GUARDED_BY(mutex_) = absl::Seconds(1000);
};

// Takes every update at once, as a client that reads does, unless it is told
// not to read.
class RecordingTransport final : public server::Transport {
 public:
  enum class Reading { kYes, kNo };

  void Attach(std::shared_ptr<server::Session> session, Reading reading);
  void StartReading();

  void Wake() override;
  void Abort() override;

  // Blocks until the session has ended.
  absl::Status WaitForEnd();
  // Blocks until so many updates have come.
  void WaitForUpdates(size_t count);
  // Blocks until the session takes input.
  void WaitForRoom();
  std::vector<server::Update> updates() const;
  int aborts() const;

 private:
  mutable server::Mutex mutex_;
  server::CondVar changed_;
  std::weak_ptr<server::Session> session_ ABSL_GUARDED_BY(mutex_);
  Reading reading_ ABSL_GUARDED_BY(mutex_) = Reading::kYes;
  std::vector<server::Update> updates_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  int aborts_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct Stream {
  std::shared_ptr<RecordingTransport> transport;
  std::shared_ptr<server::Session> session;
};

struct StreamOptions {
  server::SessionLimits limits;
  bool interim_results = true;
  RecordingTransport::Reading reading = RecordingTransport::Reading::kYes;
  features::AudioFormat format = {features::AudioEncoding::kLinear16, 16000, 1};
};

// A session that has its configuration.
Stream OpenStream(server::ReadyQueue* ready, const server::Clock* clock,
                  const StreamOptions& options = {});

// As OpenStream, before its configuration.
Stream OpenUnconfigured(server::ReadyQueue* ready, const server::Clock* clock,
                        const StreamOptions& options = {});

server::SessionConfig Config(const StreamOptions& options = {});

// Pushes `audio` in pieces of `piece_bytes`, waiting for room before each.
void PushPieces(const Stream& stream, const std::string& audio,
                size_t piece_bytes);

// Everything in the final results, to the last digit, for comparing.
std::string Describe(const std::vector<server::Update>& updates);
std::string Describe(const server::Result& result);

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_SESSION_HARNESS_H_
