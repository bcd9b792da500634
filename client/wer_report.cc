// Implements the report as table and JSON.
#include "client/wer_report.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace oido::client {
namespace {

nlohmann::ordered_json ToJson(const Score& score) {
  return {{"wer", score.words.rate()},
          {"cer", score.characters.rate()},
          {"words", score.words.reference},
          {"substitutions", score.words.substitutions},
          {"deletions", score.words.deletions},
          {"insertions", score.words.insertions},
          {"characters", score.characters.reference},
          {"utterances", score.utterances},
          {"errors", score.failed}};
}

void PrintScore(std::ostream& out, absl::string_view name, const Score& score) {
  out << absl::StrFormat(
      "%-26s %6d %7d %7.2f %7.2f %6d %6d %6d %6d\n", name, score.utterances,
      score.words.reference, 100 * score.words.rate(),
      100 * score.characters.rate(), score.words.substitutions,
      score.words.deletions, score.words.insertions, score.failed);
}

}  // namespace

void WerReport::Add(const Utterance& utterance,
                    const Recognition& recognition) {
  const std::string reference = NormalizeTranscript(utterance.text);
  const std::string hypothesis =
      recognition.status.ok() ? NormalizeTranscript(recognition.transcript)
                              : "";
  const ErrorCounts words = WordErrors(reference, hypothesis);
  const ErrorCounts characters = CharacterErrors(reference, hypothesis);
  const auto add = [&](Score& score) {
    ++score.utterances;
    score.failed += recognition.status.ok() ? 0 : 1;
    score.words += words;
    score.characters += characters;
  };
  add(all);
  if (!utterance.source.empty()) add(sources[utterance.source]);
  audio_seconds += recognition.audio_seconds;
}

nlohmann::ordered_json ToJson(const WerReport& report) {
  nlohmann::ordered_json json = {{"all", ToJson(report.all)},
                                 {"sources", nlohmann::ordered_json::object()}};
  for (const auto& [name, score] : report.sources) {
    json["sources"][name] = ToJson(score);
  }
  json["audio_seconds"] = report.audio_seconds;
  json["wall_seconds"] = report.wall_seconds;
  return json;
}

void PrintReport(std::ostream& out, const WerReport& report) {
  out << absl::StrFormat("%-26s %6s %7s %7s %7s %6s %6s %6s %6s\n", "source",
                         "utts", "words", "WER %", "CER %", "sub", "del", "ins",
                         "failed");
  for (const auto& [name, score] : report.sources) {
    PrintScore(out, name, score);
  }
  PrintScore(out, "all", report.all);
  out << absl::StrFormat(
      "%.0f s of audio in %.1f s: %.1f times real time\n", report.audio_seconds,
      report.wall_seconds,
      report.audio_seconds / std::max(report.wall_seconds, 1e-3));
}

void PrintHypothesis(std::ostream& out, const Utterance& utterance,
                     const Recognition& recognition) {
  out << utterance.utt_id << "\t" << NormalizeTranscript(utterance.text) << "\t"
      << NormalizeTranscript(recognition.transcript) << "\n";
}

}  // namespace oido::client
