// GrpcTransport against a scripted server: what travels, what comes back, what
// is left behind.
#include "client/load/grpc_transport.h"

#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scripted_server.h"

namespace oido::load {
namespace {

using client::ScriptedServer;
using client::ServerStream;
using testing::ElementsAre;

class Listener : public StreamListener {
 public:
  void OnHeard(const Heard& response) override { heard.push_back(response); }
  void OnEnd(const absl::Status& status) override { end = status; }

  std::vector<Heard> heard;
  std::optional<absl::Status> end;
};

std::unique_ptr<GrpcTransport> Connect(const ScriptedServer& server,
                                       int connections) {
  GrpcTransportOptions options;
  options.server.address = server.address();
  options.wanted.mutable_config()->set_model("a-model");
  options.connections = connections;
  options.connect_timeout = absl::Seconds(60);
  auto transport = GrpcTransport::Create(options);
  EXPECT_TRUE(transport.ok()) << transport.status();
  return *std::move(transport);
}

void PollUntilEnd(Transport& transport, const Listener& listener) {
  while (!listener.end.has_value()) {
    transport.Poll(transport.Now() + absl::Seconds(1));
  }
}

const StreamSetup kSetup = {16000, "load-1-2"};

TEST(GrpcTransportTest, CarriesMessagesInTheirOrder) {
  std::vector<v1::StreamingRecognizeRequest> requests;
  ScriptedServer server([&](grpc::ServerContext&, ServerStream& stream) {
    v1::StreamingRecognizeRequest request;
    while (stream.Read(&request)) requests.push_back(request);
    return grpc::Status::OK;
  });
  const std::string audio("\0\xff samples", 10);
  const std::string more(40000, 'x');
  Listener listener;
  {
    const auto transport = Connect(server, 1);
    LoadStream* const stream = transport->Open(kSetup, &listener);
    stream->SendAudio(audio);
    stream->SendProbe(17);
    stream->SendAudio(more);
    EXPECT_GT(stream->waiting(), 0u);
    stream->CloseAudio();
    PollUntilEnd(*transport, listener);
  }
  EXPECT_TRUE(listener.end->ok());
  server.Stop();
  ASSERT_EQ(requests.size(), 4u);
  const v1::StreamingRecognitionConfig& config = requests[0].streaming_config();
  EXPECT_EQ(config.request_id(), "load-1-2");
  EXPECT_TRUE(config.interim_results());
  EXPECT_EQ(config.config().encoding(), v1::LINEAR16);
  EXPECT_EQ(config.config().sample_rate_hertz(), 16000);
  EXPECT_EQ(config.config().model(), "a-model");
  EXPECT_EQ(requests[1].audio_content(), audio);
  EXPECT_EQ(requests[2].control().marker().id(), "17");
  EXPECT_TRUE(requests[3].audio_content() == more);
}

TEST(GrpcTransportTest, TellsWhatResponsesSay) {
  ScriptedServer server([&](grpc::ServerContext&, ServerStream& stream) {
    v1::StreamingRecognizeResponse response = client::Final("done ");
    response.mutable_audio_processed()->set_seconds(2);
    response.mutable_audio_processed()->set_nanos(500000000);
    response.add_markers("3");
    response.add_markers("not a number");
    response.add_results()->add_alternatives()->set_transcript("going");
    response.add_results()->add_alternatives()->set_transcript(" on");
    stream.Write(response);
    stream.Write(v1::StreamingRecognizeResponse());
    v1::StreamingRecognizeRequest request;
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  });
  const auto transport = Connect(server, 1);
  Listener listener;
  transport->Open(kSetup, &listener)->CloseAudio();
  PollUntilEnd(*transport, listener);
  ASSERT_EQ(listener.heard.size(), 2u);
  EXPECT_EQ(listener.heard[0].audio_processed, absl::Seconds(2.5));
  EXPECT_THAT(listener.heard[0].probes, ElementsAre(3));
  EXPECT_TRUE(listener.heard[0].has_final);
  EXPECT_EQ(listener.heard[0].final_text, "done ");
  EXPECT_EQ(listener.heard[0].interim_text, "going on");
  EXPECT_FALSE(listener.heard[1].has_results);
  EXPECT_FALSE(listener.heard[1].has_final);
  EXPECT_EQ(listener.heard[1].final_text, "");
}

TEST(GrpcTransportTest, TellsWhyAStreamEnded) {
  ScriptedServer server([&](grpc::ServerContext&, ServerStream&) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
  });
  const auto transport = Connect(server, 1);
  Listener listener;
  LoadStream* const stream = transport->Open(kSetup, &listener);
  const std::string audio(3200, 'x');
  stream->SendAudio(audio);
  PollUntilEnd(*transport, listener);
  EXPECT_EQ(*listener.end, absl::ResourceExhaustedError("full"));
}

TEST(GrpcTransportTest, NothingIsHeardOfAnAbandonedStream) {
  std::latch cancelled(1);
  ScriptedServer server([&](grpc::ServerContext& context, ServerStream& s) {
    s.Write(client::Final("words"));
    while (!context.IsCancelled()) std::this_thread::yield();
    cancelled.count_down();
    return grpc::Status::CANCELLED;
  });
  const auto transport = Connect(server, 1);
  Listener listener;
  LoadStream* const stream = transport->Open(kSetup, &listener);
  while (listener.heard.empty()) {
    transport->Poll(transport->Now() + absl::Seconds(1));
  }
  stream->Abandon();
  while (!cancelled.try_wait()) {
    transport->Poll(transport->Now() + absl::Milliseconds(10));
  }
  EXPECT_FALSE(listener.end.has_value());
}

TEST(GrpcTransportTest, ManyStreamsShareItsConnections) {
  std::mutex mutex;
  std::set<std::string> peers;
  ScriptedServer server([&](grpc::ServerContext& context, ServerStream& s) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      peers.insert(context.peer());
    }
    v1::StreamingRecognizeRequest request;
    while (s.Read(&request)) {
    }
    return grpc::Status::OK;
  });
  const auto transport = Connect(server, 3);
  std::vector<Listener> listeners(12);
  for (Listener& listener : listeners) {
    transport->Open(kSetup, &listener)->CloseAudio();
  }
  for (const Listener& listener : listeners) {
    PollUntilEnd(*transport, listener);
    EXPECT_TRUE(listener.end->ok());
  }
  const std::lock_guard<std::mutex> lock(mutex);
  EXPECT_EQ(peers.size(), 3u);
}

