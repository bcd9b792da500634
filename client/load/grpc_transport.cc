// Implements GrpcTransport: one write and one read in flight a stream.
#include "client/load/grpc_transport.h"

#include <grpc/support/time.h>

#include <array>
#include <deque>
#include <utility>

#include "client/connect.h"
#include "client/grpc_status.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace oido::load {

struct GrpcTransport::Tag {
  enum class Kind { kRead, kWrite, kFinish };
  Call* call;
  Kind kind;
};

// Lives until gRPC has given back its last tag.
class GrpcTransport::Call : public LoadStream {
 public:
  Call(GrpcTransport* transport, const std::shared_ptr<grpc::Channel>& channel,
       const StreamSetup& setup, StreamListener* listener)
      : transport_(transport), listener_(listener) {
    // Headers travel with the first message, and StartCall gives no tag back.
    context_.set_initial_metadata_corked(true);
    call_ = grpc::GenericStub(channel).PrepareCall(
        &context_, messages().method(), &transport->queue_);
    call_->StartCall(nullptr);
    Enqueue(
        {Message::Kind::kOwned, messages().Config(setup, transport->wanted_)});
    Read();
  }

  void SendAudio(absl::string_view samples) override {
    ++audio_messages_;
    Enqueue({Message::Kind::kAudio, "", samples});
  }
  void SendProbe(int64_t id) override {
    if (messages().probing() == Probing::kMessages)
      Enqueue({Message::Kind::kOwned, messages().Probe(id)});
    if (messages().probing() == Probing::kResponses)
      probes_.push_back({audio_messages_, id});
  }
  void CloseAudio() override { Enqueue({Message::Kind::kClose}); }
  void Abandon() override {
    listener_ = nullptr;
    context_.TryCancel();
  }
  size_t waiting() const override { return waiting_.size(); }

  // True: it was the last tag.
  bool OnTag(Tag::Kind kind, bool ok) {
    --tags_out_;
    switch (kind) {
      case Tag::Kind::kRead:
        if (ok) {
          Receive();
          Read();
        } else {
          Finish();
        }
        break;
      case Tag::Kind::kWrite:
        writing_ = false;
        // A failed write says nothing; the read that fails with it does.
        writable_ = writable_ && ok;
        WriteNext();
        break;
      case Tag::Kind::kFinish:
        finished_ = true;
        if (listener_ != nullptr) listener_->OnEnd(client::FromGrpc(status_));
        listener_ = nullptr;
        break;
    }
    return finished_ && tags_out_ == 0;
  }

 private:
  struct Message {
    enum class Kind { kOwned, kAudio, kClose };
    Kind kind;
    std::string owned = "";
    absl::string_view audio = "";
  };

  WireMessages& messages() { return *transport_->messages_; }

  // The tag of an operation that begins now.
  void* Begin(Tag& tag) {
    ++tags_out_;
    return &tag;
  }

  void Read() { call_->Read(&read_buffer_, Begin(read_tag_)); }

  void Enqueue(Message message) {
    waiting_.push_back(std::move(message));
    WriteNext();
  }

  void WriteNext() {
    if (writing_ || !writable_ || waiting_.empty()) return;
    const Message message = std::move(waiting_.front());
    waiting_.pop_front();
    writing_ = true;
    void* const tag = Begin(write_tag_);
    switch (message.kind) {
      case Message::Kind::kClose:
        call_->WritesDone(tag);
        return;
      case Message::Kind::kOwned: {
        const grpc::Slice slice(message.owned);
        call_->Write(grpc::ByteBuffer(&slice, 1), tag);
        return;
      }
      case Message::Kind::kAudio: {
        // A prefix this short lies in the slice itself.
        const std::array<grpc::Slice, 2> slices = {
            grpc::Slice(messages().AudioPrefix(message.audio.size())),
            grpc::Slice(message.audio.data(), message.audio.size(),
                        grpc::Slice::STATIC_SLICE)};
        call_->Write(grpc::ByteBuffer(slices.data(), slices.size()), tag);
        return;
      }
    }
  }

