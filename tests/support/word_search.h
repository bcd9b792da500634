// Small lexicons and language models for tests of the word search.
#ifndef OIDO_TESTS_SUPPORT_WORD_SEARCH_H_
#define OIDO_TESTS_SUPPORT_WORD_SEARCH_H_

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "model/decoder_resources.h"
#include "tests/support/decoder_files.h"

namespace oido::test {

inline std::shared_ptr<const model::DecoderResources> MakeWordSearch(
    const std::string& arpa, const std::string& lexicon,
    const std::vector<std::string>& phones,
    const model::WordSearchOptions& options) {
  const TempDir directory;
  auto resources = std::make_shared<model::DecoderResources>();
  resources->language_model =
      MakeLanguageModel(arpa, directory, model::LmValues::kExact);
  resources->lexicon =
      MakeLexicon(lexicon, phones, *resources->language_model, directory);
  resources->options = options;
  return resources;
}

// Of tests/data/decoder.
inline std::shared_ptr<const model::DecoderResources> TestWordSearch() {
  return MakeWordSearch(TestArpa(), TestLexicon(), TestPhones(), {});
}

// ln P [phones] of a step on which `phone` has `probability` and the others
// share the rest.
inline std::vector<float> PhoneStep(size_t phone, double probability) {
  const size_t phones = TestPhones().size();
  const double rest = (1.0 - probability) / static_cast<double>(phones - 1);
  std::vector<float> step(phones, static_cast<float>(std::log(rest)));
  step[phone] = static_cast<float>(std::log(probability));
  return step;
}

// Steps as of somebody who says words of TestLexicon(), indistinctly and with
// pauses of up to two seconds: mostly one phone or the blank ahead of random
// rivals.
inline std::vector<std::vector<float>> RandomSpeech(std::mt19937& random,
                                                    size_t steps) {
  const std::vector<std::string> names = TestPhones();
  std::vector<std::vector<size_t>> words;
  std::istringstream lexicon(TestLexicon());
  for (std::string line; std::getline(lexicon, line);) {
    std::istringstream parts(line);
    std::string name;
    parts >> name;
    words.emplace_back();
    while (parts >> name) {
      words.back().push_back(static_cast<size_t>(
          std::find(names.begin(), names.end(), name) - names.begin()));
    }
  }
  std::uniform_real_distribution<double> logit(-6.0, 0.0);
  std::vector<std::vector<float>> result;
  const auto add = [&](size_t phone, double ahead) {
    std::vector<double> logits(names.size());
    for (double& value : logits) value = logit(random);
    logits[phone] += ahead;
    double sum = 0.0;
    for (const double value : logits) sum += std::exp(value);
    result.emplace_back();
    for (const double value : logits)
      result.back().push_back(static_cast<float>(value - std::log(sum)));
  };
  const auto add_some = [&](size_t phone, double ahead, size_t at_most) {
    for (size_t left = random() % (at_most + 1); left > 0; --left)
      add(phone, ahead);
  };
  while (result.size() < steps) {
    for (const size_t phone : words[random() % words.size()]) {
      add(phone, 4.0);
      add_some(phone, 4.0, 2);
      add_some(0, 6.0, 3);
    }
    if (random() % 5 == 0) add_some(0, random() % 2 == 0 ? 8.0 : 16.0, 66);
  }
  result.resize(steps);
  return result;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_WORD_SEARCH_H_
