// A long recording, joined from several with pauses between, with the shipped
// model: endpoints cut the text and change none of it.
//
// Recordings: as real_speech_test's.
#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "oido/v1/speech.grpc.pb.h"
#include "server/server.h"

namespace oido {
namespace {

constexpr char kLibrivox[] = "/usr/share/pocketsphinx/test/data/librivox/";
constexpr char kPrompts[] = "/usr/share/asterisk/sounds/en_US_f_Allison/";
constexpr size_t kHeaderBytes = 44;

std::string Samples(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing: ./setup installs its package";
  const std::string wav(std::istreambuf_iterator<char>(file), {});
  return wav.size() > kHeaderBytes ? wav.substr(kHeaderBytes) : "";
}

// Each sample twice: 8 kHz to 16 kHz.
std::string Doubled(const std::string& samples) {
  std::string result;
  for (size_t i = 0; i + 1 < samples.size(); i += 2) {
    for (int copy = 0; copy < 2; ++copy) result.append(samples, i, 2);
  }
  return result;
}

// LINEAR16 at 16 kHz.
std::string LongRecording() {
  std::set<std::string> sentences;
  for (const auto& entry : std::filesystem::directory_iterator(kLibrivox)) {
    if (entry.path().extension() == ".wav") sentences.insert(entry.path());
  }
  EXPECT_EQ(sentences.size(), 5u);
  const std::string prompts[] = {
      Doubled(Samples(absl::StrCat(kPrompts, "all-circuits-busy-now.wav"))),
      Doubled(Samples(absl::StrCat(kPrompts, "vm-goodbye.wav")))};
  std::string audio;
  int pause_ms = 700;  // shorter and longer than an endpoint's silence
  size_t count = 0;
  for (const std::string& sentence : sentences) {
    for (const std::string& part :
         {Samples(sentence), prompts[count++ % std::size(prompts)]}) {
      audio += part + std::string(static_cast<size_t>(pause_ms) * 32, '\0');
      pause_ms += 200;
    }
  }
  return audio;
}

struct Outcome {
  int finals = 0;
  std::string text;   // joined as it came
  std::string words;  // with times and confidences
};

class EndpointEquality : public testing::Test {
 protected:
  void SetUp() override {
    auto bundles = server::FindBundles(OIDO_MODELS_DIR);
    ASSERT_TRUE(bundles.ok()) << bundles.status();
    auto models = server::ModelSet::Load(*bundles);
    ASSERT_TRUE(models.ok()) << models.status();
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.models = *bundles;
    options.admission_utilization = 0;
    options.latency_target_ms = 0;
    auto started = server::Server::Start(options, *std::move(models), &clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    stub_ = v1::SpeechRecognizer::NewStub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
  }

  Outcome Recognize(const std::string& audio, v1::DecodingConfig::Method method,
                    const v1::EndpointingConfig& endpointing) {
    grpc::ClientContext context;
    const auto stream = stub_->StreamingRecognize(&context);
    v1::StreamingRecognizeRequest request;
    auto& streaming = *request.mutable_streaming_config();
    *streaming.mutable_endpointing() = endpointing;
    auto& config = *streaming.mutable_config();
    config.mutable_decoding()->set_method(method);
    config.set_encoding(v1::LINEAR16);
    config.set_sample_rate_hertz(16000);
    config.set_enable_word_time_offsets(true);
    config.set_enable_word_confidence(true);
    stream->Write(request);
    for (size_t begin = 0; begin < audio.size(); begin += 32000) {
      request.set_audio_content(audio.substr(begin, 32000));
      stream->Write(request);
    }
    stream->WritesDone();
    Outcome outcome;
    for (v1::StreamingRecognizeResponse response; stream->Read(&response);) {
      for (const auto& result : response.results()) {
        ++outcome.finals;
        outcome.text += result.alternatives(0).transcript();
        for (const auto& word : result.alternatives(0).words())
          outcome.words += word.DebugString();
      }
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return outcome;
  }

  server::SteadyClock clock_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_;
};

TEST_F(EndpointEquality, TheTextIsTheSameWithAndWithoutEndpoints) {
  const std::string audio = LongRecording();
  v1::EndpointingConfig off;
  off.set_off(true);
  for (const auto method :
       {v1::DecodingConfig::WORDS, v1::DecodingConfig::OPEN_VOCABULARY,
        v1::DecodingConfig::LETTERS}) {
    const Outcome cut = Recognize(audio, method, {});
    const Outcome whole = Recognize(audio, method, off);
    EXPECT_EQ(whole.finals, 1);
    EXPECT_GE(cut.finals, 8);
    EXPECT_EQ(cut.text, whole.text);
    EXPECT_EQ(cut.words, whole.words);
  }
}

}  // namespace
}  // namespace oido
