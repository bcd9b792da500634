// A real gRPC server in this process and simple clients of it.
#ifndef OIDO_TESTS_SUPPORT_SERVICE_HARNESS_H_
#define OIDO_TESTS_SUPPORT_SERVICE_HARNESS_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oido/v1/speech.grpc.pb.h"
#include "server/server.h"
#include "tests/support/session_harness.h"

namespace oido::test {

std::shared_ptr<grpc::Channel> Connect(const std::string& address);

// A server on a free port, with the babbling model unless others are given. It
// refuses no stream for its load unless `options` set a limit of their own.
class TestServer {
 public:
  explicit TestServer(const server::ServerOptions& options = {})
      : TestServer(options, BabblingModels(), {}) {}
  TestServer(server::ServerOptions options, const server::ModelSet& models,
             const server::Engines& engines);

  server::Server& server() { return *server_; }
  std::string address() const { return server_->address(); }
  std::unique_ptr<v1::SpeechRecognizer::Stub> NewStub() const;
  void Stop() { server_.reset(); }

 private:
  const server::SteadyClock clock_;
  std::unique_ptr<server::Server> server_;
};

v1::StreamingRecognizeRequest ConfigRequest();
v1::StreamingRecognizeRequest AudioRequest(const std::string& bytes);

// One stream with the blocking client API.
class ClientStream {
 public:
  explicit ClientStream(v1::SpeechRecognizer::Stub* stub)
      : stream_(stub->StreamingRecognize(&context_)) {}

  // False: the stream has ended; Finish says how.
  bool Send(const v1::StreamingRecognizeRequest& request) {
    return stream_->Write(request);
  }
  void SendPieces(const std::string& audio, size_t piece_bytes);
  void HalfClose() { stream_->WritesDone(); }
  std::optional<v1::StreamingRecognizeResponse> Read();
  // Sends a marker and reads until it comes back: all before it is recognised.
  // False: the stream has ended.
  bool Sync();
  // Reads what is left.
  grpc::Status Finish();
  void Cancel() { context_.TryCancel(); }

  const std::vector<v1::StreamingRecognizeResponse>& responses() const {
    return responses_;
  }
  // The final results, to the last digit.
  std::string Finals() const;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamingRecognizeRequest,
                                           v1::StreamingRecognizeResponse>>
      stream_;
  std::vector<v1::StreamingRecognizeResponse> responses_;
};

// A call of any method with messages as bytes.
class RawCall {
 public:
  RawCall(const std::string& address, const std::string& method);
  ~RawCall();

  bool Send(const std::string& message);
  void HalfClose();
  std::optional<std::string> Read();
  grpc::Status Finish();

 private:
  bool Wait();

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// The answer to one grpc.health.v1 Check, serialized: "\x08\x01" is SERVING,
// "\x08\x02" NOT_SERVING.
std::string CheckHealth(const std::string& address);

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_SERVICE_HARNESS_H_