TEST(GrpcTransportTest, PollWaitsNoLongerThanItMay) {
  ScriptedServer server(
      [](grpc::ServerContext&, ServerStream&) { return grpc::Status::OK; });
  const auto transport = Connect(server, 1);
  const absl::Duration until = transport->Now() + absl::Milliseconds(5);
  while (transport->Now() < until) transport->Poll(until);
  transport->Poll(until - absl::Seconds(1));
}

// The destructor cancels what is still open.
TEST(GrpcTransportTest, OpenStreamsEndWithIt) {
  std::latch cancelled(1);
  ScriptedServer server([&](grpc::ServerContext& context, ServerStream&) {
    while (!context.IsCancelled()) std::this_thread::yield();
    cancelled.count_down();
    return grpc::Status::CANCELLED;
  });
  Listener listener;
  {
    const auto transport = Connect(server, 1);
    transport->Open(kSetup, &listener);
  }
  EXPECT_FALSE(listener.end.has_value());
}

TEST(GrpcTransportTest, NoServerIsUnavailable) {
  GrpcTransportOptions options;
  {
    ScriptedServer server(
        [](grpc::ServerContext&, ServerStream&) { return grpc::Status::OK; });
    options.server.address = server.address();
  }
  EXPECT_EQ(GrpcTransport::Create(options).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace oido::load
