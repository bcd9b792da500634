// Checks every index of lexicon.bin once, and walks its tree.
#include "model/lexicon.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "model/language_model_file.h"
#include "model/lexicon_file.h"
#include "model/status_macros.h"
#include "model/utf8.h"

namespace oido::model {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;
// Some letters a phone; keeps messages short.
constexpr size_t kMaxPhoneNameBytes = 64;

absl::Status Bad(absl::string_view what) { return absl::DataLossError(what); }

absl::Status CheckHeader(const LexiconHeader& header) {
  if (header.magic != kLexiconMagic)
    return Bad("does not begin with \"oidolex\"");
  if (header.version != kLexiconVersion) {
    return Bad(absl::StrCat("version is ", header.version, ", ",
                            kLexiconVersion, " expected"));
  }
  if (header.phones < 2 || header.phones > kMaxPhones) {
    return Bad(
        absl::StrCat(header.phones, " phones, must be in 2..", kMaxPhones));
  }
  if (header.nodes < 2) {
    return Bad(absl::StrCat(header.nodes, " nodes, at least 2 expected"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ParsePhoneNames(absl::string_view text,
                                                         uint32_t phones) {
  if (!absl::ConsumeSuffix(&text, "\n"))
    return Bad("names of phones do not end with a line feed");
  std::vector<std::string> names = absl::StrSplit(text, '\n');
  if (names.size() != phones) {
    return Bad(absl::StrCat(names.size(), " names of ", phones, " phones"));
  }
  for (const std::string& name : names) {
    if (name.empty() || name.size() > kMaxPhoneNameBytes ||
        !IsPrintableUtf8(name)) {
      return Bad(absl::StrCat(
          "name of a phone is \"",
          absl::Utf8SafeCEscape(name.substr(0, kMaxPhoneNameBytes)),
          "\", must be 1 to ", kMaxPhoneNameBytes, " bytes of UTF-8"));
    }
  }
  return names;
}

// `starts` [n + 1] divide 0..total among n owners in their order.
absl::Status CheckStarts(absl::string_view what,
                         absl::Span<const uint32_t> starts, uint32_t first,
                         uint32_t total) {
  uint32_t least = first;
  for (size_t i = 0; i < starts.size(); ++i) {
    const bool fits =
        i == 0 ? starts[0] == first : starts[i] >= least && starts[i] <= total;
    if (!fits) {
      return Bad(absl::StrCat(what, " of node ", i, " begin at ", starts[i],
                              ", must be in ", least, "..",
                              i == 0 ? first : total));
    }
    least = starts[i];
  }
  if (least == total) return absl::OkStatus();
  return Bad(absl::StrCat(what, " end at ", least, ", ", total, " expected"));
}

// The owner of element `index` among the ranges that `starts` divide.
Lexicon::NodeId Owner(absl::Span<const uint32_t> starts, uint32_t index) {
  return static_cast<Lexicon::NodeId>(
      std::upper_bound(starts.begin(), starts.end(), index) - starts.begin() -
      1);
}

}  // namespace

// Takes the sections of the file one by one.
class LexiconLoader {
 public:
  LexiconLoader(const LanguageModel& language_model, Lexicon* lexicon)
      : language_model_(language_model), lexicon_(lexicon) {}

  absl::Status Load() {
    rest_ = lexicon_->file_->bytes();
    OIDO_RETURN_IF_ERROR(ReadSections());
    OIDO_RETURN_IF_ERROR(
        CheckStarts("children", lexicon_->children_, 1, lexicon_->nodes()));
    OIDO_RETURN_IF_ERROR(
        CheckStarts("words", lexicon_->words_, 0, header_.entries));
    for (uint32_t node = 0; node < lexicon_->nodes(); ++node)
      OIDO_RETURN_IF_ERROR(CheckNode(node));
    FillLookAhead();
    return absl::OkStatus();
  }

 private:
  template <typename T>
  absl::Status Take(absl::string_view what, uint64_t count,
                    absl::Span<const T>* section) {
    const uint64_t size = AlignedSize(count * sizeof(T));
    if (size > rest_.size()) {
      return Bad(absl::StrCat("truncated: ", what, " take ", size,
                              " bytes, but only ", rest_.size(), " follow"));
    }
    *section = {reinterpret_cast<const T*>(rest_.data()), count};
    rest_.remove_prefix(size);
    return absl::OkStatus();
  }

  absl::Status ReadSections() {
    absl::Span<const LexiconHeader> header;
    OIDO_RETURN_IF_ERROR(Take("header", 1, &header));
    header_ = header.front();
    OIDO_RETURN_IF_ERROR(CheckHeader(header_));
    if (header_.vocabulary_fingerprint !=
        language_model_.vocabulary_fingerprint()) {
      return absl::InvalidArgumentError(
          "was made with another vocabulary than the language model's");
    }
    absl::Span<const char> names;
    if (header_.name_bytes > rest_.size())
      return Bad("truncated in the names of phones");
    OIDO_RETURN_IF_ERROR(Take("names", header_.name_bytes, &names));
    OIDO_ASSIGN_OR_RETURN(
        lexicon_->phone_names_,
        ParsePhoneNames(absl::string_view(names.data(), names.size()),
                        header_.phones));
    const uint64_t starts = header_.nodes + uint64_t{1};
    OIDO_RETURN_IF_ERROR(Take("children", starts, &lexicon_->children_));
    OIDO_RETURN_IF_ERROR(Take("words", starts, &lexicon_->words_));
    OIDO_RETURN_IF_ERROR(Take("entries", header_.entries, &lexicon_->entries_));
    OIDO_RETURN_IF_ERROR(Take("phones", header_.nodes, &lexicon_->phones_));
    if (rest_.empty()) return absl::OkStatus();
    return Bad(absl::StrCat(rest_.size(), " bytes too many at the end"));
  }

  absl::Status CheckNode(uint32_t node) const {
    const auto bad = [node](absl::string_view what) {
      return Bad(absl::StrCat("node ", node, ": ", what));
    };
    const Lexicon::Children children = lexicon_->children(node);
    if (children.first <= node) return bad("is not numbered breadth-first");
    PhoneId before = 0;
    for (const PhoneId phone : children.phones) {
      if (phone <= before || phone >= header_.phones)
        return bad("phones of its children do not ascend below their number");
      before = phone;
    }
    const absl::Span<const WordId> words = lexicon_->words(node);
    if (node == Lexicon::kRoot && !words.empty())
      return bad("words without phones");
    if (children.phones.empty() && words.empty())
      return bad("a leaf without a word");
    for (const WordId word : words) {
      if (word < kFirstRealWord || word >= language_model_.size()) {
        return bad(absl::StrCat("word is ", word, ", must be in ",
                                kFirstRealWord, "..",
                                language_model_.size() - 1));
      }
    }
    return absl::OkStatus();
  }

  // Parents come before their children.
  void FillLookAhead() {
    std::vector<float>& ahead = lexicon_->look_ahead_;
    ahead.assign(lexicon_->nodes(), -std::numeric_limits<float>::infinity());
    for (uint32_t node = lexicon_->nodes(); node-- > 0;) {
      for (const WordId word : lexicon_->words(node))
        ahead[node] = std::max(ahead[node], language_model_.Unigram(word));
      for (uint32_t child = lexicon_->children_[node];
           child < lexicon_->children_[node + 1]; ++child) {
        ahead[node] = std::max(ahead[node], ahead[child]);
      }
    }
  }

  const LanguageModel& language_model_;
  Lexicon* const lexicon_;
  LexiconHeader header_;
  absl::string_view rest_;
};

absl::StatusOr<std::unique_ptr<const Lexicon>> Lexicon::Open(
    const std::string& path, const LanguageModel& language_model) {
  auto lexicon = std::unique_ptr<Lexicon>(new Lexicon());
  OIDO_ASSIGN_OR_RETURN(lexicon->file_, MappedFile::Open(path, kMaxFileBytes));
  const absl::Status status =
      LexiconLoader(language_model, lexicon.get()).Load();
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(path, ": ", status.message()));
  }
  return std::unique_ptr<const Lexicon>(std::move(lexicon));
}

Lexicon::NodeId Lexicon::Parent(NodeId node) const {
  return Owner(children_, node);
}

std::vector<Lexicon::Place> Lexicon::Find(
    absl::Span<const WordId> words) const {
  std::vector<WordId> wanted(words.begin(), words.end());
  std::sort(wanted.begin(), wanted.end());
  std::vector<Place> places;
  for (uint32_t entry = 0; entry < entries_.size(); ++entry) {
    if (std::binary_search(wanted.begin(), wanted.end(), entries_[entry]))
      places.push_back({entries_[entry], Owner(words_, entry)});
  }
  return places;
}

std::vector<PhoneId> Lexicon::PathTo(NodeId node) const {
  std::vector<PhoneId> phones;
  for (; node != kRoot; node = Parent(node)) phones.push_back(phones_[node]);
  std::reverse(phones.begin(), phones.end());
  return phones;
}

std::vector<std::vector<PhoneId>> Lexicon::Pronunciations(WordId word) const {
  std::vector<std::vector<PhoneId>> result;
  for (const Place& place : Find({word})) result.push_back(PathTo(place.node));
  return result;
}

}  // namespace oido::model
