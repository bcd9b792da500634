// Gives every wanted word an id and its pronunciations, and looks ahead to it.
#include "model/hot_words.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "model/spelled_pronunciation.h"
#include "model/status_macros.h"

namespace oido::model {

class HotWordsBuilder {
 public:
  explicit HotWordsBuilder(std::shared_ptr<const DecoderResources> resources)
      : resources_(std::move(resources)) {}

  void Add(const WantedPhrase& wanted) {
    HotPhrase& phrase = phrases_.emplace_back();
    phrase.boost = wanted.boost;
    for (const std::string& word : wanted.words)
      phrase.words.push_back(IdOf(word));
  }

  absl::Status Add(const WantedPronunciation& wanted) {
    PronunciationTree::Entry entry{{}, IdOf(wanted.word)};
    for (const absl::string_view name :
         absl::StrSplit(wanted.phones, ' ', absl::SkipEmpty())) {
      OIDO_ASSIGN_OR_RETURN(const PhoneId phone, PhoneOf(name));
      entry.phones.push_back(phone);
    }
    if (entry.phones.empty()) return Bad(wanted.word, "has no phones");
    given_.push_back(std::move(entry));
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const HotWords>> Build(float lm_weight) {
    FindPlaces();
    for (const auto& [spelling, word] : ids_) {
      if (IsSaid(word)) continue;
      OIDO_ASSIGN_OR_RETURN(PronunciationTree::Entry entry,
                            Spelled(spelling, word));
      given_.push_back(std::move(entry));
    }
    // What the lexicon has already would count twice.
    given_.erase(std::remove_if(given_.begin(), given_.end(),
                                [&](const auto& entry) { return Has(entry); }),
                 given_.end());
    return std::shared_ptr<const HotWords>(
        new HotWords(std::move(resources_), lm_weight, std::move(new_words_),
                     phrases_, std::move(given_)));
  }

 private:
  static absl::Status Bad(absl::string_view word, absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("word \"", absl::Utf8SafeCEscape(word), "\" ", what));
  }

  const LanguageModel& language_model() const {
    return *resources_->language_model;
  }
  const Lexicon& lexicon() const { return *resources_->lexicon; }

  std::optional<WordId> Known(absl::string_view spelling) const {
    const auto found = language_model().Find(spelling);
    return found >= kFirstRealWord ? found : std::nullopt;
  }

  WordId IdOf(const std::string& spelling) {
    const auto [place, is_new] = ids_.try_emplace(spelling, kUnknownWord);
    if (!is_new) return place->second;
    const auto known = Known(spelling);
    place->second = known.value_or(language_model().size() +
                                   static_cast<WordId>(new_words_.size()));
    if (!known) new_words_.push_back(spelling);
    return place->second;
  }

  absl::StatusOr<PhoneId> PhoneOf(absl::string_view name) const {
    const std::vector<std::string>& names = lexicon().phone_names();
    absl::string_view plain = name;
    if (!plain.empty() && absl::ascii_isdigit(plain.back()))
      plain.remove_suffix(1);
    for (const std::string& wanted : {std::string(name), std::string(plain),
                                      absl::AsciiStrToUpper(plain)}) {
      const auto found =
          std::find(std::next(names.begin()), names.end(), wanted);
      if (found != names.end())
        return static_cast<PhoneId>(found - names.begin());
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", absl::Utf8SafeCEscape(name.substr(0, 16)),
        "\" is no phone; there is ",
        absl::StrJoin(std::next(names.begin()), names.end(), " ")));
  }

  // Of all words that are wanted, or may be parts of them, in one go.
  void FindPlaces() {
    std::vector<WordId> words;
    for (const auto& [spelling, word] : ids_) {
      if (word < language_model().size()) {
        words.push_back(word);
        continue;
      }
      const absl::string_view all = spelling;
      for (size_t begin = 0; begin < all.size(); ++begin) {
        for (size_t end = begin + kMinPartLetters; end <= all.size(); ++end) {
          if (const auto part = Known(all.substr(begin, end - begin)))
            words.push_back(*part);
        }
      }
    }
    for (const auto& [word, node] : lexicon().Find(words))
      places_[word].push_back(node);
  }

  bool IsSaid(WordId word) const {
    return places_.contains(word) ||
           std::any_of(given_.begin(), given_.end(),
                       [&](const auto& entry) { return entry.word == word; });
  }

  bool Has(const PronunciationTree::Entry& entry) const {
    const auto found = places_.find(entry.word);
    return found != places_.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [&](Lexicon::NodeId node) {
                         return lexicon().PathTo(node) == entry.phones;
                       });
  }

  // By name, as the rules have them.
  std::vector<std::string> PhonesOf(absl::string_view spelling) const {
    std::vector<std::string> names;
    const auto word = Known(spelling);
    const auto found = word ? places_.find(*word) : places_.end();
    if (found == places_.end()) return names;
    for (const PhoneId phone : lexicon().PathTo(found->second.front()))
      names.push_back(lexicon().phone_names()[phone]);
    return names;
  }

  absl::StatusOr<PronunciationTree::Entry> Spelled(const std::string& spelling,
                                                   WordId word) const {
    PronunciationTree::Entry entry{{}, word};
    const auto names = SpelledPronunciation(
        spelling, [&](absl::string_view part) { return PhonesOf(part); });
    for (const std::string& name : names) {
      const auto phone = PhoneOf(name);
      if (!phone.ok()) break;
      entry.phones.push_back(*phone);
    }
    if (!names.empty() && entry.phones.size() == names.size()) return entry;
    return Bad(spelling,
               "is not in the lexicon, and its spelling does not tell how it "
               "is said; give its pronunciation");
  }

  std::shared_ptr<const DecoderResources> resources_;
  std::map<std::string, WordId> ids_;  // ordered: the same word is named first
  std::vector<std::string> new_words_;
  std::vector<HotPhrase> phrases_;
  std::vector<PronunciationTree::Entry> given_;
  absl::flat_hash_map<WordId, std::vector<Lexicon::NodeId>> places_;
};

