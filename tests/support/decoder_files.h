// Makes lexicons and language models for tests out of text.
#ifndef OIDO_TESTS_SUPPORT_DECODER_FILES_H_
#define OIDO_TESTS_SUPPORT_DECODER_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "model/arpa.h"
#include "model/language_model.h"
#include "model/language_model_writer.h"
#include "model/lexicon.h"
#include "tests/support/test_bundle.h"

namespace oido::test {

// Lines of tests/data/decoder/phones.txt: "<blank>", then ARPAbet.
std::vector<std::string> TestPhones();
// The small model and lexicon of tests/data/decoder.
std::string TestArpa();
std::string TestLexicon();

// Writes language_model.bin to `directory` and opens it.
std::unique_ptr<const model::LanguageModel> MakeLanguageModel(
    const model::ArpaModel& arpa, const TempDir& directory,
    model::LmValues values);
std::unique_ptr<const model::LanguageModel> MakeLanguageModel(
    const std::string& arpa, const TempDir& directory, model::LmValues values);

// Writes lexicon.bin to `directory` and opens it.
std::unique_ptr<const model::Lexicon> MakeLexicon(
    const std::string& text, const std::vector<std::string>& phones,
    const model::LanguageModel& language_model, const TempDir& directory);

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_DECODER_FILES_H_
