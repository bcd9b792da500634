// Streams recorded human speech through the whole service with the shipped
// model: recognisable words, the same ones for every chunking and company.
//
// Recordings: LibriVox sentences of Debian's pocketsphinx-testdata (16 kHz; the
// reader is in no training set) and a telephone prompt of Debian's
// asterisk-core-sounds-en-wav (8 kHz; its voice is in the training set, so no
// word of it is scored).
#include <grpcpp/grpcpp.h>
#include <sndfile.h>

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/edit_distance.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "oido/v1/speech.grpc.pb.h"
#include "server/server.h"
#include "tests/support/encoded_audio.h"

namespace oido {
namespace {

constexpr char kLibrivox[] = "/usr/share/pocketsphinx/test/data/librivox/";
constexpr char kShortSentence[] = "sense_and_sensibility_01_austen_64kb-0880";
constexpr char kSentenceWithName[] =
    "sense_and_sensibility_01_austen_64kb-0870";
constexpr char kTelephonePrompt[] =
    "/usr/share/asterisk/sounds/en_US_f_Allison/all-circuits-busy-now.wav";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " is missing: ./setup installs its package";
  return {std::istreambuf_iterator<char>(file), {}};
}

// Sentence id -> text, from lines such as "<s> he was not </s> (ID)".
std::map<std::string, std::string> LibrivoxTexts() {
  std::map<std::string, std::string> texts;
  std::ifstream file(absl::StrCat(kLibrivox, "transcription"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> parts = absl::StrSplit(
        absl::StripSuffix(absl::StripPrefix(line, "<s> "), ")"), " </s> (");
    if (parts.size() == 2) texts[parts[1]] = parts[0];
  }
  return texts;
}

std::string LibrivoxFile(const std::string& id) {
  return absl::StrCat(kLibrivox, id, ".wav");
}

// Everything a client may rely on in the final results of one stream.
struct Finals {
  std::string text;     // joined as they came
  std::string details;  // results as text: times, words and confidences
  grpc::Status status;
};

class RealSpeech : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto bundles = server::FindBundles(OIDO_MODELS_DIR);
    ASSERT_TRUE(bundles.ok()) << bundles.status();
    auto models = server::ModelSet::Load(*bundles);
    ASSERT_TRUE(models.ok()) << models.status();
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.models = *bundles;
    // What is said does not depend on how busy the machine is.
    options.admission_utilization = 0;
    options.latency_target_ms = 0;
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

  // Streams a WAV file as it is, in messages of `chunk_bytes`.
  static Finals Stream(const std::string& wav, size_t chunk_bytes,
                       v1::DecodingConfig::Method method =
                           v1::DecodingConfig::METHOD_UNSPECIFIED) {
    v1::RecognitionConfig config;
    config.mutable_decoding()->set_method(method);
    return Stream(wav, chunk_bytes, config);
  }

  static Finals Stream(const std::string& wav, size_t chunk_bytes,
                       const v1::RecognitionConfig& wanted) {
    const auto stub = v1::SpeechRecognizer::NewStub(channel_);
    grpc::ClientContext context;
    const auto stream = stub->StreamingRecognize(&context);
    std::thread writer([&] {
      v1::StreamingRecognizeRequest request;
      auto& config = *request.mutable_streaming_config()->mutable_config();
      config = wanted;
      config.set_enable_word_time_offsets(true);
      config.set_enable_word_confidence(true);
      config.set_max_alternatives(3);
      stream->Write(request);
      for (size_t begin = 0; begin < wav.size(); begin += chunk_bytes) {
        request.set_audio_content(wav.substr(begin, chunk_bytes));
        if (!stream->Write(request)) break;
      }
      stream->WritesDone();
    });
    Finals finals;
    for (v1::StreamingRecognizeResponse response; stream->Read(&response);) {
      for (const auto& result : response.results()) {
        EXPECT_TRUE(result.is_final()) << "interim_results is off";
        EXPECT_LE(result.alternatives_size(), 3);
        finals.text += result.alternatives(0).transcript();
        finals.details += result.DebugString();
      }
    }
    writer.join();
    finals.status = stream->Finish();
    return finals;
  }

  static void ExpectTheSame(const Finals& finals, const Finals& expected) {
    EXPECT_TRUE(finals.status.ok()) << finals.status.error_message();
    EXPECT_EQ(finals.details, expected.details);
  }

  // One message; a byte a message; odd, so that samples are cut; 20 ms.
  static void ExpectNoChunkingMatters(const std::string& wav,
                                      size_t bytes_per_20_ms) {
    const Finals whole = Stream(wav, wav.size());
    ASSERT_TRUE(whole.status.ok()) << whole.status.error_message();
    EXPECT_FALSE(whole.text.empty());
    for (const size_t chunk_bytes : {size_t{1}, size_t{333}, bytes_per_20_ms}) {
      SCOPED_TRACE(absl::StrCat("chunks of ", chunk_bytes, " bytes"));
      ExpectTheSame(Stream(wav, chunk_bytes), whole);
    }
  }

  static inline server::SteadyClock clock_;
  static inline server::Server* server_ = nullptr;
  static inline std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(RealSpeech, FourFifthsOfTheWordsOfLibrivoxSentencesAreRight) {
  client::ErrorCounts errors;
  for (const auto& [id, text] : LibrivoxTexts()) {
    const Finals finals = Stream(ReadFile(LibrivoxFile(id)), 3200);
    ASSERT_TRUE(finals.status.ok()) << finals.status.error_message();
    std::cout << "reference:  " << text << "\ntranscript: " << finals.text
              << "\n";
    errors += client::WordErrors(text, finals.text);
  }
  EXPECT_EQ(errors.reference, 71);
  std::cout << "WER " << 100.0 * errors.rate() << " % of " << errors.reference
            << " words\n";
  EXPECT_GE(5 * (errors.reference - errors.substitutions - errors.deletions),
            4 * errors.reference);
}

// Without lexicon and language model: it hears better than it spells.
TEST_F(RealSpeech, LettersAreAThirdOfTheWords) {
  client::ErrorCounts errors;
  for (const auto& [id, text] : LibrivoxTexts()) {
    const Finals finals =
        Stream(ReadFile(LibrivoxFile(id)), 3200, v1::DecodingConfig::LETTERS);
    ASSERT_TRUE(finals.status.ok()) << finals.status.error_message();
    errors += client::WordErrors(text, finals.text);
  }
  EXPECT_GE(3 * (errors.reference - errors.substitutions - errors.deletions),
            errors.reference);
}

// A name that no lexicon has comes out as its neighbours, unless the stream
// expects it, however it is told how to say it.
TEST_F(RealSpeech, ANameIsFoundOnlyWhereItIsAHotWord) {
  const std::string wav = ReadFile(LibrivoxFile(kSentenceWithName));
  const std::string other = ReadFile(LibrivoxFile(kShortSentence));
  const auto has_name = testing::HasSubstr(" john dashwoode had ");
  EXPECT_THAT(Stream(wav, 3200).text, testing::Not(has_name));
  v1::RecognitionConfig config;
  v1::HotWords& names = *config.add_hot_words();
  names.set_boost(8.0f);
  names.add_phrases("Dashwoode");
  names.add_phrases("Willoughbye");
  const Finals spelled = Stream(wav, 3200, config);
  EXPECT_TRUE(spelled.status.ok()) << spelled.status.error_message();
  EXPECT_THAT(spelled.text, has_name);
  ExpectTheSame(Stream(wav, 333, config), spelled);
  EXPECT_EQ(Stream(other, 3200, config).text, Stream(other, 3200).text);

  auto& said = *names.add_pronunciations();
  said.set_word("Dashwoode");
  said.set_phones("D AE1 SH W UH2 D");
  EXPECT_THAT(Stream(wav, 3200, config).text, has_name);
  said.set_phones("Z OY ZH");
  EXPECT_THAT(Stream(wav, 3200, config).text, testing::Not(has_name));
}

TEST_F(RealSpeech, ChunkingChangesNeitherWordsNorTimesNorConfidences) {
  ExpectNoChunkingMatters(ReadFile(LibrivoxFile(kShortSentence)), 640);
}

TEST_F(RealSpeech, ChunkingChangesNothingInTelephoneAudioEither) {
  ExpectNoChunkingMatters(ReadFile(kTelephonePrompt), 320);
}

TEST_F(RealSpeech, FlacSaysWhatTheWavFileSays) {
  const std::string path = LibrivoxFile(kShortSentence);
  const std::string flac =
      features::EncodeWithSndfile(features::ReadWithSndfile(path),
                                  SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  EXPECT_LT(flac.size(), ReadFile(path).size());
  const Finals finals = Stream(flac, 777);
  EXPECT_FALSE(finals.text.empty());
  ExpectTheSame(finals, Stream(ReadFile(path), 3200));
}

// What the ear hardly hears costs few words.
TEST_F(RealSpeech, LossyCodecsSayNearlyTheSame) {
  const auto expect_near = [](const Finals& finals, const Finals& expected) {
    ASSERT_TRUE(finals.status.ok()) << finals.status.error_message();
    const auto errors = client::WordErrors(expected.text, finals.text);
    EXPECT_LE(5 * errors.errors(), errors.reference)
        << finals.text << "\ninstead of" << expected.text;
  };
  const std::string path = LibrivoxFile(kSentenceWithName);
  expect_near(Stream(features::EncodeWithSndfile(
                         features::ReadWithSndfile(path),
                         SF_FORMAT_OGG | SF_FORMAT_OPUS),
                     777),
              Stream(ReadFile(path), 3200));
  const features::Audio telephone = features::ReadWithSndfile(kTelephonePrompt);
  for (const auto& [encoding, format] :
       {std::pair(v1::MULAW, SF_FORMAT_ULAW), {v1::ALAW, SF_FORMAT_ALAW}}) {
    v1::RecognitionConfig config;
    config.set_encoding(encoding);
    config.set_sample_rate_hertz(telephone.rate_hz);
    expect_near(Stream(features::EncodeWithSndfile(telephone,
                                                   SF_FORMAT_RAW | format),
                       333, config),
                Stream(ReadFile(kTelephonePrompt), 3200));
  }
}

TEST_F(RealSpeech, EightStreamsAtOnceSayWhatEachSaysAlone) {
  std::vector<std::string> recordings;
  for (const auto& [id, text] : LibrivoxTexts())
    recordings.push_back(ReadFile(LibrivoxFile(id)));
  ASSERT_EQ(recordings.size(), 5u);
  std::vector<Finals> alone;
  for (const std::string& wav : recordings) alone.push_back(Stream(wav, 3200));

  std::vector<Finals> together(8);
  std::vector<std::thread> clients;
  for (size_t i = 0; i < together.size(); ++i) {
    clients.emplace_back([&, i] {
      together[i] = Stream(recordings[i % recordings.size()], 640 + 2 * i);
    });
  }
  for (std::thread& client : clients) client.join();
  for (size_t i = 0; i < together.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("stream ", i));
    ExpectTheSame(together[i], alone[i % alone.size()]);
  }
}

}  // namespace
}  // namespace oido
