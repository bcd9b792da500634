// Shows the responses of a stream: live on a terminal, as lines, or as JSON.
#ifndef OIDO_CLIENT_TRANSCRIPT_PRINTER_H_
#define OIDO_CLIENT_TRANSCRIPT_PRINTER_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "client/latency_recorder.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

enum class WordTimes { kHide, kShow };

// One stream's output. One thread at a time.
class TranscriptPrinter {
 public:
  virtual ~TranscriptPrinter() = default;
  virtual void Response(const v1::StreamingRecognizeResponse& response) = 0;
  // To be called once, after the last response.
  virtual void End() = 0;
};

// One line a final, one for each alternative and each event, each with its
// channel where channels are recognised separately; before a final, on
// its line, what is known so far. Word times follow at the end. `columns` gives
// the width of the terminal.
std::unique_ptr<TranscriptPrinter> TerminalPrinter(
    std::ostream& out, WordTimes words, std::function<int()> columns);

// The same without what comes before finals.
std::unique_ptr<TranscriptPrinter> LinePrinter(std::ostream& out,
                                               WordTimes words);

// One JSON object a response, with `name` as "file" unless it is empty.
std::unique_ptr<TranscriptPrinter> JsonPrinter(std::ostream& out,
                                               std::string name);

// Latencies as a short table.
void PrintLatencies(std::ostream& out, const LatencySummary& summary);

}  // namespace oido::client

#endif  // OIDO_CLIENT_TRANSCRIPT_PRINTER_H_
