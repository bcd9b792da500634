// Adds up word and character errors and shows them.
#ifndef OIDO_CLIENT_WER_REPORT_H_
#define OIDO_CLIENT_WER_REPORT_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "client/corpus.h"
#include "client/edit_distance.h"
#include "client/manifest.h"
#include "nlohmann/json.hpp"

namespace oido::client {

struct Score {
  int64_t utterances = 0;
  int64_t failed = 0;  // of these; all their words count as deleted
  ErrorCounts words;
  ErrorCounts characters;
};

struct WerReport {
  Score all;
  std::map<std::string, Score> sources;  // those with a name
  double audio_seconds = 0;              // of what was recognised
  double wall_seconds = 0;

  void Add(const Utterance& utterance, const Recognition& recognition);
};

nlohmann::ordered_json ToJson(const WerReport& report);
void PrintReport(std::ostream& out, const WerReport& report);
// Tab-separated: utterance, reference, hypothesis, both as they are scored.
void PrintHypothesis(std::ostream& out, const Utterance& utterance,
                     const Recognition& recognition);

}  // namespace oido::client

#endif  // OIDO_CLIENT_WER_REPORT_H_
