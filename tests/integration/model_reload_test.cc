// Models and options that are exchanged while streams run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/log.h"
#include "tests/support/google_clients.h"
#include "tests/support/riva_client.h"
#include "tests/support/scrape.h"
#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A bundle directory "babble" and the server that serves it.
class ModelReloadTest : public testing::Test {
 protected:
  ModelReloadTest() : ModelReloadTest("") {}
  explicit ModelReloadTest(std::string metrics_listen)
      : metrics_listen_(std::move(metrics_listen)) {
    server::SetLogSink([this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      log_ += line;
    });
    Put(Bundle("1"), "babble");
    server_ = Serve({directory()});
    stub_ = server_->NewStub();
  }
  ~ModelReloadTest() override {
    server_.reset();
    server::SetLogSink(nullptr);
  }

  // Weights differ from version to version.
  static TestBundle Bundle(const std::string& version) {
    TestBundle bundle = BabblingBundle("babble");
    bundle.config.set_version(version);
    TestTensor& weights = bundle.tensors.at("output.weight");
    for (int i = 1; i < std::stoi(version); ++i) {
      const size_t half = weights.bytes.size() / 8 * 4;
      weights.bytes =
          weights.bytes.substr(half) + weights.bytes.substr(0, half);
    }
    Describe(&bundle);
    return bundle;
  }

  std::string directory() const { return files_.File("babble"); }
  // As an operator does: a new directory is renamed into place.
  void Put(const TestBundle& bundle, const std::string& name) {
    const std::string next = files_.File("next");
    std::filesystem::create_directory(next);
    WriteBundle(bundle, next);
    std::filesystem::remove_all(files_.File(name));
    std::filesystem::rename(next, files_.File(name));
  }
  std::unique_ptr<TestServer> Serve(std::vector<std::string> models) const {
    server::ServerOptions options;
    options.models = models;
    options.metrics_listen = metrics_listen_;
    return std::make_unique<TestServer>(
        options, *server::ModelSet::Load(models), server::Engines());
  }

  server::Server& server() { return server_->server(); }
  void Reload(std::vector<std::string> models) {
    server::ServerOptions options = server().options();
    options.models = std::move(models);
    server().Reload(options);
  }
  void Reload() { Reload({directory()}); }
  void PutAndReload(const std::string& version) {
    Put(Bundle(version), "babble");
    Reload();
  }

  static v1::StreamingRecognizeRequest ConfigFor(const std::string& model) {
    auto request = ConfigRequest();
    request.mutable_streaming_config()->mutable_config()->set_model(model);
    return request;
  }
  static std::string Transcribe(v1::SpeechRecognizer::Stub* stub,
                                const std::string& model = "") {
    ClientStream stream(stub);
    stream.Send(ConfigFor(model));
    stream.Send(AudioRequest(MakeAudio(1, 3000)));
    stream.Send(AudioRequest(MakeAudio(2, 3000)));
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.Finals();
  }
  // "name version" of each.
  std::vector<std::string> Listed() {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    EXPECT_TRUE(stub_->ListModels(&context, {}, &response).ok());
    std::vector<std::string> models;
    for (const v1::Model& model : response.models())
      models.push_back(model.name() + " " + model.version());
    return models;
  }
  void FreeOld() {
    // A call lets go of its models soon after the client has seen its end.
    while (log().find("models_freed") == std::string::npos) server().Poll();
  }

  std::string log() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return log_;
  }

  const std::string metrics_listen_;
  const TempDir files_;
  std::mutex mutex_;
  std::string log_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_;
};

// With figures, which take two seconds to shut down.
class MeteredReloadTest : public ModelReloadTest {
 protected:
  MeteredReloadTest() : ModelReloadTest("127.0.0.1:0") {}
};

