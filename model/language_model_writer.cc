// Packs an n-gram model into rows of bits.
#include "model/language_model_writer.h"

#include <bit>
#include <cstring>
#include <optional>

#include "model/codebook.h"
#include "model/language_model_file.h"

namespace oido::model {
namespace {

// Appends to the file's bytes, each section padded.
class SectionWriter {
 public:
  void Append(const void* data, size_t bytes) {
    const size_t begin = file_.size();
    file_.resize(begin + AlignedSize(bytes));
    std::memcpy(file_.data() + begin, data, bytes);
  }

  template <typename T>
  void Append(const std::vector<T>& values) {
    Append(values.data(), values.size() * sizeof(T));
  }

  std::string Finish() { return std::move(file_); }

 private:
  std::string file_;
};

// The inverse of PackedRows.
class RowWriter {
 public:
  RowWriter(uint64_t rows, const RowLayout& layout)
      : layout_(layout), bytes_(PackedRows::Bytes(rows, layout)) {}

  void Add(WordId word, uint32_t probability, uint32_t backoff,
           uint32_t children) {
    AddField(word, layout_.word);
    AddField(probability, layout_.probability);
    AddField(backoff, layout_.backoff);
    AddField(children, layout_.children);
  }

  const std::vector<char>& bytes() const { return bytes_; }

 private:
  void AddField(uint32_t value, int width) {
    if (width == 0) return;
    uint64_t word;
    std::memcpy(&word, &bytes_[bit_ / 8], sizeof(word));
    word |= uint64_t{value} << (bit_ % 8);
    std::memcpy(&bytes_[bit_ / 8], &word, sizeof(word));
    bit_ += static_cast<uint64_t>(width);
  }

  const RowLayout layout_;
  std::vector<char> bytes_;
  uint64_t bit_ = 0;
};

// How the values of one order are stored.
struct OrderCodebooks {
  std::optional<Codebook> probability;
  std::optional<Codebook> backoff;
};

uint32_t Encode(const std::optional<Codebook>& codebook, float value) {
  return codebook.has_value() ? codebook->Encode(value)
                              : std::bit_cast<uint32_t>(value);
}

void AppendVocabulary(const ArpaModel& model, SectionWriter& out) {
  std::vector<uint32_t> ends;
  std::string text;
  for (const std::string& word : model.vocabulary) {
    text += word;
    ends.push_back(static_cast<uint32_t>(text.size()));
  }
  out.Append(ends);
  out.Append(text.data(), text.size());
}

Codebook CodebookOf(const std::vector<ArpaNgram>& ngrams,
                    float ArpaNgram::*member) {
  std::vector<float> values;
  values.reserve(ngrams.size());
  for (const ArpaNgram& ngram : ngrams) values.push_back(ngram.*member);
  return Codebook(std::move(values));
}

// Both are sorted, so the groups of `longer` follow the order of `ngrams`.
void AppendRows(const LanguageModelHeader& header, uint32_t level,
                const ArpaModel& model, const OrderCodebooks& codebooks,
                SectionWriter& out) {
  static const std::vector<ArpaNgram> kNone;
  const bool has_contexts = HasContexts(header, level);
  const std::vector<ArpaNgram>& longer =
      has_contexts ? model.ngrams[level + 1] : kNone;
  RowWriter rows(StoredRows(header, level), LayoutOf(header, level));
  uint32_t child = 0;
  for (const ArpaNgram& ngram : model.ngrams[level]) {
    rows.Add(ngram.words[level],
             Encode(codebooks.probability, ngram.log_probability),
             Encode(codebooks.backoff, ngram.backoff), child);
    const auto is_child = [&](const ArpaNgram& candidate) {
      auto context = candidate.words;
      context[level + 1] = 0;
      return context == ngram.words;
    };
    while (child < longer.size() && is_child(longer[child])) ++child;
  }
  if (has_contexts) rows.Add(0, 0, 0, child);
  out.Append(rows.bytes());
}

}  // namespace

std::string WriteLanguageModel(const ArpaModel& model, LmValues values) {
  LanguageModelHeader header;
  header.order = static_cast<uint32_t>(model.order());
  header.value_bits =
      values == LmValues::kQuantised ? kQuantisedBits : kExactBits;
  for (uint32_t level = 0; level < header.order; ++level)
    header.ngrams[level] = model.ngrams[level].size();

  SectionWriter out;
  out.Append(&header, sizeof(header));
  AppendVocabulary(model, out);
  std::vector<OrderCodebooks> codebooks(header.order);
  for (uint32_t level = 0; level < header.order; ++level) {
    if (!HasCodebooks(header, level)) continue;
    OrderCodebooks& own = codebooks[level];
    own.probability =
        CodebookOf(model.ngrams[level], &ArpaNgram::log_probability);
    out.Append(own.probability->centres());
    if (!HasContexts(header, level)) continue;
    own.backoff = CodebookOf(model.ngrams[level], &ArpaNgram::backoff);
    out.Append(own.backoff->centres());
  }
  for (uint32_t level = 0; level < header.order; ++level)
    AppendRows(header, level, model, codebooks[level], out);
  return out.Finish();
}

}  // namespace oido::model
