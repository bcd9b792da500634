// Makes a bundle's lexicon.bin and language_model.bin: the flags of
// oido-build-decoder.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/arpa.h"
#include "model/decoder_resources.h"
#include "model/language_model.h"
#include "model/language_model_writer.h"
#include "model/lexicon.h"
#include "model/lexicon_file.h"
#include "model/lexicon_writer.h"
#include "model/mapped_file.h"
#include "model/pending_file.h"
#include "model/perplexity.h"
#include "model/sha256.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

constexpr size_t kSilentWordsShown = 10;

struct Flags {
  std::string arpa;
  std::string lexicon;
  std::string phones;
  std::string output;
  bool exact = false;
  std::vector<std::string> texts;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--arpa", flags.arpa,
                 "N-gram model of words, order 1 to 3, in ARPA form")
      ->required();
  app.add_option("--lexicon", flags.lexicon,
                 "Text: a word and its phones a line; a word may have several")
      ->required();
  app.add_option("--phones", flags.phones,
                 "The bundle's phones.txt: a phone a line, the blank first")
      ->required();
  app.add_option("--output", flags.output,
                 "Directory for lexicon.bin and language_model.bin")
      ->required();
  app.add_flag("--exact", flags.exact,
               "float32 instead of 8 bits for a value: larger, exactly the "
               "ARPA file's scores");
  app.add_option("--text", flags.texts,
                 "Text to measure the result with, a sentence a line: prints "
                 "perplexity and share of unknown words; may be repeated");
}

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

absl::StatusOr<std::ifstream> OpenText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return in;
}

absl::StatusOr<std::vector<std::string>> ReadPhones(const std::string& path) {
  OIDO_ASSIGN_OR_RETURN(std::ifstream in, OpenText(path));
  std::vector<std::string> phones;
  for (std::string line; std::getline(in, line);) phones.push_back(line);
  if (phones.size() < 2 || phones.size() > kMaxPhones) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": ", phones.size(), " phones, must be in 2..", kMaxPhones));
  }
  return phones;
}

absl::StatusOr<std::unique_ptr<PendingFile>> MakeLanguageModel(
    const Flags& flags) {
  std::fprintf(stderr, "reading %s\n", flags.arpa.c_str());
  OIDO_ASSIGN_OR_RETURN(std::ifstream in, OpenText(flags.arpa));
  const absl::StatusOr<ArpaModel> model = ReadArpa(in);
  if (!model.ok()) return InFile(flags.arpa, model.status());
  for (size_t order = 1; order <= model->ngrams.size(); ++order) {
    std::fprintf(stderr, "  order %zu: %zu n-grams\n", order,
                 model->ngrams[order - 1].size());
  }
  return PendingFile::Write(
      flags.output + "/language_model.bin",
      WriteLanguageModel(
          *model, flags.exact ? LmValues::kExact : LmValues::kQuantised));
}

absl::StatusOr<std::unique_ptr<PendingFile>> MakeLexicon(
    const Flags& flags, const std::vector<std::string>& phones,
    const LanguageModel& language_model) {
  std::fprintf(stderr, "reading %s\n", flags.lexicon.c_str());
  OIDO_ASSIGN_OR_RETURN(std::ifstream in, OpenText(flags.lexicon));
  const absl::StatusOr<LexiconText> text =
      ReadLexiconText(in, phones, language_model);
  if (!text.ok()) return InFile(flags.lexicon, text.status());
  std::fprintf(stderr,
               "  %zu pronunciations; %llu lines of words that the language "
               "model lacks left out; %zu of its words lack a pronunciation\n",
               text->pronunciations.size(),
               static_cast<unsigned long long>(text->unknown_words),
               text->silent_words.size());
  for (size_t i = 0; i < text->silent_words.size() && i < kSilentWordsShown;
       ++i) {
    std::fprintf(
        stderr, "    without a pronunciation: %s\n",
        std::string(language_model.Word(text->silent_words[i])).c_str());
  }
  return PendingFile::Write(
      flags.output + "/lexicon.bin",
      WriteLexicon(text->pronunciations, phones, language_model));
}

absl::StatusOr<std::string> Sha256Of(const PendingFile& file) {
  OIDO_ASSIGN_OR_RETURN(const auto mapped,
                        MappedFile::Open(file.path(), SIZE_MAX));
  std::fprintf(stderr, "  %.2f MiB\n",
               static_cast<double>(mapped->bytes().size()) / (1 << 20));
  return Sha256Hex(mapped->bytes());
}

absl::Status MeasureTexts(const Flags& flags,
                          const LanguageModel& language_model) {
  for (const std::string& path : flags.texts) {
    OIDO_ASSIGN_OR_RETURN(std::ifstream in, OpenText(path));
    const TextFit fit = MeasureText(language_model, in);
    std::fprintf(stderr, "%s: perplexity %.1f, %.2f %% unknown words\n",
                 path.c_str(), fit.Perplexity(), 100.0 * fit.UnknownShare());
  }
  return absl::OkStatus();
}

// The weights are a beginning: they belong to the acoustic model too.
absl::Status PrintConfig(const PendingFile& lexicon,
                         const PendingFile& language_model) {
  OIDO_ASSIGN_OR_RETURN(const std::string lexicon_sha256, Sha256Of(lexicon));
  OIDO_ASSIGN_OR_RETURN(const std::string lm_sha256, Sha256Of(language_model));
  const WordSearchOptions options;
  std::printf(
      "  word_search {\n"
      "    lexicon_sha256: \"%s\"\n"
      "    language_model_sha256: \"%s\"\n"
      "    lm_weight: %g\n"
      "    word_insertion: %g\n"
      "    blank_penalty: %g\n"
      "  }\n",
      lexicon_sha256.c_str(), lm_sha256.c_str(), double{options.lm_weight},
      double{options.word_insertion}, double{options.blank_penalty});
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  OIDO_ASSIGN_OR_RETURN(const std::vector<std::string> phones,
                        ReadPhones(flags.phones));
  OIDO_ASSIGN_OR_RETURN(const auto lm_file, MakeLanguageModel(flags));
  OIDO_ASSIGN_OR_RETURN(const auto language_model,
                        LanguageModel::Open(lm_file->path()));
  OIDO_ASSIGN_OR_RETURN(const auto lexicon_file,
                        MakeLexicon(flags, phones, *language_model));
  OIDO_RETURN_IF_ERROR(
      Lexicon::Open(lexicon_file->path(), *language_model).status());
  OIDO_RETURN_IF_ERROR(MeasureTexts(flags, *language_model));
  OIDO_RETURN_IF_ERROR(PrintConfig(*lexicon_file, *lm_file));
  OIDO_RETURN_IF_ERROR(lm_file->Commit());
  return lexicon_file->Commit();
}

}  // namespace
}  // namespace oido::model

int main(int argc, char** argv) {
  CLI::App app(
      "Makes a bundle's lexicon.bin and language_model.bin; prints "
      "what to put under decoder in bundle.textproto.",
      "oido-build-decoder");
  oido::model::Flags flags;
  oido::model::AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = oido::model::Run(flags);
  if (!status.ok()) {
    std::fprintf(stderr, "oido-build-decoder: %s\n",
                 std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
