// Tests of the endpoint rules, each at its limit.
#include "model/endpointer.h"

#include <gtest/gtest.h>

namespace oido::model {
namespace {

struct Case {
  UtteranceProgress progress;
  bool is_endpoint;
};

// has_word, word_open, silence_ms, length_ms, may_change -> endpoint, with the
// limits 800 and 20000.
TEST(EndpointerTest, FollowsTheTable) {
  const Case cases[] = {
      {{false, false, 0, 0}, false},
      {{false, false, 29990, 29990}, false},
      {{false, false, 30000, 30000}, true},
      {{true, true, 799, 5000}, false},
      {{true, true, 800, 5000}, true},
      {{true, false, 799, 5000}, false},
      {{true, false, 800, 5000}, true},
      {{true, false, 0, 19999}, false},
      {{true, false, 0, 20000}, true},
      {{true, true, 0, 20000}, false},
      {{true, true, 299, 29999}, false},
      {{true, true, 300, 20000}, true},
      {{true, true, 300, 19999}, false},
      {{true, true, 0, 30000}, true},
      {{true, true, 800, 5000, true}, true},
      {{true, false, 300, 29999, true}, false},
      {{true, false, 0, 30000, true}, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsEndpoint(DecoderOptions(), c.progress), c.is_endpoint)
        << c.progress.has_word << " " << c.progress.word_open << " "
        << c.progress.silence_ms << " " << c.progress.length_ms;
  }
}

// Silence from before the utterance does not count, nor does any behind a word.
TEST(EndpointerTest, SilenceWithoutAWordEndsTheUtteranceOnlyWhereAsked) {
  DecoderOptions options;
  const UtteranceProgress silent = {false, false, 3000, 3000};
  EXPECT_FALSE(IsEndpoint(options, silent));
  options.start_silence_ms = 3000;
  EXPECT_TRUE(IsEndpoint(options, silent));
  EXPECT_FALSE(IsEndpoint(options, {false, false, 2999, 3000}));
  EXPECT_FALSE(IsEndpoint(options, {false, false, 9000, 2999}));
  options.endpoint_silence_ms = 5000;
  EXPECT_FALSE(IsEndpoint(options, {true, true, 3000, 3000}));
}

}  // namespace
}  // namespace oido::model
