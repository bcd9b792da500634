// Implements RecognizeCorpus with one thread a stream.
#include "client/corpus.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/audio_file.h"
#include "client/streaming_client.h"
#include "client/whole_recording.h"

namespace oido::client {
namespace {

constexpr int kChunkMs = 100;

absl::Status SendFile(AudioFile& file, StreamingClient& stream,
                      double& seconds) {
  while (true) {
    const absl::StatusOr<std::string> bytes = file.Next();
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) return absl::OkStatus();
    seconds += SecondsOf(file.format(), bytes->size());
    absl::Status written = stream.Write(*bytes);
    if (!written.ok()) return written;
  }
}

Recognition Failed(absl::Status status) { return {"", 0, std::move(status)}; }

// The text of the finals among `results` goes behind `transcript`.
template <typename Results>
void AppendFinals(const Results& results, std::string& transcript) {
  for (const auto& result : results) {
    if (!result.is_final() || result.alternatives().empty()) continue;
    absl::StrAppend(&transcript, result.alternatives(0).transcript());
  }
}

Recognition RecognizeWholeFile(const std::shared_ptr<grpc::Channel>& channel,
                               const CorpusOptions& options,
                               const Utterance& utterance) {
  const auto file = AudioFile::Open(utterance.path, kChunkMs, Channels::kMean);
  if (!file.ok()) return Failed(file.status());
  const auto response =
      RecognizeWhole(channel, options.config.config(), **file);
  if (!response.ok()) return Failed(response.status());
  Recognition recognition;
  AppendFinals(response->results(), recognition.transcript);
  recognition.audio_seconds =
      static_cast<double>(response->audio_processed().seconds()) +
      response->audio_processed().nanos() * 1e-9;
  return recognition;
}

Recognition RecognizeFile(const std::shared_ptr<grpc::Channel>& channel,
                          const CorpusOptions& options,
                          const Utterance& utterance) {
  if (options.delivery == Delivery::kWhole)
    return RecognizeWholeFile(channel, options, utterance);
  const auto file = AudioFile::Open(utterance.path, kChunkMs, Channels::kMean);
  if (!file.ok()) return Failed(file.status());
  v1::StreamingRecognitionConfig config = options.config;
  config.mutable_config()->set_encoding((*file)->format().encoding);
  config.mutable_config()->set_sample_rate_hertz(
      (*file)->format().sample_rate_hz);
  config.set_request_id(utterance.utt_id.substr(0, 128));
  Recognition recognition;
  StreamingClient stream(
      channel, config,
      [&recognition](const v1::StreamingRecognizeResponse& response) {
        AppendFinals(response.results(), recognition.transcript);
      });
  double seconds = 0;
  const absl::Status sent = SendFile(**file, stream, seconds);
  if (!sent.ok()) stream.Cancel();
  const absl::Status finished = stream.Finish();
  if (!sent.ok()) return Failed(sent);
  if (!finished.ok()) return Failed(finished);
  recognition.audio_seconds = seconds;
  return recognition;
}

Recognition RecognizePatiently(const std::shared_ptr<grpc::Channel>& channel,
                               const CorpusOptions& options,
                               const Utterance& utterance) {
  Recognition recognition = RecognizeFile(channel, options, utterance);
  for (int refusals = 1; absl::IsResourceExhausted(recognition.status) &&
                         refusals <= options.refusals_accepted;
       ++refusals) {
    absl::SleepFor(options.refusal_wait);
    recognition = RecognizeFile(channel, options, utterance);
  }
  return recognition;
}

}  // namespace

std::vector<Recognition> RecognizeCorpus(
    const std::shared_ptr<grpc::Channel>& channel, const CorpusOptions& options,
    absl::Span<const Utterance> utterances,
    const std::function<void(const Recognition&)>& on_done) {
  std::vector<Recognition> recognitions(utterances.size());
  std::atomic<size_t> next{0};
  std::mutex done_mutex;
  const auto work = [&] {
    for (size_t i = next++; i < utterances.size(); i = next++) {
      recognitions[i] = RecognizePatiently(channel, options, utterances[i]);
      const std::lock_guard<std::mutex> lock(done_mutex);
      on_done(recognitions[i]);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < options.jobs; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return recognitions;
}

}  // namespace oido::client
