// Makes lexicons and language models for tests out of text.
#include "tests/support/decoder_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <utility>

#include "absl/strings/str_split.h"
#include "model/lexicon_writer.h"

namespace oido::test {
namespace {

constexpr char kData[] = "tests/data/decoder/";

// Stops the test program: without its material nothing can be said.
template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

std::vector<std::string> TestPhones() {
  return absl::StrSplit(ReadFile(std::string(kData) + "phones.txt"), '\n',
                        absl::SkipEmpty());
}

std::string TestArpa() { return ReadFile(std::string(kData) + "tiny.arpa"); }

std::string TestLexicon() {
  return ReadFile(std::string(kData) + "lexicon.txt");
}

std::unique_ptr<const model::LanguageModel> MakeLanguageModel(
    const model::ArpaModel& arpa, const TempDir& directory,
    model::LmValues values) {
  const std::string path = directory.File("language_model.bin");
  WriteFile(path, model::WriteLanguageModel(arpa, values));
  return OrDie(model::LanguageModel::Open(path));
}

std::unique_ptr<const model::LanguageModel> MakeLanguageModel(
    const std::string& arpa, const TempDir& directory, model::LmValues values) {
  std::istringstream in(arpa);
  return MakeLanguageModel(OrDie(model::ReadArpa(in)), directory, values);
}

std::unique_ptr<const model::Lexicon> MakeLexicon(
    const std::string& text, const std::vector<std::string>& phones,
    const model::LanguageModel& language_model, const TempDir& directory) {
  std::istringstream in(text);
  const model::LexiconText read =
      OrDie(model::ReadLexiconText(in, phones, language_model));
  const std::string path = directory.File("lexicon.bin");
  WriteFile(path,
            model::WriteLexicon(read.pronunciations, phones, language_model));
  return OrDie(model::Lexicon::Open(path, language_model));
}

}  // namespace oido::test
