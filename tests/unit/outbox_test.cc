// Tests of server/outbox.
#include "server/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace oido::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Result Say(const std::string& word) {
  Result result;
  result.hypothesis.words.push_back({.text = word});
  return result;
}

std::string Word(const std::optional<Result>& result) {
  return result.has_value() ? result->hypothesis.words.front().text : "";
}

TEST(OutboxTest, NewerInterimReplacesTheUnsentOne) {
  Outbox outbox;
  outbox.SetInterim(Say("old"));
  outbox.SetInterim(Say("new"));
  EXPECT_EQ(Word(outbox.Pop().interim), "new");
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, FinalReplacesTheInterimBeforeIt) {
  Outbox outbox;
  outbox.SetInterim(Say("guess"));
  outbox.AddFinal(Say("final"));
  const Update update = outbox.Pop();
  EXPECT_EQ(Word(update.final_result), "final");
  EXPECT_FALSE(update.interim.has_value());
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, InterimTravelsWithTheFinalBeforeIt) {
  Outbox outbox;
  outbox.AddFinal(Say("final"));
  outbox.SetInterim(Say("next"));
  const Update update = outbox.Pop();
  EXPECT_EQ(Word(update.final_result), "final");
  EXPECT_EQ(Word(update.interim), "next");
}

TEST(OutboxTest, FinalsAreNeverMergedOrDropped) {
  Outbox outbox;
  for (const char* word : {"a", "b", "c"}) {
    outbox.SetInterim(Say("guess"));
    outbox.AddFinal(Say(word));
  }
  EXPECT_EQ(Word(outbox.Pop().final_result), "a");
  EXPECT_EQ(Word(outbox.Pop().final_result), "b");
  EXPECT_EQ(Word(outbox.Pop().final_result), "c");
}

TEST(OutboxTest, MarkersStayBehindTheFinalsBeforeThemAndAheadOfThoseAfter) {
  Outbox outbox;
  outbox.AddFinal(Say("a"));
  outbox.AddMarker("1");
  outbox.AddMarker("2");
  outbox.AddFinal(Say("b"));
  const Update first = outbox.Pop();
  EXPECT_EQ(Word(first.final_result), "a");
  EXPECT_THAT(first.markers, ElementsAre("1", "2"));
  const Update second = outbox.Pop();
  EXPECT_EQ(Word(second.final_result), "b");
  EXPECT_THAT(second.markers, IsEmpty());
}

TEST(OutboxTest, MarkerSurvivesAFinalThatDropsItsInterim) {
  Outbox outbox;
  outbox.SetInterim(Say("guess"));
  outbox.AddMarker("1");
  outbox.AddFinal(Say("a"));
  const Update first = outbox.Pop();
  EXPECT_THAT(first.markers, ElementsAre("1"));
  EXPECT_FALSE(first.interim.has_value());
  EXPECT_EQ(Word(outbox.Pop().final_result), "a");
}

TEST(OutboxTest, CountsBytesOfFinalsAndMarkers) {
  Outbox outbox;
  outbox.SetInterim(Say("guess"));
  EXPECT_EQ(outbox.bytes(), 0u);
  outbox.AddFinal(Say("word"));
  outbox.AddMarker("id");
  EXPECT_GE(outbox.bytes(), sizeof(Update) + 6);
  outbox.AddFinal(Say("word"));
  outbox.Pop();
  outbox.Pop();
  EXPECT_EQ(outbox.bytes(), 0u);
}

}  // namespace
}  // namespace oido::server
