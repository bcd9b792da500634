// Models that are exchanged while streams run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/service_harness.h"

namespace oido::test {
namespace {

using testing::HasSubstr;

// A bundle directory "babble" and the server that serves it.
class ModelReloadTest : public testing::Test {
 protected:
  ModelReloadTest() {
    Put(Bundle("1"));
    server_ = Serve();
    stub_ = server_->NewStub();
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
  void Put(const TestBundle& bundle) {
    const std::string next = files_.File("next");
    std::filesystem::create_directory(next);
    WriteBundle(bundle, next);
    std::filesystem::remove_all(directory());
    std::filesystem::rename(next, directory());
  }
  std::unique_ptr<TestServer> Serve() const {
    return std::make_unique<TestServer>(server::ServerOptions(),
                                        *server::ModelSet::Load({directory()}),
                                        server::Engines());
  }
  absl::Status Reload() {
    return server_->server().ReloadModels({directory()});
  }

  static std::string Transcribe(v1::SpeechRecognizer::Stub* stub) {
    ClientStream stream(stub);
    stream.Send(ConfigRequest());
    stream.Send(AudioRequest(MakeAudio(1, 3000)));
    stream.Send(AudioRequest(MakeAudio(2, 3000)));
    stream.HalfClose();
    EXPECT_TRUE(stream.Finish().ok());
    return stream.Finals();
  }
  std::string Version() {
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    EXPECT_TRUE(stub_->ListModels(&context, {}, &response).ok());
    return response.models(0).version();
  }

  const TempDir files_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<v1::SpeechRecognizer::Stub> stub_;
};

TEST_F(ModelReloadTest, RunningStreamsEndOnTheOldModelNewOnesGetTheNew) {
  const std::string by_first = Transcribe(stub_.get());
  ClientStream running(stub_.get());
  running.Send(ConfigRequest());
  running.Send(AudioRequest(MakeAudio(1, 3000)));
  ASSERT_TRUE(running.Sync());
  Put(Bundle("2"));
  ASSERT_TRUE(Reload().ok());
  EXPECT_EQ(Version(), "2");
  const std::string by_second = Transcribe(stub_.get());
  EXPECT_NE(by_second, by_first);
  EXPECT_EQ(by_second, Transcribe(Serve()->NewStub().get()));

  server_->server().Poll();  // the old one is still needed
  running.Send(AudioRequest(MakeAudio(2, 3000)));
  running.HalfClose();
  EXPECT_TRUE(running.Finish().ok());
  EXPECT_EQ(running.Finals(), by_first);
}

TEST_F(ModelReloadTest, OldModelIsFreedWithItsLastStream) {
  ClientStream running(stub_.get());
  running.Send(ConfigRequest());
  ASSERT_TRUE(running.Sync());
  const std::weak_ptr<const server::LoadedModel> old =
      server_->server().generation()->models().models().front();
  Put(Bundle("2"));
  ASSERT_TRUE(Reload().ok());
  server_->server().Poll();
  EXPECT_FALSE(old.expired());
  running.HalfClose();
  EXPECT_TRUE(running.Finish().ok());
  // The call lets go of it soon after the client has seen its end.
  while (!old.expired()) server_->server().Poll();
  EXPECT_EQ(Version(), "2");
}

TEST_F(ModelReloadTest, DamagedModelIsRefusedAndTheOldOneGoesOn) {
  const std::string before = Transcribe(stub_.get());
  TestBundle damaged = Bundle("2");
  char& last = damaged.tensors.at("output.weight").bytes.back();
  last = static_cast<char>(last ^ 1);
  Put(damaged);
  const absl::Status status = Reload();
  EXPECT_THAT(std::string(status.message()), HasSubstr("output.weight"));
  EXPECT_EQ(Version(), "1");
  EXPECT_EQ(Transcribe(stub_.get()), before);
  std::filesystem::remove_all(directory());
  EXPECT_FALSE(Reload().ok());
  Put(Bundle("3"));
  EXPECT_TRUE(Reload().ok());
  EXPECT_EQ(Version(), "3");
}

TEST_F(ModelReloadTest, UnchangedModelsStay) {
  const auto before = server_->server().generation();
  EXPECT_TRUE(Reload().ok());
  EXPECT_EQ(server_->server().generation(), before);
}

TEST_F(ModelReloadTest, StreamsMayComeAndGoWhileModelsAreExchanged) {
  for (int version = 2; version <= 4; ++version) {
    ClientStream running(stub_.get());
    running.Send(ConfigRequest());
    running.Send(AudioRequest(MakeAudio(1, 1000)));
    Put(Bundle(std::to_string(version)));
    ASSERT_TRUE(Reload().ok());
    server_->server().Poll();
    if (version % 2 == 0) {
      running.Cancel();
      running.Finish();
    } else {
      running.HalfClose();
      EXPECT_TRUE(running.Finish().ok());
    }
  }
  EXPECT_EQ(Version(), "4");
}

}  // namespace
}  // namespace oido::test
