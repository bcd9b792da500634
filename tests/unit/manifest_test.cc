// Manifests: columns by name, filters, and what is wrong with which line.
#include "client/manifest.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace oido::client {
namespace {

using testing::HasSubstr;

constexpr char kManifest[] =
    "text\tutt_id\tseconds\tpath\tsource\tsplit\n"
    "one two\tu1\t1.0\ta/u1.wav\tlibri\teval\n"
    "three\tu2\t1.0\t/abs/u2.mp3\tocean\teval\r\n"
    "\n"
    "four\tu3\t1.0\ta/u3.wav\tlibri\ttrain\n"
    "five\tu4\t1.0\ta/u4.wav\tlibri\teval";

absl::StatusOr<std::vector<Utterance>> Parse(const std::string& text,
                                             const ManifestFilter& filter) {
  std::istringstream input(text);
  return ParseManifest(input, "folder/list.tsv", filter);
}

std::vector<std::string> Ids(const ManifestFilter& filter) {
  std::vector<std::string> ids;
  const auto utterances = Parse(kManifest, filter);
  EXPECT_TRUE(utterances.ok()) << utterances.status();
  if (!utterances.ok()) return ids;
  for (const Utterance& utterance : *utterances) {
    ids.push_back(utterance.utt_id);
  }
  return ids;
}

TEST(ManifestTest, FindsColumnsByNameAndPathsFromItsFolder) {
  const auto utterances = Parse(kManifest, {});
  ASSERT_TRUE(utterances.ok()) << utterances.status();
  ASSERT_EQ(utterances->size(), 4u);
  EXPECT_EQ((*utterances)[0].text, "one two");
  EXPECT_EQ((*utterances)[0].path, "folder/a/u1.wav");
  EXPECT_EQ((*utterances)[0].source, "libri");
  EXPECT_EQ((*utterances)[1].path, "/abs/u2.mp3");
}

TEST(ManifestTest, Filters) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(Ids({}), (Names{"u1", "u2", "u3", "u4"}));
  EXPECT_EQ(Ids({.split = "eval", .sources = {}}), (Names{"u1", "u2", "u4"}));
  EXPECT_EQ(Ids({.split = "", .sources = {"ocean", "other"}}), (Names{"u2"}));
  EXPECT_EQ(Ids({.split = "eval", .sources = {"libri"}, .limit = 1}),
            (Names{"u1"}));
}

TEST(ManifestTest, OptionalColumnsMayBeMissing) {
  const std::string text = "utt_id\tpath\ttext\nu\tu.wav\thello\n";
  const auto utterances = Parse(text, {});
  ASSERT_TRUE(utterances.ok()) << utterances.status();
  EXPECT_EQ(utterances->at(0).source, "");
  const auto filtered = Parse(text, {.split = "eval", .sources = {}});
  EXPECT_EQ(filtered.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(filtered.status().message(), HasSubstr("no column \"split\""));
}

TEST(ManifestTest, SaysWhatIsWrongAndWhere) {
  const auto missing = Parse("utt_id\ttext\n", {});
  EXPECT_EQ(missing.status().message(),
            "folder/list.tsv: line 1 has no column \"path\"");
  const auto ragged = Parse("utt_id\tpath\ttext\na\tb\tc\na\tb\n", {});
  EXPECT_EQ(ragged.status().message(),
            "folder/list.tsv: line 3 has 2 columns; the header has 3");
  EXPECT_EQ(Parse("", {}).status().message(), "folder/list.tsv: is empty");
}

TEST(ManifestTest, FileThatIsNotThere) {
  const auto utterances = ReadManifest("/nowhere/list.tsv", {});
  EXPECT_EQ(utterances.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace oido::client
