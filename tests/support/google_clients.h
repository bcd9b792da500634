// A server and clients of Google Speech-to-Text, both versions.
#ifndef OIDO_TESTS_SUPPORT_GOOGLE_CLIENTS_H_
#define OIDO_TESTS_SUPPORT_GOOGLE_CLIENTS_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google_speech/v1.grpc.pb.h"
#include "google_speech/v2.grpc.pb.h"
#include "tests/support/foreign_call.h"
#include "tests/support/service_harness.h"

namespace oido::test {

namespace gv1 = google::cloud::speech::v1;
namespace gv2 = google::cloud::speech::v2;

inline constexpr char kRecognizer[] =
    "projects/p/locations/global/recognizers/_";

inline gv1::StreamingRecognizeRequest V1Config() {
  gv1::StreamingRecognizeRequest request;
  gv1::RecognitionConfig* config =
      request.mutable_streaming_config()->mutable_config();
  config->set_encoding(gv1::RecognitionConfig::LINEAR16);
  config->set_sample_rate_hertz(16000);
  config->set_language_code("en-US");
  config->set_enable_word_time_offsets(true);
  return request;
}

inline gv1::StreamingRecognizeRequest V1Audio(const std::string& bytes) {
  gv1::StreamingRecognizeRequest request;
  request.set_audio_content(bytes);
  return request;
}

inline gv2::StreamingRecognizeRequest V2Config() {
  gv2::StreamingRecognizeRequest request;
  request.set_recognizer(kRecognizer);
  gv2::RecognitionConfig* config =
      request.mutable_streaming_config()->mutable_config();
  gv2::ExplicitDecodingConfig* decoding =
      config->mutable_explicit_decoding_config();
  decoding->set_encoding(gv2::ExplicitDecodingConfig::LINEAR16);
  decoding->set_sample_rate_hertz(16000);
  config->add_language_codes("en-US");
  config->mutable_features()->set_enable_word_time_offsets(true);
  return request;
}

inline gv2::StreamingRecognizeRequest V2Audio(const std::string& bytes) {
  gv2::StreamingRecognizeRequest request;
  request.set_audio(bytes);
  return request;
}

class GoogleTest : public testing::Test {
 protected:
  // Whatever a client did, the next one is served.
  ~GoogleTest() override {
    const std::string audio = MakeAudio(1, 1000);
    const auto stream = V1Talk({V1Config(), V1Audio(audio)});
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_EQ(FinalText(stream.responses), FinalText(Native(audio)));
  }

  ForeignStream<gv1::StreamingRecognizeResponse> V1Talk(
      const std::vector<gv1::StreamingRecognizeRequest>& requests) {
    return StreamAll<gv1::StreamingRecognizeResponse>(v1_.get(), requests);
  }
  ForeignStream<gv2::StreamingRecognizeResponse> V2Talk(
      const std::vector<gv2::StreamingRecognizeRequest>& requests) {
    return StreamAll<gv2::StreamingRecognizeResponse>(v2_.get(), requests);
  }

  // Of the native service.
  std::vector<v1::StreamingRecognizeResponse> Native(
      const std::string& audio,
      const std::function<void(v1::StreamingRecognitionConfig*)>& change = {}) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    v1::StreamingRecognizeRequest config = ConfigRequest();
    if (change) change(config.mutable_streaming_config());
    stream.Send(config);
    stream.SendPieces(audio, 640);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.responses();
  }

  TestServer server_;
  std::unique_ptr<gv1::Speech::Stub> v1_ =
      gv1::Speech::NewStub(Connect(server_.address()));
  std::unique_ptr<gv2::Speech::Stub> v2_ =
      gv2::Speech::NewStub(Connect(server_.address()));
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_GOOGLE_CLIENTS_H_