TEST_F(ModelReloadTest, RunningStreamsEndOnTheOldModelNewOnesGetTheNew) {
  const std::string by_first = Transcribe(stub_.get());
  ClientStream running(stub_.get());
  running.Send(ConfigRequest());
  running.Send(AudioRequest(MakeAudio(1, 3000)));
  ASSERT_TRUE(running.Sync());
  PutAndReload("2");
  EXPECT_THAT(Listed(), testing::ElementsAre("babble 2"));
  const std::string by_second = Transcribe(stub_.get());
  EXPECT_NE(by_second, by_first);
  EXPECT_EQ(by_second, Transcribe(Serve({directory()})->NewStub().get()));

  server().Poll();  // the old one is still needed
  running.Send(AudioRequest(MakeAudio(2, 3000)));
  running.HalfClose();
  EXPECT_TRUE(running.Finish().ok());
  EXPECT_EQ(running.Finals(), by_first);
  FreeOld();
  EXPECT_THAT(log(), AllOf(HasSubstr("models_reloaded models=\"babble 2\""),
                           HasSubstr("models_freed models=\"babble 1\""),
                           HasSubstr("model=babble version=1"),
                           HasSubstr("model=babble version=2")));
}

TEST_F(ModelReloadTest, OtherProtocolsGoThroughAReloadToo) {
  const auto riva_stub =
      riva::RivaSpeechRecognition::NewStub(Connect(server_->address()));
  const auto google_stub = gv2::Speech::NewStub(Connect(server_->address()));
  const std::string first = MakeAudio(1, 3000);
  const std::string second = MakeAudio(2, 3000);
  const auto by_riva = [&] {
    return FinalText(StreamAll<RivaResponse>(
                         riva_stub.get(),
                         std::vector<RivaRequest>{
                             RivaConfig(), RivaAudio(first), RivaAudio(second)})
                         .responses);
  };
  const auto by_google = [&] {
    return FinalText(StreamAll<gv2::StreamingRecognizeResponse>(
                         google_stub.get(),
                         std::vector<gv2::StreamingRecognizeRequest>{
                             V2Config(), V2Audio(first), V2Audio(second)})
                         .responses);
  };
  const std::string riva_before = by_riva();
  const std::string google_before = by_google();
  EXPECT_EQ(google_before, riva_before);
  grpc::ClientContext riva_context;
  const auto riva_running = riva_stub->StreamingRecognize(&riva_context);
  riva_running->Write(RivaConfig());
  riva_running->Write(RivaAudio(first));
  std::vector<RivaResponse> riva_said(1);
  ASSERT_TRUE(riva_running->Read(&riva_said.back()));
  grpc::ClientContext google_context;
  const auto google_running = google_stub->StreamingRecognize(&google_context);
  google_running->Write(V2Config());
  google_running->Write(V2Audio(first));
  std::vector<gv2::StreamingRecognizeResponse> google_said(1);
  ASSERT_TRUE(google_running->Read(&google_said.back()));

  PutAndReload("2");
  const std::string riva_after = by_riva();
  EXPECT_NE(riva_after, riva_before);
  EXPECT_EQ(by_google(), riva_after);

  riva_running->Write(RivaAudio(second));
  riva_running->WritesDone();
  for (RivaResponse response; riva_running->Read(&response);)
    riva_said.push_back(response);
  EXPECT_TRUE(riva_running->Finish().ok());
  EXPECT_EQ(FinalText(riva_said), riva_before);
  google_running->Write(V2Audio(second));
  google_running->WritesDone();
  for (gv2::StreamingRecognizeResponse response;
       google_running->Read(&response);)
    google_said.push_back(response);
  EXPECT_TRUE(google_running->Finish().ok());
  EXPECT_EQ(FinalText(google_said), google_before);
}

TEST_F(ModelReloadTest, OldModelIsFreedWithItsLastStream) {
  ClientStream running(stub_.get());
  running.Send(ConfigRequest());
  ASSERT_TRUE(running.Sync());
  const std::weak_ptr<const model::Bundle> old =
      server().generation()->models().models().front()->bundle;
  PutAndReload("2");
  server().Poll();
  EXPECT_FALSE(old.expired());
  EXPECT_THAT(log(), Not(HasSubstr("models_freed")));
  running.HalfClose();
  EXPECT_TRUE(running.Finish().ok());
  FreeOld();
  while (!old.expired()) {
  }
}

