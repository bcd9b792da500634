// C++ client of one recognition stream: audio bytes in, responses to a
// callback.
//
//   auto channel = oido::client::Connect("127.0.0.1:50051", absl::Seconds(5));
//   if (!channel.ok()) return Fail(channel.status());
//   oido::v1::StreamingRecognitionConfig config;
//   config.set_interim_results(true);  // encoding unset: a WAV header decides
//   oido::client::StreamingClient stream(
//       *channel, config, [](const oido::v1::StreamingRecognizeResponse& r) {
//         for (const auto& result : r.results())
//           std::cout << result.alternatives(0).transcript() << std::endl;
//       });
//   for (std::string bytes; ReadSome(input, &bytes);)
//     if (!stream.Write(bytes).ok()) break;  // Finish says why
//   return Fail(stream.Finish());
#ifndef OIDO_CLIENT_STREAMING_CLIENT_H_
#define OIDO_CLIENT_STREAMING_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "oido/v1/speech.grpc.pb.h"

namespace oido::client {

// One stream. Threads: Write, Finalize, Marker, WritesDone, Finish and the
// destructor are called by one thread at a time, never from the callback;
// Cancel by any thread at any time. Responses arrive one after another on a
// thread that the object owns, the last one before Finish returns.
class StreamingClient {
 public:
  // Must not throw. While it runs, no further response is read: a slow callback
  // slows the server down.
  using ResponseCallback =
      std::function<void(const v1::StreamingRecognizeResponse&)>;

  // Longer buffers given to Write travel as several messages of at most so many
  // bytes, below every server's limit.
  static constexpr size_t kMaxMessageBytes = 32 * 1024;

  // Opens the stream and sends `config`. A refusal by the server shows in a
  // later call, at the latest in Finish.
  StreamingClient(const std::shared_ptr<grpc::Channel>& channel,
                  const v1::StreamingRecognitionConfig& config,
                  ResponseCallback on_response);

  // Cancels the stream if Finish was not called.
  ~StreamingClient();
  StreamingClient(const StreamingClient&) = delete;
  StreamingClient& operator=(const StreamingClient&) = delete;

  // The next bytes of the audio, cut anywhere. Blocks while the server holds as
  // much as it wants. If the stream has ended, this and the next three return
  // the reason it ended for.
  absl::Status Write(absl::string_view audio);
  // Everything sent so far becomes final.
  absl::Status Finalize();
  // `id` comes back once all audio sent before it has been recognised.
  absl::Status Marker(absl::string_view id);
  // The audio is complete; responses go on until Finish has returned.
  absl::Status WritesDone();

  // WritesDone if that is still due, then waits for the last response and
  // returns how the stream ended. Repeated calls return the same.
  absl::Status Finish();

  // Ends the stream at once; the other calls then return CANCELLED.
  void Cancel();

 private:
  enum class Phase { kWriting, kWritesDone, kFinished };

  void ReadResponses();
  absl::Status Send(const v1::StreamingRecognizeRequest& request);

  const std::unique_ptr<v1::SpeechRecognizer::Stub> stub_;
  const ResponseCallback on_response_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<
      v1::StreamingRecognizeRequest, v1::StreamingRecognizeResponse>>
      stream_;
  Phase phase_ = Phase::kWriting;
  absl::Status status_;  // of the finished stream
  std::thread reader_;   // runs ReadResponses
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_STREAMING_CLIENT_H_
