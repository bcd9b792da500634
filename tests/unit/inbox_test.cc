// Tests of server/inbox.
#include "server/inbox.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace oido::server {
namespace {

InboxItem Audio(std::string data) {
  return {.kind = InboxItem::Kind::kAudio, .data = std::move(data)};
}

TEST(InboxTest, KeepsTheOrderOfEverything) {
  Inbox inbox;
  inbox.Push(Audio("a"));
  inbox.Push({.kind = InboxItem::Kind::kMarker, .data = "m"});
  inbox.Push(Audio("b"));
  inbox.Push({.kind = InboxItem::Kind::kFinalize});
  EXPECT_EQ(inbox.Pop().data, "a");
  EXPECT_EQ(inbox.Pop().data, "m");
  EXPECT_EQ(inbox.Pop().data, "b");
  EXPECT_EQ(inbox.Pop().kind, InboxItem::Kind::kFinalize);
  EXPECT_TRUE(inbox.empty());
}

TEST(InboxTest, EmptyAudioIsNothing) {
  Inbox inbox;
  inbox.Push(Audio(""));
  EXPECT_TRUE(inbox.empty());
  EXPECT_EQ(inbox.bytes(), 0u);
}

TEST(InboxTest, JoinedAudioArrivedWhenItsLastByteDid) {
  Inbox inbox;
  InboxItem first = Audio("a");
  first.arrival = absl::Seconds(1);
  InboxItem second = Audio("b");
  second.arrival = absl::Seconds(2);
  inbox.Push(first);
  inbox.Push(second);
  const InboxItem joined = inbox.Pop();
  EXPECT_EQ(joined.data, "ab");
  EXPECT_EQ(joined.arrival, absl::Seconds(2));
}

TEST(InboxTest, RandomPushesComeOutWholeAndInPieces) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Inbox inbox;
    std::string in;
    std::string out;
    for (int i = 0; i < 200; ++i) {
      if (random() % 2 == 0) {
        const std::string data(random() % 20000,
                               static_cast<char>('a' + i % 26));
        in += data;
        inbox.Push(Audio(data));
      } else if (!inbox.empty()) {
        const InboxItem piece = inbox.Pop();
        EXPECT_LE(piece.data.size(), Inbox::kPieceBytes);
        EXPECT_GT(piece.data.size(), 0u);
        out += piece.data;
      }
      ASSERT_EQ(inbox.audio_bytes(), in.size() - out.size()) << "seed " << seed;
    }
    while (!inbox.empty()) out += inbox.Pop().data;
    EXPECT_EQ(out, in) << "seed " << seed;
    EXPECT_EQ(inbox.bytes(), 0u) << "seed " << seed;
  }
}

TEST(InboxTest, ClearForgetsAll) {
  Inbox inbox;
  inbox.Push(Audio(std::string(10000, 'x')));
  inbox.Pop();
  inbox.Push({.kind = InboxItem::Kind::kMarker, .data = "m"});
  inbox.Clear();
  EXPECT_TRUE(inbox.empty());
  EXPECT_EQ(inbox.bytes(), 0u);
  inbox.Push(Audio("fresh"));
  EXPECT_EQ(inbox.Pop().data, "fresh");
}

}  // namespace
}  // namespace oido::server
