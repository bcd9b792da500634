// A model that searches for words, made of random weights.
#ifndef OIDO_TESTS_SUPPORT_WORD_MODELS_H_
#define OIDO_TESTS_SUPPORT_WORD_MODELS_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model/sha256.h"
#include "server/model_set.h"
#include "tests/support/decoder_files.h"
#include "tests/support/test_bundle.h"

namespace oido::test {

inline std::string Hash(const std::string& path) {
  return *model::Sha256Hex(ReadFile(path));
}

// It babbles phones, with the lexicon of tests/data/decoder.
inline const server::ModelSet& WordModels() {
  static const auto* const models = [] {
    TestGeometry geometry;
    geometry.phones = static_cast<int>(TestPhones().size());
    TestBundle bundle = RandomBundle(geometry, 7);
    bundle.phones = TestPhones();
    const TempDir directory;
    const auto language_model =
        MakeLanguageModel(TestArpa(), directory, model::LmValues::kExact);
    MakeLexicon(TestLexicon(), TestPhones(), *language_model, directory);
    auto& decoder = *bundle.config.mutable_decoder();
    decoder.set_endpoint_silence_ms(210);
    decoder.set_max_utterance_ms(1000);
    auto& search = *decoder.mutable_word_search();
    search.set_lexicon_sha256(Hash(directory.File("lexicon.bin")));
    search.set_language_model_sha256(
        Hash(directory.File("language_model.bin")));
    search.set_lm_weight(0.3f);
    search.set_beam_size(8);
    Describe(&bundle);
    WriteBundle(bundle, directory.path());
    auto loaded = server::ModelSet::Load({directory.path()});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return new server::ModelSet(*std::move(loaded));
  }();
  return *models;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_WORD_MODELS_H_
