// Implements the three printers.
#include "client/transcript_printer.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "client/live_line.h"
#include "client/response_json.h"
#include "client/wire_time.h"

namespace oido::client {
namespace {

// Interim results below this are the word being spoken.
constexpr float kSettledStability = 0.5f;

// Before what is said of one channel.
std::string Tag(int channel) {
  return channel > 0 ? absl::StrCat(channel, ": ") : "";
}

// Finals as lines and the words' times behind them.
class Lines : public TranscriptPrinter {
 public:
  Lines(std::ostream& out, WordTimes words) : out_(out), words_(words) {}

  void Response(const v1::StreamingRecognizeResponse& response) override {
    for (const auto& result : response.results()) {
      if (result.is_final() && !result.alternatives().empty()) Final(result);
    }
    for (const v1::SpeechEvent& event : response.events()) {
      out_ << absl::StrFormat("%s[%s at %.2f s]\n", Tag(event.channel_tag()),
                              v1::SpeechEvent::Type_Name(event.type()),
                              Seconds(event.time()));
    }
    out_.flush();
  }

  void End() override {
    for (const v1::WordInfo& word : timed_words_) {
      out_ << absl::StrFormat(
          "%8.2f %8.2f  %4.2f  %s\n", Seconds(word.start_time()),
          Seconds(word.end_time()), word.confidence(), word.word());
    }
    out_.flush();
  }

 protected:
  std::ostream& out() { return out_; }

 private:
  void Final(const v1::StreamingRecognitionResult& result) {
    for (const auto& alternative : result.alternatives()) {
      const absl::string_view text =
          absl::StripPrefix(alternative.transcript(), " ");
      const bool is_best = &alternative == &result.alternatives(0);
      // An utterance in which nothing was understood is not worth a line.
      if (text.empty()) continue;
      out_ << Tag(result.channel_tag()) << (is_best ? "" : "  or: ") << text
           << "\n";
    }
    const auto& alternative = result.alternatives(0);
    if (words_ == WordTimes::kShow) {
      timed_words_.insert(timed_words_.end(), alternative.words().begin(),
                          alternative.words().end());
    }
  }

  std::ostream& out_;
  const WordTimes words_;
  std::vector<v1::WordInfo> timed_words_;
};

class Terminal : public Lines {
 public:
  Terminal(std::ostream& out, WordTimes words, std::function<int()> columns)
      : Lines(out, words), columns_(std::move(columns)) {}

  void Response(const v1::StreamingRecognizeResponse& response) override {
    if (response.results().empty() && response.events().empty()) return;
    out() << ClearedLine();
    Lines::Response(response);
    std::string settled, open, tag;
    for (const auto& result : response.results()) {
      if (result.is_final() || result.alternatives().empty()) continue;
      tag = Tag(result.channel_tag());
      const bool is_settled = result.stability() >= kSettledStability;
      absl::StrAppend(is_settled ? &settled : &open,
                      result.alternatives(0).transcript());
    }
    std::string& first = settled.empty() ? open : settled;
    if (!first.empty())
      first = absl::StrCat(tag, absl::StripPrefix(first, " "));
    out() << LiveLine(settled, open, columns_());
    out().flush();
  }

  void End() override {
    out() << ClearedLine();
    Lines::End();
  }

 private:
  const std::function<int()> columns_;
};

class JsonLines : public TranscriptPrinter {
 public:
  JsonLines(std::ostream& out, std::string name)
      : out_(out), name_(std::move(name)) {}

  void Response(const v1::StreamingRecognizeResponse& response) override {
    nlohmann::ordered_json json;
    if (!name_.empty()) json["file"] = name_;
    json.update(ToJson(response));
    out_ << JsonLine(json) << "\n";
    out_.flush();
  }

  void End() override { out_.flush(); }

 private:
  std::ostream& out_;
  const std::string name_;
};

void PrintQuantiles(std::ostream& out, absl::string_view name,
                    const Quantiles& quantiles) {
  if (quantiles.count == 0) return;
  out << absl::StrFormat("  %-34s median %7.1f ms   p95 %7.1f ms\n", name,
                         quantiles.median_ms, quantiles.p95_ms);
}

}  // namespace

std::unique_ptr<TranscriptPrinter> TerminalPrinter(
    std::ostream& out, WordTimes words, std::function<int()> columns) {
  return std::make_unique<Terminal>(out, words, std::move(columns));
}

std::unique_ptr<TranscriptPrinter> LinePrinter(std::ostream& out,
                                               WordTimes words) {
  return std::make_unique<Lines>(out, words);
}

std::unique_ptr<TranscriptPrinter> JsonPrinter(std::ostream& out,
                                               std::string name) {
  return std::make_unique<JsonLines>(out, std::move(name));
}

void PrintLatencies(std::ostream& out, const LatencySummary& summary) {
  out << "latency\n";
  PrintQuantiles(out, "audio sent -> recognised", summary.chunk);
  PrintQuantiles(out, "  in the server: waiting", summary.queue);
  PrintQuantiles(out, "  in the server: features", summary.features);
  PrintQuantiles(out, "  in the server: model", summary.model);
  PrintQuantiles(out, "  in the server: decoding", summary.decode);
  if (summary.first_words_ms.has_value()) {
    out << absl::StrFormat("  %-34s        %7.1f ms\n",
                           "first audio -> first words",
                           *summary.first_words_ms);
  }
  if (summary.final_ms.has_value()) {
    out << absl::StrFormat("  %-34s        %7.1f ms\n",
                           "end of audio -> last final", *summary.final_ms);
  }
  if (summary.audio_seconds > 0) {
    out << absl::StrFormat(
        "  %.2f s of audio in %.2f s: real-time factor %.3f\n",
        summary.audio_seconds, summary.wall_seconds,
        summary.wall_seconds / summary.audio_seconds);
  }
}

}  // namespace oido::client
