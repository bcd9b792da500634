// Streams one audio source and shows what comes back.
#ifndef OIDO_CLIENT_TRANSCRIBE_H_
#define OIDO_CLIENT_TRANSCRIBE_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "client/audio_source.h"
#include "client/latency_recorder.h"
#include "client/transcript_printer.h"
#include "grpcpp/channel.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

enum class Pace {
  kAsTaken,   // as fast as the server takes it
  kRealTime,  // each chunk at the moment at which its last sample is spoken
};

struct TranscribeOptions {
  // Encoding and rate come from the source.
  v1::StreamingRecognitionConfig config;
  Pace pace = Pace::kAsTaken;
  // Ends the audio early; what was sent is still recognised.
  std::function<bool()> interrupted = [] { return false; };
  // If not null: markers are sent, and this is told what happened when.
  LatencyRecorder* latencies = nullptr;
};

// Returns when the last response has been shown; the printer has ended then.
absl::Status Transcribe(const std::shared_ptr<grpc::Channel>& channel,
                        const TranscribeOptions& options, AudioSource& source,
                        TranscriptPrinter& printer);

}  // namespace oido::client

#endif  // OIDO_CLIENT_TRANSCRIBE_H_