  void Receive() {
    if (listener_ != nullptr) {
      grpc::ProtoBufferReader reader(&read_buffer_);
      Heard& heard = transport_->heard_;
      if (messages().Read(&reader, heard)) {
        CountResponse(heard);
        listener_->OnHeard(heard);
      }
    }
    read_buffer_.Clear();
  }

  // Where each audio message has one response, it answers the probe behind it.
  void CountResponse(Heard& heard) {
    ++responses_;
    while (!probes_.empty() && probes_.front().messages <= responses_) {
      heard.probes.push_back(probes_.front().id);
      probes_.pop_front();
    }
  }

  // Nothing more will be read.
  void Finish() {
    writable_ = false;
    waiting_.clear();
    call_->Finish(&status_, Begin(finish_tag_));
  }

  GrpcTransport* const transport_;
  StreamListener* listener_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  Tag read_tag_{this, Tag::Kind::kRead};
  Tag write_tag_{this, Tag::Kind::kWrite};
  Tag finish_tag_{this, Tag::Kind::kFinish};
  std::deque<Message> waiting_;
  struct PassedProbe {
    int64_t messages;  // of audio, sent before
    int64_t id;
  };
  std::deque<PassedProbe> probes_;
  int64_t audio_messages_ = 0;
  int64_t responses_ = 0;
  grpc::ByteBuffer read_buffer_;
  grpc::Status status_;
  int tags_out_ = 0;
  bool writing_ = false;
  bool writable_ = true;
  bool finished_ = false;
};

absl::StatusOr<std::unique_ptr<GrpcTransport>> GrpcTransport::Create(
    const GrpcTransportOptions& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.connections; ++i) {
    auto channel =
        client::ConnectSeparately(options.server, options.connect_timeout);
    if (!channel.ok()) return channel.status();
    channels.push_back(*std::move(channel));
  }
  return std::unique_ptr<GrpcTransport>(
      new GrpcTransport(options, std::move(channels)));
}

GrpcTransport::GrpcTransport(
    const GrpcTransportOptions& options,
    std::vector<std::shared_ptr<grpc::Channel>> channels)
    : messages_(WireMessages::Create(options.api)),
      wanted_(options.wanted),
      channels_(std::move(channels)) {}

GrpcTransport::~GrpcTransport() {
  for (const auto& [pointer, call] : calls_) call->Abandon();
  void* tag = nullptr;
  bool ok = false;
  while (!calls_.empty() && queue_.Next(&tag, &ok)) Dispatch(tag, ok);
  queue_.Shutdown();
  while (queue_.Next(&tag, &ok)) {
  }
}

absl::Duration GrpcTransport::Now() const {
  return absl::DurationFromTimespec([] {
    const gpr_timespec now = gpr_now(GPR_CLOCK_MONOTONIC);
    return timespec{now.tv_sec, now.tv_nsec};
  }());
}

LoadStream* GrpcTransport::Open(const StreamSetup& setup,
                                StreamListener* listener) {
  const auto& channel = channels_[next_channel_++ % channels_.size()];
  auto call = std::make_unique<Call>(this, channel, setup, listener);
  Call* const pointer = call.get();
  calls_[pointer] = std::move(call);
  return pointer;
}

void GrpcTransport::Poll(absl::Duration until) {
  const timespec time = absl::ToTimespec(until);
  const gpr_timespec deadline = {
      time.tv_sec, static_cast<int32_t>(time.tv_nsec), GPR_CLOCK_MONOTONIC};
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, deadline) ==
      grpc::CompletionQueue::GOT_EVENT) {
    Dispatch(tag, ok);
  }
}

void GrpcTransport::Dispatch(void* tag, bool ok) {
  const Tag& found = *static_cast<Tag*>(tag);
  if (found.call->OnTag(found.kind, ok)) calls_.erase(found.call);
}

}  // namespace oido::load
