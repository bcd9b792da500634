// Implements Transcribe: source -> StreamingClient -> printer.
#include "client/transcribe.h"

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "client/streaming_client.h"

namespace oido::client {
namespace {

// Sleeps in short pieces, so that Ctrl-C is noticed soon.
void SleepUntil(absl::Time wake, const std::function<bool()>& interrupted) {
  while (!interrupted()) {
    const absl::Duration left = wake - absl::Now();
    if (left <= absl::ZeroDuration()) return;
    absl::SleepFor(std::min(left, absl::Milliseconds(100)));
  }
}

absl::Status SendChunk(const std::string& bytes, LatencyRecorder* latencies,
                       StreamingClient& stream) {
  if (latencies == nullptr) return stream.Write(bytes);
  const std::string marker = latencies->AudioSending(absl::Now());
  absl::Status written = stream.Write(bytes);
  return written.ok() ? stream.Marker(marker) : written;
}

// Whether the server may end the stream, with OK, before its audio is sent.
bool MayEndEarly(const v1::StreamingRecognitionConfig& config) {
  return config.single_utterance() || config.speech_start_timeout_ms() != 0 ||
         config.speech_end_timeout_ms() != 0;
}

// Ends early, with OK, when interrupted.
absl::Status SendAll(const TranscribeOptions& options, AudioSource& source,
                     StreamingClient& stream) {
  const absl::Time start = absl::Now();
  double seconds = 0;
  while (!options.interrupted()) {
    const absl::StatusOr<std::string> bytes = source.Next();
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) break;
    seconds += SecondsOf(source.format(), bytes->size());
    if (options.pace == Pace::kRealTime) {
      SleepUntil(start + absl::Seconds(seconds), options.interrupted);
    }
    absl::Status sent = SendChunk(*bytes, options.latencies, stream);
    if (absl::IsAborted(sent) && MayEndEarly(options.config)) break;
    if (!sent.ok()) return sent;
  }
  if (options.latencies != nullptr) options.latencies->AudioEnded(absl::Now());
  return stream.WritesDone();
}

}  // namespace

absl::Status Transcribe(const std::shared_ptr<grpc::Channel>& channel,
                        const TranscribeOptions& options, AudioSource& source,
                        TranscriptPrinter& printer) {
  v1::StreamingRecognitionConfig config = options.config;
  config.mutable_config()->set_encoding(source.format().encoding);
  config.mutable_config()->set_sample_rate_hertz(
      source.format().sample_rate_hz);
  config.mutable_config()->set_audio_channel_count(source.format().channels);
  StreamingClient stream(
      channel, config,
      [&options, &printer](const v1::StreamingRecognizeResponse& response) {
        if (options.latencies != nullptr) {
          options.latencies->Received(response, absl::Now());
        }
        printer.Response(response);
      });
  const absl::Status sent = SendAll(options, source, stream);
  const absl::Status finished = stream.Finish();
  printer.End();
  return sent.ok() ? finished : sent;
}

}  // namespace oido::client
