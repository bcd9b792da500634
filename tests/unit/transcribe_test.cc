// One source from its first byte to the last response of a scripted server.
#include "client/transcribe.h"

#include <atomic>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/scripted_server.h"

namespace oido::client {
namespace {

// Gives out chunks, then an error unless that is OK.
class ListSource : public AudioSource {
 public:
  ListSource(std::vector<std::string> chunks, absl::Status end)
      : chunks_(std::move(chunks)), end_(std::move(end)) {}
  AudioFormat format() const override { return {v1::LINEAR16, 8000}; }
  absl::StatusOr<std::string> Next() override {
    if (next_ < chunks_.size()) return chunks_[next_++];
    if (!end_.ok()) return end_;
    return std::string();
  }
  size_t taken() const { return next_; }

 private:
  const std::vector<std::string> chunks_;
  const absl::Status end_;
  size_t next_ = 0;
};

// Answers markers at once and says at the end how much audio came.
grpc::Status CountAudio(grpc::ServerContext&, ServerStream& stream) {
  v1::StreamingRecognizeRequest request;
  std::string audio;
  int rate_hz = 0;
  while (stream.Read(&request)) {
    audio += request.audio_content();
    if (request.has_streaming_config()) {
      rate_hz = request.streaming_config().config().sample_rate_hertz();
    }
    if (!request.control().has_marker()) continue;
    v1::StreamingRecognizeResponse response;
    response.add_markers(request.control().marker().id());
    stream.Write(response);
  }
  stream.Write(Final(absl::StrCat(audio, "@", rate_hz)));
  return grpc::Status::OK;
}

struct Outcome {
  absl::Status status;
  std::string output;
};

Outcome TranscribeAll(const ScriptedServer& server,
                      const TranscribeOptions& options, AudioSource& source) {
  std::ostringstream out;
  const auto printer = LinePrinter(out, WordTimes::kHide);
  const absl::Status status =
      Transcribe(server.channel(), options, source, *printer);
  return {status, out.str()};
}

TEST(TranscribeTest, StreamsTheSourceInItsFormat) {
  ScriptedServer server(CountAudio);
  ListSource source({"ab", "cd"}, absl::OkStatus());
  const Outcome outcome = TranscribeAll(server, {}, source);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.output, "abcd@8000\n");
}

TEST(TranscribeTest, RealTimePaceSendsTheSameAudio) {
  ScriptedServer server(CountAudio);
  ListSource source({"ab", "cd"}, absl::OkStatus());
  TranscribeOptions options;
  options.pace = Pace::kRealTime;
  EXPECT_EQ(TranscribeAll(server, options, source).output, "abcd@8000\n");
}

TEST(TranscribeTest, MeasuresEveryChunkByAMarker) {
  ScriptedServer server(CountAudio);
  ListSource source({"ab", "cd", "ef"}, absl::OkStatus());
  LatencyRecorder latencies;
  TranscribeOptions options;
  options.latencies = &latencies;
  EXPECT_TRUE(TranscribeAll(server, options, source).status.ok());
  EXPECT_EQ(latencies.Summary().chunk.count, 3u);
  EXPECT_TRUE(latencies.Summary().final_ms.has_value());
}

TEST(TranscribeTest, ServerMayHaveHeardEnough) {
  ScriptedServer server([](grpc::ServerContext&, ServerStream& stream) {
    v1::StreamingRecognizeRequest request;
    stream.Read(&request);
    stream.Write(Final("yes"));
    return grpc::Status::OK;
  });
  // More than fits on the way to a server that does not read.
  const std::vector<std::string> chunks(1000, std::string(32000, 'x'));
  ListSource source(chunks, absl::OkStatus());
  TranscribeOptions options;
  options.config.set_single_utterance(true);
  const Outcome outcome = TranscribeAll(server, options, source);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.output, "yes\n");
  EXPECT_LT(source.taken(), chunks.size());
}

TEST(TranscribeTest, InterruptionHalfClosesAndShowsTheLastFinal) {
  ScriptedServer server(CountAudio);
  ListSource source({"ab", "cd", "ef"}, absl::OkStatus());
  TranscribeOptions options;
  options.interrupted = [&source] { return source.taken() == 2; };
  const Outcome outcome = TranscribeAll(server, options, source);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.output, "abcd@8000\n");
}

TEST(TranscribeTest, BrokenSourceIsAnErrorBehindWhatWasRecognised) {
  ScriptedServer server(CountAudio);
  ListSource source({"ab"}, absl::DataLossError("torn"));
  const Outcome outcome = TranscribeAll(server, {}, source);
  EXPECT_EQ(outcome.status, absl::DataLossError("torn"));
  EXPECT_EQ(outcome.output, "ab@8000\n");
}

// So much audio that a write comes behind the end of the stream.
TEST(TranscribeTest, AnEndBeforeTheAudiosIsAnErrorUnlessAskedFor) {
  ScriptedServer server([](grpc::ServerContext&, ServerStream& stream) {
    stream.Write(Final("enough"));
    return grpc::Status::OK;
  });
  const std::vector<std::string> chunks(3000, std::string(10'000, 'a'));
  TranscribeOptions options;
  ListSource unexpected(chunks, absl::OkStatus());
  EXPECT_EQ(TranscribeAll(server, options, unexpected).status.code(),
            absl::StatusCode::kAborted);
  options.config.set_single_utterance(true);
  ListSource expected(chunks, absl::OkStatus());
  const Outcome outcome = TranscribeAll(server, options, expected);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.output, "enough\n");
}

TEST(TranscribeTest, RefusalByTheServerIsReturned) {
  ScriptedServer server([](grpc::ServerContext&, ServerStream&) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no model \"x\"");
  });
  ListSource source({"ab"}, absl::OkStatus());
  EXPECT_EQ(TranscribeAll(server, {}, source).status,
            absl::NotFoundError("no model \"x\""));
}

}  // namespace
}  // namespace oido::client
