// A session stepped by hand, and what to compare its results with.
#ifndef OIDO_TESTS_SUPPORT_SESSION_FIXTURE_H_
#define OIDO_TESTS_SUPPORT_SESSION_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/manual_queue.h"
#include "tests/support/session_harness.h"

namespace oido::test {

inline std::vector<server::Result> Finals(
    const std::vector<server::Update>& updates) {
  std::vector<server::Result> finals;
  for (const server::Update& update : updates) {
    if (update.final_result.has_value()) finals.push_back(*update.final_result);
  }
  return finals;
}

class SessionFixture : public testing::Test {
 protected:
  Stream Open(const StreamOptions& options = {}) {
    return OpenStream(&queue_, &clock_, options);
  }

  absl::Status Finish(const Stream& stream) {
    stream.session->HalfClose();
    queue_.RunUntilIdle();
    return stream.transport->WaitForEnd();
  }

  std::vector<server::Result> Recognize(const std::string& audio,
                                        const StreamOptions& options = {}) {
    const Stream stream = Open(options);
    stream.session->PushAudio(audio);
    EXPECT_TRUE(Finish(stream).ok());
    return Finals(stream.transport->updates());
  }

  FakeClock clock_;
  ManualQueue queue_{&clock_};
};

// What stream(A) ++ stream(B) says, B's times later by the length of A.
inline std::string Joined(std::vector<server::Result> first,
                          std::vector<server::Result> second, int first_ms) {
  std::string text;
  for (const server::Result& result : first) text += Describe(result);
  for (server::Result& result : second) {
    result.continues = result.continues || !first.empty();
    result.end_ms += first_ms;
    for (model::Word& word : result.hypothesis.words) {
      word.start_ms += first_ms;
      word.end_ms += first_ms;
    }
    text += Describe(result);
  }
  return text;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_SESSION_FIXTURE_H_
