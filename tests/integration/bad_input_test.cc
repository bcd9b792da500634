// Everything a client can do wrong, each followed by a good stream on the same
// server.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "google_rpc/error_details.pb.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// More than ClientGoneAtEveryPoint opens: the server may hear of a stream and
// of its end long after the client has dropped it.
constexpr int kMaxStreams = 8;
constexpr int kMaxStreamingBytes = 40000;
constexpr int kMaxUnaryBytes = 100000;

server::ServerOptions SmallLimits() {
  server::ServerOptions options;
  options.max_streams = kMaxStreams;
  options.max_streaming_message_bytes = kMaxStreamingBytes;
  options.max_unary_message_bytes = kMaxUnaryBytes;
  return options;
}

class BadInputTest : public testing::Test {
 protected:
  BadInputTest() : good_finals_(GoodStream()) {}

  // After each bad one, and nothing of it may be left.
  ~BadInputTest() override {
    EXPECT_TRUE(server_.server().registry().WaitUntilEmpty(absl::Minutes(2)));
    EXPECT_EQ(GoodStream(), good_finals_);
    EXPECT_FALSE(good_finals_.empty());
  }

  std::string GoodStream() {
    ClientStream stream(stub_.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(MakeAudio(1, 1000), 640);
    stream.HalfClose();
    const grpc::Status status = stream.Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return stream.Finals();
  }

  grpc::Status Send(
      const std::vector<v1::StreamingRecognizeRequest>& requests) {
    ClientStream stream(stub_.get());
    for (const auto& request : requests) stream.Send(request);
    stream.HalfClose();
    return stream.Finish();
  }

  grpc::Status SendConfig(const v1::RecognitionConfig& config) {
    v1::StreamingRecognizeRequest request;
    *request.mutable_streaming_config()->mutable_config() = config;
    return Send({request});
  }

  grpc::Status Recognize(const v1::RecognizeRequest& request) {
    grpc::ClientContext context;
    v1::RecognizeResponse response;
    return stub_->Recognize(&context, request, &response);
  }

  TestServer server_{SmallLimits()};
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_ = server_.NewStub();
  const std::string good_finals_;
};

void ExpectInvalid(const grpc::Status& status, const std::string& field) {
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
      << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr(field));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::BadRequest detail;
  ASSERT_EQ(details.details_size(), 1);
  ASSERT_TRUE(details.details(0).UnpackTo(&detail));
  EXPECT_EQ(detail.field_violations(0).field(), field);
}

TEST_F(BadInputTest, AudioBeforeTheConfiguration) {
  ExpectInvalid(Send({AudioRequest("abcd")}), "streaming_config");
}

TEST_F(BadInputTest, ControlBeforeTheConfiguration) {
  v1::StreamingRecognizeRequest request;
  request.mutable_control()->mutable_finalize();
  ExpectInvalid(Send({request}), "streaming_config");
}

TEST_F(BadInputTest, ConfigurationTwice) {
  ExpectInvalid(
      Send({ConfigRequest(), AudioRequest(MakeAudio(1, 100)), ConfigRequest()}),
      "streaming_config");
}

TEST_F(BadInputTest, HalfCloseAtOnce) {
  ExpectInvalid(Send({}), "streaming_config");
}

TEST_F(BadInputTest, NeitherConfigurationNorAudioNorControl) {
  ExpectInvalid(Send({ConfigRequest(), {}}), "request");
}

TEST_F(BadInputTest, EmptyStreamIsFine) {
  EXPECT_TRUE(Send({ConfigRequest()}).ok());
  EXPECT_TRUE(Send({ConfigRequest(), AudioRequest("")}).ok());
}

TEST_F(BadInputTest, WrongRateEncodingChannelsOrLanguage) {
  v1::RecognitionConfig good = ConfigRequest().streaming_config().config();
  v1::RecognitionConfig config = good;
  config.set_sample_rate_hertz(4000);
  ExpectInvalid(SendConfig(config),
                "streaming_config.config.sample_rate_hertz");
  config = good;
  config.set_encoding(static_cast<v1::AudioEncoding>(99));
  ExpectInvalid(SendConfig(config), "streaming_config.config.encoding");
  config = good;
  config.set_audio_channel_count(9);
  ExpectInvalid(SendConfig(config),
                "streaming_config.config.audio_channel_count");
  config = good;
  config.set_language_code("de-DE");
  ExpectInvalid(SendConfig(config), "streaming_config.config.language_code");
}

