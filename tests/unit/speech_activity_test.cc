// Tests of the speech activity on tables worked by hand: steps of 30 ms, a
// delay of 60 ms, the end 500 ms behind the last speech.
#include "model/speech_activity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace oido::model {
namespace {

// P(blank) of each step; what happened as "step:kind@ms ".
std::string Changes(const std::vector<double>& blanks) {
  SpeechActivity activity(30, 60);
  std::string text;
  const auto tell = [&](const std::string& when,
                        const std::optional<SpeechChange>& change) {
    if (!change.has_value()) return;
    const bool start = change->kind == SpeechChange::Kind::kStart;
    absl::StrAppend(&text, when, start ? ":start@" : ":end@", change->time_ms,
                    " ");
  };
  for (size_t i = 0; i < blanks.size(); ++i) {
    tell(absl::StrCat(i),
         activity.Advance(static_cast<float>(std::log(blanks[i]))));
  }
  tell("finish", activity.Finish());
  return text;
}

std::vector<double> Silence(size_t steps) {
  return std::vector<double>(steps, 0.99);
}

std::vector<double> operator+(std::vector<double> a,
                              const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(SpeechActivityTest, SilenceIsNothing) {
  EXPECT_EQ(Changes(Silence(99)), "");
}

TEST(SpeechActivityTest, StartsWithATokenAndEndsBehindTheLast) {
  // Steps 5 and 9; the 17th step of silence behind makes 510 ms.
  EXPECT_EQ(Changes(Silence(5) + std::vector<double>{0.4} + Silence(3) +
                    std::vector<double>{0.2} + Silence(30)),
            "5:start@90 26:end@240 ");
}

TEST(SpeechActivityTest, ItTakesLessToGoOnThanToStart) {
  EXPECT_EQ(Changes(std::vector<double>(40, 0.6)), "");
  EXPECT_EQ(Changes(std::vector<double>{0.1} + std::vector<double>(40, 0.6)),
            "0:start@0 finish:end@1170 ");
}

TEST(SpeechActivityTest, APauseShorterThanTheHangoverIsNoEnd) {
  EXPECT_EQ(Changes(std::vector<double>{0.1} + Silence(16) +
                    std::vector<double>{0.1} + Silence(17)),
            "0:start@0 34:end@480 ");
}

}  // namespace
}  // namespace oido::model
