// A server and a client of Riva.
#ifndef OIDO_TESTS_SUPPORT_RIVA_CLIENT_H_
#define OIDO_TESTS_SUPPORT_RIVA_CLIENT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "riva/asr.grpc.pb.h"
#include "tests/support/foreign_call.h"
#include "tests/support/service_harness.h"

namespace oido::test {

namespace riva = nvidia::riva::asr;
using RivaRequest = riva::StreamingRecognizeRequest;
using RivaResponse = riva::StreamingRecognizeResponse;

inline RivaRequest RivaConfig() {
  RivaRequest request;
  riva::StreamingRecognitionConfig* streaming =
      request.mutable_streaming_config();
  streaming->set_interim_results(true);
  riva::RecognitionConfig* config = streaming->mutable_config();
  config->set_encoding(nvidia::riva::LINEAR_PCM);
  config->set_sample_rate_hertz(16000);
  config->set_language_code("en-US");
  config->set_max_alternatives(1);
  config->set_enable_word_time_offsets(true);
  return request;
}

inline RivaRequest RivaAudio(const std::string& bytes) {
  RivaRequest request;
  request.set_audio_content(bytes);
  return request;
}

inline std::vector<RivaRequest> RivaRequests(const std::string& audio,
                                             size_t piece_bytes) {
  std::vector<RivaRequest> requests = {RivaConfig()};
  for (size_t begin = 0; begin < audio.size(); begin += piece_bytes)
    requests.push_back(RivaAudio(audio.substr(begin, piece_bytes)));
  return requests;
}

class RivaTest : public testing::Test {
 protected:
  // Whatever a client did, the next one is served.
  ~RivaTest() override {
    const auto stream = Talk(RivaRequests(MakeAudio(1, 1000), 640));
    EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
    EXPECT_FALSE(FinalText(stream.responses).empty());
  }

  ForeignStream<RivaResponse> Talk(const std::vector<RivaRequest>& requests) {
    return StreamAll<RivaResponse>(stub_.get(), requests);
  }

  // Of the native service.
  std::vector<v1::StreamingRecognizeResponse> Native(const std::string& audio) {
    const auto stub = server_.NewStub();
    ClientStream stream(stub.get());
    stream.Send(ConfigRequest());
    stream.SendPieces(audio, 640);
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.responses();
  }

  TestServer server_;
  std::unique_ptr<riva::RivaSpeechRecognition::Stub> stub_ =
      riva::RivaSpeechRecognition::NewStub(Connect(server_.address()));
};

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_RIVA_CLIENT_H_