absl::StatusOr<std::shared_ptr<const HotWords>> HotWords::Create(
    std::shared_ptr<const DecoderResources> resources, float lm_weight,
    absl::Span<const WantedPhrase> phrases,
    absl::Span<const WantedPronunciation> pronunciations) {
  HotWordsBuilder builder(std::move(resources));
  for (const WantedPhrase& phrase : phrases) builder.Add(phrase);
  for (const WantedPronunciation& pronunciation : pronunciations)
    OIDO_RETURN_IF_ERROR(builder.Add(pronunciation));
  return builder.Build(lm_weight);
}

HotWords::HotWords(std::shared_ptr<const DecoderResources> resources,
                   float lm_weight, std::vector<std::string> new_words,
                   absl::Span<const HotPhrase> phrases,
                   std::vector<PronunciationTree::Entry> entries)
    : resources_(std::move(resources)),
      lexicon_(resources_->lexicon.get()),
      lm_weight_(lm_weight),
      first_new_word_(resources_->language_model->size()),
      new_word_share_(-lm_weight *
                      std::log(static_cast<float>(first_new_word_))),
      new_words_(std::move(new_words)),
      phrases_(phrases),
      tree_(lexicon_->nodes(), std::move(entries)) {
  FillLookAhead();
  FillNodes();
}

void HotWords::FillLookAhead() {
  std::vector<WordId> words;
  for (size_t state = 0; state < phrases_.states(); ++state) {
    for (const auto& step :
         phrases_.Steps(static_cast<HotPhrases::State>(state)))
      words.push_back(step.word);
  }
  absl::flat_hash_map<WordId, std::vector<Lexicon::NodeId>> places;
  for (const auto& [word, node] : lexicon_->Find(words))
    places[word].push_back(node);
  const auto unigram = [this](WordId word) {
    return lm_weight_ * resources_->language_model->Unigram(LmWord(word)) +
           Share(word);
  };
  for (const auto& [word, node] : tree_.places()) {
    places[word].push_back(node);
    LookAheadTo(node, HotPhrases::kNone, unigram(word));
  }
  for (size_t i = 0; i < phrases_.states(); ++i) {
    const auto state = static_cast<HotPhrases::State>(i);
    for (const auto& [word, to] : phrases_.Steps(state)) {
      const float score = unigram(word) + phrases_.Gain(HotPhrases::kNone, to);
      for (const Lexicon::NodeId node : places[word])
        LookAheadTo(node, state, score);
    }
  }
}

void HotWords::LookAheadTo(Lexicon::NodeId node, HotPhrases::State state,
                           float score) {
  for (; node != Lexicon::kRoot; node = Parent(node)) {
    const auto [place, is_new] =
        look_ahead_.try_emplace(KeyOf(node, state), score);
    if (is_new) continue;
    if (place->second >= score) return;
    place->second = score;
  }
}

void HotWords::FillNodes() {
  constexpr size_t kBitsOfAnEntry = 16;
  nodes_.resize(std::bit_ceil(look_ahead_.size() * kBitsOfAnEntry / 64 + 1));
  for (const auto& [key, score] : look_ahead_) {
    const uint64_t bit = BitOf(static_cast<Lexicon::NodeId>(key >> 16));
    nodes_[bit / 64 & (nodes_.size() - 1)] |= uint64_t{1} << bit % 64;
  }
}

Lexicon::NodeId HotWords::Parent(Lexicon::NodeId node) const {
  return node < resources_->lexicon->nodes() ? resources_->lexicon->Parent(node)
                                             : tree_.parent(node);
}

float HotWords::LookAheadToHotWord(Lexicon::NodeId node,
                                   HotPhrases::State state) const {
  float best = node < lexicon_->nodes()
                   ? lm_weight_ * lexicon_->LookAhead(node)
                   : -std::numeric_limits<float>::infinity();
  for (HotPhrases::State from = state;; from = phrases_.Shorter(from)) {
    const auto found = look_ahead_.find(KeyOf(node, from));
    if (found != look_ahead_.end()) best = std::max(best, found->second);
    if (from == HotPhrases::kNone) return best - phrases_.Begun(state);
  }
}

absl::string_view HotWords::Spelling(WordId word) const {
  return word < first_new_word_ ? resources_->language_model->Word(word)
                                : new_words_[word - first_new_word_];
}

size_t HotWords::size_bytes() const {
  size_t bytes =
      sizeof(*this) - sizeof(phrases_) - sizeof(tree_) + phrases_.size_bytes() +
      tree_.size_bytes() +
      look_ahead_.capacity() * (sizeof(decltype(look_ahead_)::value_type) + 1) +
      new_words_.capacity() * sizeof(std::string);
  for (const std::string& word : new_words_) bytes += word.capacity();
  return bytes;
}

}  // namespace oido::model