TEST_F(BadInputTest, UnknownModel) {
  v1::RecognitionConfig config = ConfigRequest().streaming_config().config();
  config.set_model("hal-9000");
  const grpc::Status status = SendConfig(config);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("hal-9000"), HasSubstr("babble")));
}

TEST_F(BadInputTest, OddByteCountAtTheEnd) {
  ClientStream stream(stub_.get());
  stream.Send(ConfigRequest());
  stream.SendPieces(MakeAudio(1, 1000) + "x", 641);
  stream.HalfClose();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(stream.Finals(), good_finals_);
}

TEST_F(BadInputTest, BytesThatAreNoWav) {
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()->mutable_config()->set_encoding(
      v1::AUDIO_ENCODING_UNSPECIFIED);
  EXPECT_EQ(Send({config, AudioRequest(std::string(1000, 'x'))}).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Send({config, AudioRequest("RIFF")}).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(BadInputTest, NoiseOfAnyBytesIsAudio) {
  std::mt19937 random(1);
  std::string noise;
  for (int i = 0; i < 30000; ++i) noise.push_back(static_cast<char>(random()));
  EXPECT_TRUE(Send({ConfigRequest(), AudioRequest(noise)}).ok());
}

TEST_F(BadInputTest, OversizedAudioMessage) {
  const grpc::Status status = Send(
      {ConfigRequest(), AudioRequest(std::string(kMaxStreamingBytes + 1, 0))});
  ExpectInvalid(status, "audio_content");
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("40001"), HasSubstr("40000")));
}

TEST_F(BadInputTest, MessageTooLargeForGrpc) {
  EXPECT_EQ(Send({ConfigRequest(), AudioRequest(std::string(1 << 20, 0))})
                .error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(BadInputTest, LongIds) {
  v1::StreamingRecognizeRequest config = ConfigRequest();
  config.mutable_streaming_config()->set_request_id(std::string(129, 'x'));
  ExpectInvalid(Send({config}), "streaming_config.request_id");
  v1::StreamingRecognizeRequest marker;
  marker.mutable_control()->mutable_marker()->set_id(std::string(129, 'x'));
  ExpectInvalid(Send({ConfigRequest(), marker}), "control.marker.id");
}

TEST_F(BadInputTest, GarbageInsteadOfAMessage) {
  for (const bool configured : {false, true}) {
    RawCall call(server_.address(),
                 "/oido.v1.SpeechRecognizer/StreamingRecognize");
    if (configured) {
      ASSERT_TRUE(call.Send(ConfigRequest().SerializeAsString()));
    }
    ASSERT_TRUE(call.Send("\xff\xfe garbage"));
    EXPECT_FALSE(call.Read().has_value());
    const grpc::Status status = call.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(),
                HasSubstr("oido.v1.StreamingRecognizeRequest"));
  }
}

TEST_F(BadInputTest, GarbageInsteadOfHttp2) {
  std::mt19937 random(2);
  const std::string address = server_.address();
  const auto port =
      static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  for (const size_t size : {0, 1, 24, 5000}) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)),
              0);
    // The second round begins like HTTP/2 and goes on with noise.
    std::string bytes = size == 5000 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
    while (bytes.size() < size) bytes.push_back(static_cast<char>(random()));
    EXPECT_GE(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
    close(fd);
  }
}