TEST_F(MeteredReloadTest, DamagedModelIsRefusedAndTheOldOneGoesOn) {
  const std::string before = Transcribe(stub_.get());
  TestBundle damaged = Bundle("2");
  char& last = damaged.tensors.at("output.weight").bytes.back();
  last = static_cast<char>(last ^ 1);
  Put(damaged, "babble");
  Reload();
  EXPECT_THAT(log(), AllOf(HasSubstr("error models_not_reloaded"),
                           HasSubstr("output.weight"),
                           HasSubstr("those in use stay: babble 1"),
                           Not(HasSubstr("models_reloaded"))));
  EXPECT_THAT(Listed(), testing::ElementsAre("babble 1"));
  EXPECT_EQ(Transcribe(stub_.get()), before);
  EXPECT_EQ(CheckHealth(server_->address()), "\x08\x01");
  EXPECT_THAT(Scrape(server().metrics_address()),
              HasSubstr("oido_last_reload_successful{what=\"models\"} 0"));
  std::filesystem::remove_all(directory());
  Reload();
  EXPECT_EQ(Transcribe(stub_.get()), before);
  PutAndReload("3");
  EXPECT_THAT(Listed(), testing::ElementsAre("babble 3"));
  EXPECT_THAT(Scrape(server().metrics_address()),
              HasSubstr("oido_last_reload_successful{what=\"models\"} 1"));
}

TEST_F(ModelReloadTest, VersionsSideBySideAreChosenByTheRequest) {
  const std::string by_first = Transcribe(stub_.get());
  const std::weak_ptr<const model::Bundle> first =
      server().generation()->models().models().front()->bundle;
  Put(Bundle("2"), "second");
  Reload({files_.File("second"), directory()});
  EXPECT_THAT(Listed(), testing::ElementsAre("babble 2", "babble 1"));
  // What stays is not loaded again.
  EXPECT_EQ(server().generation()->models().models()[1]->bundle, first.lock());
  const std::string by_second = Transcribe(stub_.get());
  EXPECT_NE(by_second, by_first);
  EXPECT_EQ(Transcribe(stub_.get(), "babble@1"), by_first);
  EXPECT_EQ(Transcribe(stub_.get(), "babble@2"), by_second);
  EXPECT_EQ(Transcribe(stub_.get(), "babble"), by_second);
  ClientStream unknown(stub_.get());
  unknown.Send(ConfigFor("babble@3"));
  const grpc::Status status = unknown.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(),
              AllOf(HasSubstr("\"babble@3\""), HasSubstr("\"babble@2\""),
                    HasSubstr("\"babble@1\"")));

  grpc::ClientContext context;
  riva::RivaSpeechRecognitionConfigResponse models;
  EXPECT_TRUE(riva::RivaSpeechRecognition::NewStub(Connect(server_->address()))
                  ->GetRivaSpeechRecognitionConfig(&context, {}, &models)
                  .ok());
  ASSERT_EQ(models.model_config_size(), 2);
  EXPECT_EQ(models.model_config(0).model_name(), "babble");
  EXPECT_EQ(models.model_config(0).parameters().at("version"), "2");
  EXPECT_EQ(models.model_config(1).model_name(), "babble@1");
}

TEST_F(MeteredReloadTest, MetricsTellVersionsApart) {
  ClientStream old(stub_.get());
  old.Send(ConfigRequest());
  old.Send(AudioRequest(MakeAudio(1, 500)));
  ASSERT_TRUE(old.Sync());
  PutAndReload("2");
  ClientStream fresh(stub_.get());
  fresh.Send(ConfigRequest());
  fresh.Send(AudioRequest(MakeAudio(1, 500)));
  ASSERT_TRUE(fresh.Sync());
  EXPECT_THAT(
      Scrape(server().metrics_address()),
      AllOf(
          HasSubstr("oido_model_info{model=\"babble\",version=\"2\","),
          Not(HasSubstr("oido_model_info{model=\"babble\",version=\"1\",")),
          HasSubstr("oido_streams_active{model=\"babble\",version=\"1\"} 1"),
          HasSubstr("oido_streams_active{model=\"babble\",version=\"2\"} 1"),
          HasSubstr("oido_audio_seconds_total{model=\"babble\",version=\"1\"}"),
          HasSubstr("oido_audio_seconds_total{model=\"babble\",version=\"2\"}"),
          HasSubstr("oido_generations 2")));
  old.HalfClose();
  EXPECT_TRUE(old.Finish().ok());
  FreeOld();
  EXPECT_THAT(Scrape(server().metrics_address()),
              HasSubstr("oido_generations 1"));
  fresh.HalfClose();
  EXPECT_TRUE(fresh.Finish().ok());
}

