// Feeds the recording as the session takes it and collects the finals.
#include "server/unary_reactor.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "oido/v1/speech.pb.h"
#include "server/call.h"
#include "server/errors.h"
#include "server/grpc_status.h"
#include "server/mutex.h"
#include "server/requests.h"
#include "server/responses.h"

namespace oido::server {
namespace {

// What a session is given at once.
constexpr size_t kPieceBytes = 32 << 10;

// Channels come as they are done; their order shall not depend on that.
void InOrderOfAudio(
    google::protobuf::RepeatedPtrField<v1::StreamingRecognitionResult>*
        results) {
  const auto place = [](const v1::StreamingRecognitionResult& result) {
    return std::make_tuple(result.result_end_time().seconds(),
                           result.result_end_time().nanos(),
                           result.channel_tag());
  };
  std::stable_sort(
      results->begin(), results->end(),
      [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// Shared by the reactor and the session, as StreamPump is.
class UnaryPump final : public Transport {
 public:
  UnaryPump(const ServiceEnvironment& environment,
            grpc::CallbackServerContext* context,
            const RecordingDialectFactory& dialect,
            grpc::ServerUnaryReactor* reactor, grpc::ByteBuffer* response_bytes)
      : environment_(environment),
        context_(context),
        response_bytes_(response_bytes),
        call_(environment, Greet(context)),
        dialect_(dialect(call_.generation().models())),
        reactor_(reactor) {}

  // Once, before any reaction. `self`: this.
  void Begin(std::shared_ptr<Transport> self, grpc::ByteBuffer request_bytes) {
    if (call_.Begin(std::move(self), dialect_->method())) {
      const absl::Status status = Configure(&request_bytes);
      if (!status.ok()) call_.sessions().Fail(status);
    }
    Wake();
  }

  void OnCancel() {
    call_.sessions().Cancel();
    Wake();
  }

  void OnDone() {
    {
      MutexLock lock(mutex_);
      reactor_ = nullptr;
    }
    call_.End();
  }

  void Wake() override {
    MutexLock lock(mutex_);
    if (reactor_ == nullptr || finished_) return;
    Feed();
    Collect();
  }

  void Abort() override {
    MutexLock lock(mutex_);
    if (reactor_ != nullptr) context_->TryCancel();
  }

 private:
  absl::Status Configure(grpc::ByteBuffer* bytes) {
    if (bytes->Length() > environment_.max_unary_message_bytes) {
      return FieldError(
          "audio_content",
          absl::StrCat("audio_content: the request has ", bytes->Length(),
                       " bytes, limit ", environment_.max_unary_message_bytes));
    }
    MutexLock lock(mutex_);
    absl::Status status = dialect_->Read(bytes, &request_);
    if (!status.ok()) return status;
    if (!request_.has_config()) return FieldError("config", "config: missing");
    auto config =
        CheckConfig(request_.config(), "config.", call_.generation().models(),
                    ModelUse::kRecording);
    if (!config.ok()) return config.status();
    options_.word_times = request_.config().enable_word_time_offsets();
    options_.word_confidence = request_.config().enable_word_confidence();
    return call_.Configure(*config, "");
  }

  void Feed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::string& audio = request_.audio_content();
    ChannelSessions& sessions = call_.sessions();
    while (!fed_ && sessions.WantsInput()) {
      if (offset_ == audio.size()) {
        fed_ = true;
        sessions.HalfClose();
        return;
      }
      sessions.PushAudio(audio.substr(offset_, kPieceBytes));
      offset_ = std::min(offset_ + kPieceBytes, audio.size());
    }
  }

  void Collect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ChannelSessions& sessions = call_.sessions();
    while (auto next = sessions.TakeUpdate()) {
      if (!next->update.final_result.has_value()) continue;
      options_.channel_tag = call_.channel_tag(next->index);
      *response_.add_results() =
          FinalToProto(*next->update.final_result, options_);
    }
    const std::optional<absl::Status> end = sessions.TakeEnd();
    if (!end.has_value()) return;
    finished_ = true;
    call_.Leave();
    InOrderOfAudio(response_.mutable_results());
    SetDuration(sessions.Stats().audio, response_.mutable_audio_processed());
    const grpc::Slice slice(dialect_->Write(response_));
    *response_bytes_ = grpc::ByteBuffer(&slice, 1);
    reactor_->Finish(ToGrpcStatus(*end));
  }

  const ServiceEnvironment& environment_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_bytes_;
  Call call_;
  const std::unique_ptr<RecordingDialect> dialect_;

  Mutex mutex_;
  grpc::ServerUnaryReactor* reactor_ ABSL_GUARDED_BY(mutex_);
  v1::RecognizeRequest request_ ABSL_GUARDED_BY(mutex_);
  v1::RecognizeResponse response_ ABSL_GUARDED_BY(mutex_);
  ResponseOptions options_ ABSL_GUARDED_BY(mutex_);
  size_t offset_ ABSL_GUARDED_BY(mutex_) = 0;
  bool fed_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(grpc::CallbackServerContext* context,
               const UnaryMessages& messages,
               const ServiceEnvironment& environment,
               const RecordingDialectFactory& dialect)
      : pump_(std::make_shared<UnaryPump>(environment, context, dialect, this,
                                          messages.response)) {
    pump_->Begin(pump_, *messages.request);
  }

  void OnCancel() override { pump_->OnCancel(); }
  void OnDone() override {
    pump_->OnDone();
    delete this;
  }

 private:
  const std::shared_ptr<UnaryPump> pump_;
};

}  // namespace

grpc::ServerUnaryReactor* NewUnaryReactor(
    grpc::CallbackServerContext* context, const UnaryMessages& messages,
    const ServiceEnvironment& environment,
    const RecordingDialectFactory& dialect) {
  return new UnaryReactor(context, messages, environment, dialect);
}

}  // namespace oido::server
