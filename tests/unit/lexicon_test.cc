// The prefix tree holds the text's pronunciations and nothing else.
#include "model/lexicon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "model/lexicon_writer.h"
#include "tests/support/decoder_files.h"

namespace oido::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class LexiconTest : public ::testing::Test {
 protected:
  std::unique_ptr<const Lexicon> Make(const std::string& text) {
    return test::MakeLexicon(text, phones_, *language_model_, directory_);
  }
  WordId Id(absl::string_view word) { return *language_model_->Find(word); }
  absl::Status ReadError(const std::string& text) {
    std::istringstream in(text);
    return ReadLexiconText(in, phones_, *language_model_).status();
  }

  test::TempDir directory_;
  std::unique_ptr<const LanguageModel> language_model_ =
      test::MakeLanguageModel(test::TestArpa(), directory_, LmValues::kExact);
  std::vector<std::string> phones_ = {"<blank>", "EH", "R", "IY", "D"};
};

TEST_F(LexiconTest, SharedPrefixesAndHomophonesShareNodes) {
  const auto lexicon = Make("read R EH D\nread R IY D\nred R EH D\n");
  EXPECT_EQ(lexicon->nodes(), 6u);
  EXPECT_THAT(lexicon->children(Lexicon::kRoot).phones, ElementsAre(2));
  const auto r = lexicon->children(Lexicon::kRoot).first;
  EXPECT_THAT(lexicon->words(r), IsEmpty());
  EXPECT_THAT(lexicon->children(r).phones, ElementsAre(1, 3));
  const auto eh = lexicon->children(r).first;
  const auto red = lexicon->children(eh).first;
  EXPECT_THAT(lexicon->words(red), UnorderedElementsAre(Id("read"), Id("red")));
  // Likelier first.
  EXPECT_GE(language_model_->Unigram(lexicon->words(red)[0]),
            language_model_->Unigram(lexicon->words(red)[1]));
  EXPECT_EQ(lexicon->LookAhead(red),
            language_model_->Unigram(lexicon->words(red)[0]));
  EXPECT_THAT(lexicon->Pronunciations(Id("read")),
              UnorderedElementsAre(ElementsAre(2, 1, 4), ElementsAre(2, 3, 4)));
  EXPECT_THAT(lexicon->Pronunciations(Id("cat")), IsEmpty());
}

TEST_F(LexiconTest, TreeHoldsTheTextWithLookAheadOfTheBestWordBelow) {
  phones_ = test::TestPhones();
  const auto lexicon = Make(test::TestLexicon());
  std::multiset<std::string> found;
  std::map<Lexicon::NodeId, std::string> spelling = {{Lexicon::kRoot, ""}};
  std::map<Lexicon::NodeId, float> best;
  for (Lexicon::NodeId node = 0; node < lexicon->nodes(); ++node) {
    const auto children = lexicon->children(node);
    for (size_t i = 0; i < children.phones.size(); ++i) {
      spelling[children.first + static_cast<Lexicon::NodeId>(i)] =
          absl::StrCat(spelling[node], " ", phones_[children.phones[i]]);
    }
    for (const WordId word : lexicon->words(node)) {
      found.insert(absl::StrCat(language_model_->Word(word), "\t",
                                spelling[node].substr(1)));
      for (const auto& [other, phones] : spelling) {
        // `other` is on the way to `node` where its phones begin node's.
        if ((spelling[node] + " ").find(phones + " ") != 0) continue;
        const auto entry = best.emplace(other, -1e9f).first;
        entry->second = std::max(entry->second, language_model_->Unigram(word));
      }
    }
  }
  const std::vector<std::string> lines =
      absl::StrSplit(test::TestLexicon(), '\n', absl::SkipEmpty());
  EXPECT_EQ(found, std::multiset<std::string>(lines.begin(), lines.end()));
  for (Lexicon::NodeId node = 1; node < lexicon->nodes(); ++node)
    EXPECT_EQ(lexicon->LookAhead(node), best[node]) << spelling[node];
}

TEST_F(LexiconTest, TextErrorsNameTheLine) {
  EXPECT_THAT(std::string(ReadError("read R IY D\n\nred R OH\n").message()),
              HasSubstr("line 3: \"OH\" is not a phone"));
  EXPECT_THAT(std::string(ReadError("red R <blank> D\n").message()),
              HasSubstr("line 1: \"<blank>\" is not a phone"));
  EXPECT_THAT(std::string(ReadError("red\n").message()),
              HasSubstr("line 1: 0 phones"));
  EXPECT_THAT(std::string(ReadError("zebra R IY D\n").message()),
              HasSubstr("no word of the language model"));
}

TEST_F(LexiconTest, TellsWhichWordsDoNotMeetTheLanguageModels) {
  std::istringstream in("red R EH D\nred R EH D\nzebra R IY\n<s> R\n");
  const auto text = ReadLexiconText(in, phones_, *language_model_);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->pronunciations.size(), 1u);
  EXPECT_EQ(text->unknown_words, 2u);
  EXPECT_EQ(text->silent_words.size(),
            language_model_->size() - kFirstRealWord - 1);
}

// A search would run in circles, or leave the model's outputs.
TEST_F(LexiconTest, LoopsAndWrongPhonesAreRefused) {
  Make("read R\nred R EH\ncat R EH D\n");
  const std::string path = directory_.File("lexicon.bin");
  const std::string intact = test::ReadFile(path);
  constexpr size_t kHeaderAndNames = 40 + 24;
  std::string loop = intact;
  ASSERT_EQ(loop[kHeaderAndNames + 2 * sizeof(uint32_t)], 3);
  loop[kHeaderAndNames + 2 * sizeof(uint32_t)] = 2;  // node 2 below itself
  test::WriteFile(path, loop);
  EXPECT_THAT(
      std::string(Lexicon::Open(path, *language_model_).status().message()),
      HasSubstr("node 2: is not numbered breadth-first"));
  for (const char phone : {'\0', '\5'}) {
    std::string wrong = intact;
    wrong[wrong.size() - 8 + 1] = phone;  // of node 1; five phones
    test::WriteFile(path, wrong);
    EXPECT_THAT(
        std::string(Lexicon::Open(path, *language_model_).status().message()),
        HasSubstr("node 0: phones of its children"));
  }
}

TEST_F(LexiconTest, AnotherVocabularyIsRefused) {
  Make("red R EH D\n");
  const test::TempDir other_directory;
  std::string arpa = test::TestArpa();
  for (size_t at; (at = arpa.find("cats")) != std::string::npos;)
    arpa.replace(at, 4, "hats");
  const auto other =
      test::MakeLanguageModel(arpa, other_directory, LmValues::kExact);
  const auto lexicon = Lexicon::Open(directory_.File("lexicon.bin"), *other);
  EXPECT_EQ(lexicon.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(lexicon.status().message()),
              HasSubstr("another vocabulary"));
}

}  // namespace
}  // namespace oido::model