TEST_F(BadInputTest, ClientGoneMidStream) {
  ClientStream stream(stub_.get());
  stream.Send(ConfigRequest());
  stream.SendPieces(MakeAudio(2, 3000), 3200);
  ASSERT_TRUE(stream.Sync());
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(BadInputTest, ClientGoneAtEveryPoint) {
  for (int point = 0; point < 5; ++point) {
    ClientStream stream(stub_.get());
    if (point >= 1) stream.Send(ConfigRequest());
    if (point >= 2) stream.Send(AudioRequest(MakeAudio(2, 1000)));
    if (point >= 3) stream.Send(AudioRequest(MakeAudio(3, 1000)));
    if (point >= 4) stream.HalfClose();
    stream.Cancel();
    stream.Finish();
    EXPECT_TRUE(server_.server().registry().WaitUntilEmpty(absl::Minutes(2)));
  }
}

TEST_F(BadInputTest, ConnectionThatBreaksMidStream) {
  {
    RawCall call(server_.address(),
                 "/oido.v1.SpeechRecognizer/StreamingRecognize");
    ASSERT_TRUE(call.Send(ConfigRequest().SerializeAsString()));
    ASSERT_TRUE(
        call.Send(AudioRequest(MakeAudio(2, 1000)).SerializeAsString()));
  }
  EXPECT_TRUE(server_.server().registry().WaitUntilEmpty(absl::Minutes(2)));
}

TEST_F(BadInputTest, OneStreamTooMany) {
  std::vector<std::unique_ptr<ClientStream>> streams;
  for (int i = 0; i < kMaxStreams; ++i) {
    streams.push_back(std::make_unique<ClientStream>(stub_.get()));
    streams.back()->Send(ConfigRequest());
    ASSERT_TRUE(streams.back()->Sync());
  }
  const grpc::Status refused = Send({ConfigRequest()});
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(),
              HasSubstr(absl::StrCat("limit ", kMaxStreams)));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(refused.error_details()));
  google::rpc::RetryInfo detail;
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details(0).UnpackTo(&detail));
  for (const auto& stream : streams) {
    stream->HalfClose();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

// The tiniest share of a worker: one stream fits, because one always does.
TEST(LoadTest, AStreamTooManyForTheMachineIsToldWhenToComeBack) {
  server::ServerOptions options;
  options.admission_utilization = 1e-9;
  TestServer server(options);
  const auto stub = server.NewStub();
  ClientStream first(stub.get());
  first.Send(ConfigRequest());
  ASSERT_TRUE(first.Sync());
  ClientStream second(stub.get());
  second.Send(ConfigRequest());
  const grpc::Status refused = second.Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("1 streams are active"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(refused.error_details()));
  google::rpc::RetryInfo detail;
  ASSERT_EQ(details.details_size(), 1);
  ASSERT_TRUE(details.details(0).UnpackTo(&detail));
  EXPECT_GT(detail.retry_delay().seconds(), 0);
  // A recording may wait.
  v1::RecognizeRequest request;
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  request.set_audio_content(MakeAudio(1, 300));
  v1::RecognizeResponse response;
  grpc::ClientContext context;
  EXPECT_TRUE(stub->Recognize(&context, request, &response).ok());
  first.HalfClose();
  EXPECT_TRUE(first.Finish().ok());
}

TEST_F(BadInputTest, UnaryRequests) {
  v1::RecognizeRequest request;
  ExpectInvalid(Recognize(request), "config");
  *request.mutable_config() = ConfigRequest().streaming_config().config();
  EXPECT_TRUE(Recognize(request).ok());
  request.set_audio_content("abc");
  EXPECT_EQ(Recognize(request).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_audio_content(std::string(kMaxUnaryBytes + 1, 0));
  const grpc::Status too_large = Recognize(request);
  ExpectInvalid(too_large, "audio_content");
  EXPECT_THAT(too_large.error_message(), HasSubstr("100000"));
  request.set_audio_content(std::string(1 << 20, 0));
  EXPECT_EQ(Recognize(request).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  request.clear_audio_content();
  request.mutable_config()->set_sample_rate_hertz(1);
  ExpectInvalid(Recognize(request), "config.sample_rate_hertz");
}

TEST(IdleTest, StreamThatSendsNothingIsEnded) {
  server::ServerOptions options;
  options.idle_timeout_seconds = 1;
  TestServer server(options);
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(),
              testing::StartsWith("Audio Timeout Error: "));
}

TEST(TooLongTest, StreamPastTheLimitIsEnded) {
  server::ServerOptions options;
  options.max_stream_seconds = 2;
  TestServer server(options);
  const auto stub = server.NewStub();
  ClientStream stream(stub.get());
  stream.Send(ConfigRequest());
  stream.SendPieces(MakeAudio(1, 3000), 640);
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(),
            "Exceeded maximum allowed stream duration of 2 seconds.");
  EXPECT_FALSE(stream.Finals().empty());
}

}  // namespace
}  // namespace oido::test