TEST_F(ModelReloadTest, UnchangedModelsStay) {
  const auto before = server().generation();
  Reload();
  EXPECT_EQ(server().generation(), before);
  std::filesystem::rename(directory(), files_.File("elsewhere"));
  Reload({files_.File("elsewhere")});
  EXPECT_EQ(server().generation(), before);
}

TEST_F(ModelReloadTest, NoMoreThanSomeSetsOfModelsAreInMemory) {
  std::vector<std::unique_ptr<ClientStream>> running;
  int version = 1;
  const int most = static_cast<int>(server::Generations::kMost);
  for (; version <= most; ++version) {
    running.push_back(std::make_unique<ClientStream>(stub_.get()));
    running.back()->Send(ConfigRequest());
    ASSERT_TRUE(running.back()->Sync());
    PutAndReload(std::to_string(version + 1));
  }
  EXPECT_THAT(Listed(), testing::ElementsAre("babble " + std::to_string(most)));
  EXPECT_THAT(log(), HasSubstr("4 sets of models are in memory, limit 4"));
  running.front()->HalfClose();
  EXPECT_TRUE(running.front()->Finish().ok());
  FreeOld();
  Reload();
  EXPECT_THAT(Listed(),
              testing::ElementsAre("babble " + std::to_string(most + 1)));
}

TEST_F(ModelReloadTest, StreamsMayComeAndGoWhileModelsAreExchanged) {
  for (int version = 2; version <= 4; ++version) {
    ClientStream running(stub_.get());
    running.Send(ConfigRequest());
    running.Send(AudioRequest(MakeAudio(1, 1000)));
    PutAndReload(std::to_string(version));
    server().Poll();
    if (version % 2 == 0) {
      running.Cancel();
      running.Finish();
    } else {
      running.HalfClose();
      EXPECT_TRUE(running.Finish().ok());
    }
  }
  EXPECT_THAT(Listed(), testing::ElementsAre("babble 4"));
}

TEST_F(ModelReloadTest, LimitsAreTakenOverAndTheRestIsNamed) {
  ClientStream running(stub_.get());
  running.Send(ConfigRequest());
  ASSERT_TRUE(running.Sync());
  server::ServerOptions options = server().options();
  options.max_streams = 1;
  options.max_stream_seconds = 1;
  options.listen = "127.0.0.1:1";
  server().Reload(options);
  EXPECT_THAT(log(),
              AllOf(HasSubstr("keys=\"max_streams, max_stream_seconds\""),
                    HasSubstr("restart_needed key=listen"),
                    HasSubstr("models_reloaded")));
  ClientStream refused(stub_.get());
  EXPECT_EQ(refused.Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  options.max_streams = 2;
  server().Reload(options);
  ClientStream limited(stub_.get());
  limited.Send(ConfigRequest());
  limited.SendPieces(MakeAudio(1, 2000), 3200);
  EXPECT_EQ(limited.Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
  // What runs keeps what it began with.
  running.SendPieces(MakeAudio(1, 2000), 3200);
  running.HalfClose();
  EXPECT_TRUE(running.Finish().ok());
}

TEST_F(MeteredReloadTest, MistakesInOptionsLeaveThemAsTheyWere) {
  server().Reload(absl::InvalidArgumentError("unknown key \"max_streems\""));
  EXPECT_THAT(log(), AllOf(HasSubstr("error options_not_reloaded"),
                           HasSubstr("max_streems")));
  EXPECT_THAT(Scrape(server().metrics_address()),
              HasSubstr("oido_last_reload_successful{what=\"options\"} 0"));
  EXPECT_FALSE(Transcribe(stub_.get()).empty());
}

}  // namespace
}  // namespace oido::test
