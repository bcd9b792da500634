// Behaviour of StreamingClient and Connect against a scripted server.
#include "client/streaming_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>
#include <thread>
#include <vector>

#include "client/connect.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scripted_server.h"

namespace oido::client {
namespace {

using testing::HasSubstr;

void IgnoreResponses(const v1::StreamingRecognizeResponse&) {}

// Reads until half-close or cancellation.
std::vector<v1::StreamingRecognizeRequest> ReadAll(ServerStream& stream) {
  std::vector<v1::StreamingRecognizeRequest> requests;
  v1::StreamingRecognizeRequest request;
  while (stream.Read(&request)) requests.push_back(request);
  return requests;
}

grpc::Status ReadEverything(grpc::ServerContext&, ServerStream& stream) {
  ReadAll(stream);
  return grpc::Status::OK;
}

grpc::Status WaitForCancellation(grpc::ServerContext& context, ServerStream&) {
  while (!context.IsCancelled()) std::this_thread::yield();
  return grpc::Status::CANCELLED;
}

TEST(StreamingClientTest, SendsConfigThenAudioAndControlsInTheirOrder) {
  std::vector<v1::StreamingRecognizeRequest> requests;
  ScriptedServer server([&](grpc::ServerContext&, ServerStream& stream) {
    requests = ReadAll(stream);
    return grpc::Status::OK;
  });
  v1::StreamingRecognitionConfig config;
  config.set_request_id("abc");
  StreamingClient client(server.channel(), config, IgnoreResponses);
  EXPECT_TRUE(client.Write("one").ok());
  EXPECT_TRUE(client.Marker("m").ok());
  EXPECT_TRUE(client.Finalize().ok());
  EXPECT_TRUE(client.Write(std::string("\0\xff", 2)).ok());
  EXPECT_TRUE(client.WritesDone().ok());
  EXPECT_TRUE(client.Finish().ok());

  server.Stop();
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_EQ(requests[0].streaming_config().request_id(), "abc");
  EXPECT_EQ(requests[1].audio_content(), "one");
  EXPECT_EQ(requests[2].control().marker().id(), "m");
  EXPECT_TRUE(requests[3].control().has_finalize());
  EXPECT_EQ(requests[4].audio_content(), std::string("\0\xff", 2));
}

TEST(StreamingClientTest, CutsLongBuffersIntoMessagesThatEveryServerTakes) {
  std::string received;
  size_t longest = 0;
  ScriptedServer server([&](grpc::ServerContext&, ServerStream& stream) {
    for (const auto& request : ReadAll(stream)) {
      received += request.audio_content();
      longest = std::max(longest, request.audio_content().size());
    }
    return grpc::Status::OK;
  });
  std::string audio(5 * StreamingClient::kMaxMessageBytes + 17, '\0');
  for (size_t i = 0; i < audio.size(); ++i)
    audio[i] = static_cast<char>(i % 251);
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  EXPECT_TRUE(client.Write(audio).ok());
  EXPECT_TRUE(client.Write("").ok());
  EXPECT_TRUE(client.Finish().ok());
  server.Stop();
  EXPECT_TRUE(received == audio);
  EXPECT_EQ(longest, StreamingClient::kMaxMessageBytes);
}

TEST(StreamingClientTest, DeliversAllResponsesBeforeFinishReturns) {
  ScriptedServer server([](grpc::ServerContext&, ServerStream& stream) {
    stream.Write(Final("early"));
    ReadAll(stream);
    for (int i = 0; i < 50; ++i) stream.Write(Final(absl::StrCat(i)));
    return grpc::Status::OK;
  });
  std::vector<std::string> transcripts;
  StreamingClient client(
      server.channel(), {}, [&](const v1::StreamingRecognizeResponse& r) {
        transcripts.push_back(r.results(0).alternatives(0).transcript());
      });
  EXPECT_TRUE(client.Finish().ok());
  ASSERT_EQ(transcripts.size(), 51u);
  EXPECT_EQ(transcripts.front(), "early");
  EXPECT_EQ(transcripts.back(), "49");
}

TEST(StreamingClientTest, ReturnsTheServersReasonFromWriteAndFinish) {
  ScriptedServer server([](grpc::ServerContext&, ServerStream&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "rate 7 Hz");
  });
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  absl::Status written = absl::OkStatus();
  while (written.ok()) written = client.Write("audio");
  EXPECT_EQ(written, absl::InvalidArgumentError("rate 7 Hz"));
  EXPECT_EQ(client.Finish(), written);
  EXPECT_EQ(client.Marker("m"), written);
  EXPECT_EQ(client.WritesDone(), written);
}

TEST(StreamingClientTest, WriteFailsWhenTheServerEndsWithOkTooEarly) {
  ScriptedServer server(
      [](grpc::ServerContext&, ServerStream&) { return grpc::Status::OK; });
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  absl::Status written = absl::OkStatus();
  while (written.ok()) written = client.Write("audio");
  EXPECT_EQ(written.code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(client.Finish().ok());
}

TEST(StreamingClientTest, RefusesAudioAfterWritesDone) {
  ScriptedServer server(ReadEverything);
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  EXPECT_TRUE(client.WritesDone().ok());
  EXPECT_TRUE(client.WritesDone().ok());
  EXPECT_EQ(client.Write("late").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(client.Finish().ok());
}

TEST(StreamingClientTest, CancelFromAnotherThreadEndsAWaitingFinish) {
  ScriptedServer server(WaitForCancellation);
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  std::thread canceller([&] { client.Cancel(); });
  EXPECT_EQ(client.Finish().code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST(StreamingClientTest, CancelEndsAWriteThatTheServerDoesNotTake) {
  ScriptedServer server(WaitForCancellation);
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  std::latch writing(1);
  std::thread canceller([&] {
    writing.wait();
    client.Cancel();
  });
  absl::Status written = absl::OkStatus();
  const std::string audio(1 << 20, 'a');
  while (written.ok()) {
    if (!writing.try_wait()) writing.count_down();
    written = client.Write(audio);
  }
  EXPECT_EQ(written.code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST(StreamingClientTest, CallbackMayCancel) {
  ScriptedServer server([](grpc::ServerContext& context, ServerStream& stream) {
    stream.Write(Final("enough"));
    return WaitForCancellation(context, stream);
  });
  StreamingClient* self = nullptr;
  std::latch created(1);
  StreamingClient client(server.channel(), {},
                         [&](const v1::StreamingRecognizeResponse&) {
                           created.wait();
                           self->Cancel();
                         });
  self = &client;
  created.count_down();
  EXPECT_EQ(client.Finish().code(), absl::StatusCode::kCancelled);
}

TEST(StreamingClientTest, DestructionCancelsAnUnfinishedStream) {
  std::latch cancelled(1);
  ScriptedServer server([&](grpc::ServerContext& context, ServerStream& s) {
    const grpc::Status status = WaitForCancellation(context, s);
    cancelled.count_down();
    return status;
  });
  { StreamingClient client(server.channel(), {}, IgnoreResponses); }
  cancelled.wait();
}

TEST(StreamingClientTest, ServerThatGoesAwayIsUnavailable) {
  std::latch started(1);
  ScriptedServer server([&](grpc::ServerContext& context, ServerStream& s) {
    started.count_down();
    return WaitForCancellation(context, s);
  });
  StreamingClient client(server.channel(), {}, IgnoreResponses);
  started.wait();
  server.Stop();
  EXPECT_FALSE(client.Finish().ok());
}

TEST(ConnectTest, ReachesAServerAndListsItsModels) {
  ScriptedServer server(ReadEverything);
  const auto channel = Connect(server.address(), absl::Seconds(60));
  ASSERT_TRUE(channel.ok()) << channel.status();
  const auto models = ListModels(*channel, absl::Seconds(60));
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_EQ(models->models(0).name(), "scripted");
}

// A loopback port that is bound and, if so wished, listening but never answers.
class MutePort {
 public:
  MutePort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, length), 0);
    EXPECT_EQ(getsockname(socket_, generic, &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~MutePort() { close(socket_); }
  void Listen() { EXPECT_EQ(listen(socket_, 4), 0); }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const int socket_;
  int port_ = 0;
};

TEST(ConnectTest, RefusalSaysHowToStartAServer) {
  const MutePort port;
  const auto channel = Connect(port.address(), absl::InfiniteDuration());
  EXPECT_EQ(channel.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(channel.status().message(),
              HasSubstr("start one with oido-server"));
}

TEST(ConnectTest, SilenceEndsAtTheTimeout) {
  MutePort port;
  port.Listen();
  const auto channel = Connect(port.address(), absl::Milliseconds(50));
  EXPECT_EQ(channel.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(channel.status().message(), HasSubstr("within 50ms"));
}

}  // namespace
}  // namespace oido::client
