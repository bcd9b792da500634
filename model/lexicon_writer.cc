// Reads pronunciations and lays their prefix tree out breadth-first.
#include "model/lexicon_writer.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "model/language_model_file.h"
#include "model/lexicon_file.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

constexpr size_t kMaxPhonesOfWord = 255;

absl::Status BadLine(uint64_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", what));
}

using PhoneIds = std::unordered_map<std::string, PhoneId>;

absl::StatusOr<std::vector<PhoneId>> ParsePhones(
    absl::Span<const absl::string_view> names, const PhoneIds& ids,
    uint64_t line) {
  if (names.empty() || names.size() > kMaxPhonesOfWord) {
    return BadLine(line, absl::StrCat(names.size(), " phones, must be in 1..",
                                      kMaxPhonesOfWord));
  }
  std::vector<PhoneId> phones;
  for (const absl::string_view name : names) {
    const auto id = ids.find(std::string(name));
    if (id == ids.end() || id->second == 0) {
      return BadLine(line, absl::StrCat("\"", absl::Utf8SafeCEscape(name),
                                        "\" is not a phone of the model"));
    }
    phones.push_back(id->second);
  }
  return phones;
}

// By phones, then words. Spelled out: gcc 12 warns of an overlong memcmp in the
// vectors' own comparison.
bool IsBefore(const Pronunciation& a, const Pronunciation& b) {
  const auto [in_a, in_b] = std::mismatch(a.phones.begin(), a.phones.end(),
                                          b.phones.begin(), b.phones.end());
  if (in_b == b.phones.end()) return in_a == a.phones.end() && a.word < b.word;
  return in_a == a.phones.end() || *in_a < *in_b;
}

// Pronunciations [begin, end) share the phones of one node.
struct Branch {
  size_t begin;
  size_t end;
  size_t depth;  // phones on the way to the node
};

// Grows by a node at a time, in the order of their numbers.
struct Tree {
  std::vector<uint32_t> children;
  std::vector<uint32_t> words;
  std::vector<WordId> entries;
  std::vector<PhoneId> phones;
};

Tree BuildTree(const std::vector<Pronunciation>& sorted,
               const LanguageModel& language_model) {
  Tree tree;
  std::vector<Branch> branches = {{0, sorted.size(), 0}};
  tree.phones.push_back(0);
  for (size_t node = 0; node < branches.size(); ++node) {
    const Branch branch = branches[node];
    tree.children.push_back(static_cast<uint32_t>(branches.size()));
    tree.words.push_back(static_cast<uint32_t>(tree.entries.size()));
    size_t at = branch.begin;
    for (; at < branch.end && sorted[at].phones.size() == branch.depth; ++at)
      tree.entries.push_back(sorted[at].word);
    std::stable_sort(tree.entries.begin() + tree.words.back(),
                     tree.entries.end(), [&](WordId a, WordId b) {
                       return language_model.Unigram(a) >
                              language_model.Unigram(b);
                     });
    while (at < branch.end) {
      const PhoneId phone = sorted[at].phones[branch.depth];
      const size_t begin = at;
      while (at < branch.end && sorted[at].phones[branch.depth] == phone) ++at;
      branches.push_back({begin, at, branch.depth + 1});
      tree.phones.push_back(phone);
    }
  }
  tree.children.push_back(static_cast<uint32_t>(branches.size()));
  tree.words.push_back(static_cast<uint32_t>(tree.entries.size()));
  return tree;
}

template <typename T>
void AppendSection(const T* data, size_t count, std::string& file) {
  const size_t begin = file.size();
  file.resize(begin + AlignedSize(count * sizeof(T)));
  std::memcpy(file.data() + begin, data, count * sizeof(T));
}

}  // namespace

absl::StatusOr<LexiconText> ReadLexiconText(
    std::istream& in, const std::vector<std::string>& phone_names,
    const LanguageModel& language_model) {
  PhoneIds ids;
  for (const std::string& name : phone_names)
    ids.emplace(name, static_cast<PhoneId>(ids.size()));
  LexiconText result;
  std::vector<bool> has_phones(language_model.size());
  std::string text;
  for (uint64_t line = 1; std::getline(in, text); ++line) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(text, absl::ByAnyChar("\t \r"), absl::SkipEmpty());
    if (fields.empty()) continue;
    OIDO_ASSIGN_OR_RETURN(
        std::vector<PhoneId> phones,
        ParsePhones(absl::MakeSpan(fields).subspan(1), ids, line));
    const std::optional<WordId> word = language_model.Find(fields[0]);
    if (!word.has_value() || *word < kFirstRealWord) {
      ++result.unknown_words;
      continue;
    }
    has_phones[*word] = true;
    result.pronunciations.push_back({std::move(phones), *word});
  }
  if (in.bad()) return absl::DataLossError("cannot be read to its end");
  auto& found = result.pronunciations;
  std::sort(found.begin(), found.end(), IsBefore);
  found.erase(std::unique(found.begin(), found.end(),
                          [](const Pronunciation& a, const Pronunciation& b) {
                            return a.word == b.word && a.phones == b.phones;
                          }),
              found.end());
  if (found.empty())
    return absl::InvalidArgumentError("no word of the language model in it");
  for (WordId word = kFirstRealWord; word < language_model.size(); ++word) {
    if (!has_phones[word]) result.silent_words.push_back(word);
  }
  return result;
}

std::string WriteLexicon(const std::vector<Pronunciation>& pronunciations,
                         const std::vector<std::string>& phone_names,
                         const LanguageModel& language_model) {
  const Tree tree = BuildTree(pronunciations, language_model);
  const std::string names =
      absl::StrCat(absl::StrJoin(phone_names, "\n"), "\n");
  LexiconHeader header;
  header.nodes = static_cast<uint32_t>(tree.phones.size());
  header.entries = static_cast<uint32_t>(tree.entries.size());
  header.phones = static_cast<uint32_t>(phone_names.size());
  header.vocabulary_fingerprint = language_model.vocabulary_fingerprint();
  header.name_bytes = names.size();
  std::string file;
  AppendSection(&header, 1, file);
  AppendSection(names.data(), names.size(), file);
  AppendSection(tree.children.data(), tree.children.size(), file);
  AppendSection(tree.words.data(), tree.words.size(), file);
  AppendSection(tree.entries.data(), tree.entries.size(), file);
  AppendSection(tree.phones.data(), tree.phones.size(), file);
  return file;
}

}  // namespace oido::model
