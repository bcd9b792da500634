// Recognises the utterances of a manifest, several at a time.
#ifndef OIDO_CLIENT_CORPUS_H_
#define OIDO_CLIENT_CORPUS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/manifest.h"
#include "grpcpp/channel.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

struct Recognition {
  std::string transcript;  // finals joined as they came; empty if it failed
  double audio_seconds = 0;
  absl::Status status;
};

// How a recording gets to the server.
enum class Delivery {
  kStream,
  kWhole,  // in one message, by Recognize: an offline model may hear it
};

struct CorpusOptions {
  Delivery delivery = Delivery::kStream;
  // Encoding, rate and request_id come from the recordings; a recording sent
  // whole takes only `config.config`.
  v1::StreamingRecognitionConfig config;
  int jobs = 1;  // recordings at the same time
  // A recording that a busy server refuses (RESOURCE_EXHAUSTED) is sent again
  // after this long, so many times at most.
  absl::Duration refusal_wait = absl::Seconds(1);
  int refusals_accepted = 60;
};

// One Recognition an utterance, in their order. `on_done` is called after each
// one, from one thread at a time.
std::vector<Recognition> RecognizeCorpus(
    const std::shared_ptr<grpc::Channel>& channel, const CorpusOptions& options,
    absl::Span<const Utterance> utterances,
    const std::function<void(const Recognition&)>& on_done);

}  // namespace oido::client

#endif  // OIDO_CLIENT_CORPUS_H_
