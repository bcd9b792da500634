// Reads while the session has room, writes while it has something to say.
#include "server/stream_reactor.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oido/v1/speech.pb.h"
#include "server/call.h"
#include "server/grpc_status.h"
#include "server/mutex.h"
#include "server/requests.h"
#include "server/responses.h"

namespace oido::server {
namespace {

// One read and one write at a time, Finish once and with no write under way.
// Shared by the reactor and the session, so that a worker that wakes a stream
// never meets a deleted reactor. gRPC runs no reaction inside StartRead,
// StartWrite or Finish, so they may be called under the mutex.
class StreamPump final : public Transport {
 public:
  StreamPump(const ServiceEnvironment& environment,
             grpc::CallbackServerContext* context,
             const StreamDialectFactory& dialect, BytesBidiReactor* reactor)
      : environment_(environment),
        context_(context),
        call_(environment, Greet(context)),
        dialect_(dialect(call_.generation().models())),
        reactor_(reactor) {}

  // Admits the stream or ends it. Once, before any reaction. `self`: this.
  void Begin(std::shared_ptr<Transport> self) {
    call_.Begin(std::move(self), dialect_->method());
    Wake();
  }

  void OnRead(bool ok) {
    // Until the next StartRead nobody else touches the buffer.
    if (ok) {
      const absl::Status status = TakeMessage();
      if (!status.ok()) call_.sessions().Fail(status);
    } else {
      call_.sessions().HalfClose();
    }
    MutexLock lock(mutex_);
    reading_ = false;
    Pump();
  }

  void OnWrite(bool ok) {
    if (!ok) call_.sessions().Cancel();
    MutexLock lock(mutex_);
    writing_ = false;
    Pump();
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
    Pump();
  }

  void Abort() override {
    MutexLock lock(mutex_);
    if (reactor_ != nullptr) context_->TryCancel();
  }

 private:
  absl::Status TakeMessage() {
    std::vector<v1::StreamingRecognizeRequest> requests;
    absl::Status status = dialect_->Read(&read_buffer_, &requests);
    for (auto& request : requests)
      if (status.ok()) status = Take(&request);
    return status;
  }

  absl::Status Take(v1::StreamingRecognizeRequest* request) {
    if (!request->has_streaming_config()) {
      return PushInput(request, environment_.max_streaming_message_bytes,
                       &call_.sessions());
    }
    // A second configuration is refused whatever it says.
    if (configured_) return call_.sessions().all()[0]->Configure({});
    return Configure(request->streaming_config());
  }

  absl::Status Configure(const v1::StreamingRecognitionConfig& proto) {
    configured_ = true;
    auto config = CheckStreamingConfig(proto, call_.generation().models());
    if (!config.ok()) return config.status();
    {
      MutexLock lock(mutex_);
      response_options_.word_times = proto.config().enable_word_time_offsets();
      response_options_.word_confidence =
          proto.config().enable_word_confidence();
    }
    return call_.Configure(*config, proto.request_id());
  }

  void Measure(const Update& update) const {
    if (environment_.metrics == nullptr || !update.live) return;
    const Latency& parts = update.latency;
    const absl::Duration latency =
        parts.queue + parts.features + parts.model + parts.decode;
    if (update.final_result.has_value())
      environment_.metrics->AddFinal(latency);
    if (update.interim.has_value()) environment_.metrics->AddPartial(latency);
  }

  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (reactor_ == nullptr || finished_) return;
    if (!writing_) {
      if (const std::optional<std::string> bytes = NextMessage();
          bytes.has_value()) {
        writing_ = true;
        const grpc::Slice slice(*bytes);
        write_buffer_ = grpc::ByteBuffer(&slice, 1);
        reactor_->StartWrite(&write_buffer_);
      } else if (end_.has_value()) {
        finished_ = true;
        call_.Leave();
        reactor_->Finish(ToGrpcStatus(*end_));
        return;
      }
    }
    if (!reading_ && call_.sessions().WantsInput()) {
      reading_ = true;
      reactor_->StartRead(&read_buffer_);
    }
  }

  // Nullopt: there is nothing to say now or, with end_, any more.
  std::optional<std::string> NextMessage()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (true) {
      if (auto bytes = dialect_->Next(); bytes.has_value()) return bytes;
      if (auto next = call_.sessions().TakeUpdate(); next.has_value()) {
        Measure(next->update);
        response_options_.channel_tag = call_.channel_tag(next->index);
        dialect_->Write(
            UpdateToProto(next->update, call_.request_id(), response_options_));
        continue;
      }
      if (end_.has_value()) return std::nullopt;
      end_ = call_.sessions().TakeEnd();
      if (!end_.has_value()) return std::nullopt;
      dialect_->WriteEnd(*end_);
    }
  }

  const ServiceEnvironment& environment_;
  grpc::CallbackServerContext* const context_;
  // Configured by the first read, before the session has anything to say.
  Call call_;
  // Reads without the mutex, writes with it.
  const std::unique_ptr<StreamDialect> dialect_;
  bool configured_ = false;
  grpc::ByteBuffer read_buffer_;

  Mutex mutex_;
  BytesBidiReactor* reactor_ ABSL_GUARDED_BY(mutex_);
  ResponseOptions response_options_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer write_buffer_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

class StreamReactor final : public BytesBidiReactor {
 public:
  StreamReactor(grpc::CallbackServerContext* context,
                const ServiceEnvironment& environment,
                const StreamDialectFactory& dialect)
      : pump_(
            std::make_shared<StreamPump>(environment, context, dialect, this)) {
    pump_->Begin(pump_);
  }

  void OnReadDone(bool ok) override { pump_->OnRead(ok); }
  void OnWriteDone(bool ok) override { pump_->OnWrite(ok); }
  void OnCancel() override { pump_->OnCancel(); }
  void OnDone() override {
    pump_->OnDone();
    delete this;
  }

 private:
  const std::shared_ptr<StreamPump> pump_;
};

}  // namespace

BytesBidiReactor* NewStreamReactor(grpc::CallbackServerContext* context,
                                   const ServiceEnvironment& environment,
                                   const StreamDialectFactory& dialect) {
  return new StreamReactor(context, environment, dialect);
}

}  // namespace oido::server
