// Recorded human speech in one message, by the shipped model for whole
// recordings: recognisable words, also beyond one of its windows.
//
// Recordings: LibriVox sentences of Debian's pocketsphinx-testdata (16 kHz; the
// reader is in no training set).
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "client/edit_distance.h"
#include "gtest/gtest.h"
#include "oido/v1/speech.grpc.pb.h"
#include "server/server.h"
#include "tests/support/librivox.h"

namespace oido {
namespace {

using test::LibrivoxFile;
using test::LibrivoxTexts;
using test::ReadRecording;

constexpr size_t kWavHeaderBytes = 44;

class RealRecording : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto bundles = server::FindBundles(OIDO_MODELS_DIR);
    ASSERT_TRUE(bundles.ok()) << bundles.status();
    auto models = server::ModelSet::Load(*bundles);
    ASSERT_TRUE(models.ok()) << models.status();
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.models = *bundles;
    auto started = server::Server::Start(options, *std::move(models), &clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started).release();
    channel_ = grpc::CreateChannel(server_->address(),
                                   grpc::InsecureChannelCredentials());
  }

  static void TearDownTestSuite() {
    channel_.reset();
    delete server_;
    server_ = nullptr;
  }

  // A recording in one message.
  static v1::RecognizeResponse Recognize(const std::string& audio,
                                         const v1::RecognitionConfig& config) {
    const auto stub = v1::SpeechRecognizer::NewStub(channel_);
    grpc::ClientContext context;
    v1::RecognizeRequest request;
    *request.mutable_config() = config;
    request.set_audio_content(audio);
    v1::RecognizeResponse response;
    const grpc::Status status = stub->Recognize(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  static std::string TextOf(const v1::RecognizeResponse& response) {
    std::string text;
    for (const auto& result : response.results())
      text += result.alternatives(0).transcript();
    return text;
  }

  static void ExpectFourFifths(const client::ErrorCounts& errors) {
    std::cout << "WER " << 100.0 * errors.rate() << " % of " << errors.reference
              << " words\n";
    EXPECT_GE(5 * (errors.reference - errors.substitutions - errors.deletions),
              4 * errors.reference);
  }

  static inline server::SteadyClock clock_;
  static inline server::Server* server_ = nullptr;
  static inline std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(RealRecording, RecordingsAreHeardByTheOfflineModel) {
  client::ErrorCounts errors;
  v1::RecognitionConfig offline, streaming;
  offline.set_model("oido-en-offline");
  streaming.set_model("oido-en");
  for (const auto& [id, text] : LibrivoxTexts()) {
    const std::string wav = ReadRecording(LibrivoxFile(id));
    const v1::RecognizeResponse response = Recognize(wav, {});
    EXPECT_EQ(response.DebugString(), Recognize(wav, offline).DebugString());
    EXPECT_NE(response.DebugString(), Recognize(wav, streaming).DebugString());
    std::cout << "transcript: " << TextOf(response) << "\n";
    errors += client::WordErrors(text, TextOf(response));
  }
  EXPECT_EQ(errors.reference, 71);
  ExpectFourFifths(errors);
}

// Longer than one of the windows in which a recording is heard.
TEST_F(RealRecording, ALongRecordingKeepsItsWords) {
  std::string samples, text;
  for (int round = 0; round < 2; ++round) {
    for (const auto& [id, sentence] : LibrivoxTexts()) {
      samples += ReadRecording(LibrivoxFile(id)).substr(kWavHeaderBytes);
      absl::StrAppend(&text, sentence, " ");
    }
  }
  v1::RecognitionConfig config;
  config.set_encoding(v1::LINEAR16);
  config.set_sample_rate_hertz(16000);
  const v1::RecognizeResponse response = Recognize(samples, config);
  EXPECT_GE(response.audio_processed().seconds(), 33);
  const client::ErrorCounts errors = client::WordErrors(text, TextOf(response));
  EXPECT_EQ(errors.reference, 142);
  ExpectFourFifths(errors);
}

}  // namespace
}  // namespace oido
