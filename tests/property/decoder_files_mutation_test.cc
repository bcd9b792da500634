// Damaged lexicons and language models never crash: refused, or usable.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "tests/support/decoder_files.h"
#include "tests/support/random_arpa.h"

namespace oido::model {
namespace {

constexpr uint32_t kMutations = 400;

// One random edit: a byte changed, bytes removed, bytes repeated, or the end
// cut. Half of them hit the first bytes, where they hurt most.
std::string Mutated(std::string bytes, std::mt19937& random) {
  const size_t reach =
      random() % 2 == 0 ? std::min<size_t>(bytes.size(), 128) : bytes.size();
  const size_t place = random() % reach;
  const size_t length =
      1 + random() % std::min<size_t>(16, bytes.size() - place);
  switch (random() % 5) {
    case 0:
    case 1:
      bytes[place] = static_cast<char>(random());
      break;
    case 2:
      bytes.erase(place, length);
      break;
    case 3:
      bytes.insert(place, bytes.substr(place, length));
      break;
    default:
      bytes.resize(place);
  }
  return bytes;
}

// Touches everything that a search can reach.
void Exercise(const LanguageModel& model, std::mt19937& random) {
  for (WordId word = 0; word < model.size(); ++word)
    EXPECT_EQ(model.Find(model.Word(word)), word);
  LmState state = model.Begin();
  for (int i = 0; i < 500; ++i) {
    const float score = model.Score(
        state, static_cast<WordId>(random() % model.size()), &state);
    EXPECT_LT(std::abs(score), 1e4f);
  }
}

void Exercise(const Lexicon& lexicon, const LanguageModel& model) {
  for (Lexicon::NodeId node = 0; node < lexicon.nodes(); ++node) {
    const Lexicon::Children children = lexicon.children(node);
    for (size_t i = 0; i < children.phones.size(); ++i) {
      ASSERT_GT(children.first + i, node);
      ASSERT_LT(children.phones[i], lexicon.phone_names().size());
      ASSERT_LE(lexicon.LookAhead(children.first + static_cast<uint32_t>(i)),
                lexicon.LookAhead(node));
    }
    for (const WordId word : lexicon.words(node)) {
      ASSERT_FALSE(model.Word(word).empty());
      ASSERT_LE(model.Unigram(word), lexicon.LookAhead(node));
    }
  }
  EXPECT_FALSE(
      lexicon.Pronunciations(lexicon.words(lexicon.nodes() - 1)[0]).empty());
}

class LanguageModelMutationTest : public ::testing::TestWithParam<LmValues> {};

TEST_P(LanguageModelMutationTest, LoadsUsableOrIsRefused) {
  const test::TempDir directory;
  test::MakeLanguageModel(test::RandomArpa(30, 3, 60, 1), directory,
                          GetParam());
  const std::string path = directory.File("language_model.bin");
  const std::string intact = test::ReadFile(path);
  uint32_t refused = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    test::WriteFile(path, Mutated(intact, random));
    const auto model = LanguageModel::Open(path);
    if (model.ok()) {
      Exercise(**model, random);
      continue;
    }
    ++refused;
    EXPECT_EQ(model.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(model.status().message().find(path), 0u) << model.status();
  }
  EXPECT_GT(refused, kMutations / 2);
}

TEST(LexiconMutationTest, LoadsUsableOrIsRefused) {
  const test::TempDir directory;
  const auto model = test::MakeLanguageModel(test::TestArpa(), directory,
                                             LmValues::kQuantised);
  test::MakeLexicon(test::TestLexicon(), test::TestPhones(), *model, directory);
  const std::string path = directory.File("lexicon.bin");
  const std::string intact = test::ReadFile(path);
  uint32_t refused = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    test::WriteFile(path, Mutated(intact, random));
    const auto lexicon = Lexicon::Open(path, *model);
    if (lexicon.ok()) {
      Exercise(**lexicon, *model);
      continue;
    }
    ++refused;
    EXPECT_TRUE(absl::IsDataLoss(lexicon.status()) ||
                absl::IsInvalidArgument(lexicon.status()))
        << lexicon.status();
    EXPECT_EQ(lexicon.status().message().find(path), 0u) << lexicon.status();
  }
  EXPECT_GT(refused, kMutations / 2);
}

INSTANTIATE_TEST_SUITE_P(Values, LanguageModelMutationTest,
                         ::testing::Values(LmValues::kExact,
                                           LmValues::kQuantised));

}  // namespace
}  // namespace oido::model
