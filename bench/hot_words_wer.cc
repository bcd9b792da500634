// Word errors of the word search with and without hot words, on the recordings
// of a manifest's eval split: what they bring, and what they invent.
//   hot_words_wer BUNDLE DATA SOURCE unspoken BOOST  100 words that nobody says
//   hot_words_wer BUNDLE DATA SOURCE missing BOOST   those said that the
//   lexicon
//                                                    lacks, as they are spelled
// DATA/manifest.tsv as in training/README.md; SOURCE as in its column.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "bench/recordings.h"
#include "client/edit_distance.h"
#include "model/beam_decoder.h"
#include "model/bundle.h"
#include "model/hot_words.h"

namespace oido {
namespace {

constexpr size_t kUnspokenWords = 100;

// Evenly from the vocabulary, without those that are said.
std::set<std::string> Unspoken(const model::LanguageModel& language_model,
                               const std::set<std::string>& said) {
  std::set<std::string> words;
  const model::WordId stride =
      (language_model.size() - model::kFirstRealWord) / kUnspokenWords;
  for (model::WordId word = model::kFirstRealWord;
       word < language_model.size() && words.size() < kUnspokenWords;) {
    const std::string spelling(language_model.Word(word));
    const bool taken = said.count(spelling) == 0;
    if (taken) words.insert(spelling);
    word += taken ? stride : 1;
  }
  return words;
}

std::set<std::string> Missing(const model::DecoderResources& resources,
                              const std::set<std::string>& said) {
  std::set<std::string> words;
  for (const std::string& word : said) {
    const auto id = resources.language_model->Find(word);
    if (!id || resources.lexicon->Find({*id}).empty()) words.insert(word);
  }
  return words;
}

std::shared_ptr<const model::HotWords> MakeHotWords(
    const model::Bundle& bundle, const std::set<std::string>& words,
    float boost) {
  std::vector<model::WantedPhrase> phrases;
  for (const std::string& word : words) phrases.push_back({{word}, boost});
  return OrDie(model::HotWords::Create(
      bundle.word_search, bundle.word_search->options.lm_weight, phrases, {}));
}

// Runs the acoustic model once for each recording, and a decoder without and
// one with hot words on its phones.
class Comparison {
 public:
  Comparison(std::shared_ptr<const model::Bundle> bundle,
             std::set<std::string> words, float boost)
      : bundle_(std::move(bundle)),
        words_(std::move(words)),
        acoustic_(bundle_),
        decoders_{MakeDecoder(nullptr),
                  MakeDecoder(MakeHotWords(*bundle_, words_, boost))} {}

  void Decode(const Recording& recording) {
    acoustic_.Of(recording.path, [this](absl::Span<const float> outputs) {
      const auto phones =
          outputs.subspan(static_cast<size_t>(bundle_->acoustic_model.tokens));
      for (const auto& decoder : decoders_) decoder->Advance(phones, scratch_);
    });
    for (size_t i = 0; i < decoders_.size(); ++i) {
      const std::string text = model::Text(decoders_[i]->Finish());
      decoders_[i]->Reset();
      Count(recording.text, text, &tallies_[i]);
    }
  }

  void Print() const {
    for (const Tally& tally : tallies_) {
      std::printf(
          "%s hot words: WER %.2f %% of %d words; of %zu hot words %d "
          "said, %d of them found, %d found that were not said\n",
          &tally == &tallies_.front() ? "without" : "with",
          100.0 * tally.errors.rate(), static_cast<int>(tally.errors.reference),
          words_.size(), tally.said, tally.found, tally.invented);
    }
  }

 private:
  struct Tally {
    client::ErrorCounts errors;
    int said = 0;
    int found = 0;
    int invented = 0;
  };

  std::unique_ptr<model::BeamDecoder> MakeDecoder(
      std::shared_ptr<const model::HotWords> hot_words) const {
    return std::make_unique<model::BeamDecoder>(
        bundle_->decoder, bundle_->word_search, bundle_->word_search->options,
        1, std::move(hot_words));
  }

  // A hot word counts as found as often as both texts have it.
  void Count(const std::string& reference, const std::string& text,
             Tally* tally) const {
    tally->errors += client::WordErrors(reference, text);
    std::map<std::string, std::array<int, 2>> counts;
    for (const std::string& word : Split(reference)) ++counts[word][0];
    for (const std::string& word : Split(text)) ++counts[word][1];
    for (const auto& [word, count] : counts) {
      if (words_.count(word) == 0) continue;
      tally->said += count[0];
      tally->found += std::min(count[0], count[1]);
      tally->invented += std::max(0, count[1] - count[0]);
    }
  }

  static std::vector<std::string> Split(const std::string& text) {
    return absl::StrSplit(text, ' ', absl::SkipEmpty());
  }

  std::shared_ptr<const model::Bundle> bundle_;
  std::set<std::string> words_;
  AcousticOutputs acoustic_;
  model::BeamScratch scratch_;
  std::array<std::unique_ptr<model::BeamDecoder>, 2> decoders_;
  std::array<Tally, 2> tallies_;
};

int Main(const std::string& directory, const std::string& data,
         const std::string& source, const std::string& mode, float boost) {
  const auto bundle = OrDie(model::LoadBundle(directory));
  const std::vector<Recording> recordings =
      ReadRecordings(data, source, "eval");
  std::set<std::string> said;
  for (const Recording& recording : recordings) {
    for (const absl::string_view word :
         absl::StrSplit(recording.text, ' ', absl::SkipEmpty())) {
      said.emplace(word);
    }
  }
  Comparison comparison(
      bundle,
      mode == "missing" ? Missing(*bundle->word_search, said)
                        : Unspoken(*bundle->word_search->language_model, said),
      boost);
  for (const Recording& recording : recordings) comparison.Decode(recording);
  comparison.Print();
  return 0;
}

}  // namespace
}  // namespace oido

int main(int argc, char** argv) {
  float boost = 0.0f;
  if (argc == 6 && absl::SimpleAtof(argv[5], &boost))
    return oido::Main(argv[1], argv[2], argv[3], argv[4], boost);
  std::fprintf(stderr,
               "usage: hot_words_wer BUNDLE DATA SOURCE unspoken|missing "
               "BOOST\n");
  return 2;
}
