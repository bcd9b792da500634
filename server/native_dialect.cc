// One message in, one message out.
#include "server/native_dialect.h"

#include <utility>

#include "server/requests.h"

namespace oido::server {
namespace {

class NativeStream final : public StreamDialect {
 public:
  std::string method() const override { return "StreamingRecognize"; }

  absl::Status Read(
      grpc::ByteBuffer* bytes,
      std::vector<v1::StreamingRecognizeRequest>* requests) override {
    return ParseMessage(bytes, &requests->emplace_back());
  }

  void Write(const v1::StreamingRecognizeResponse& response) override {
    next_ = response.SerializeAsString();
  }
  void WriteEnd(const absl::Status& /*status*/) override {}
  std::optional<std::string> Next() override {
    return std::exchange(next_, std::nullopt);
  }

 private:
  std::optional<std::string> next_;
};

class NativeRecording final : public RecordingDialect {
 public:
  std::string method() const override { return "Recognize"; }
  absl::Status Read(grpc::ByteBuffer* bytes,
                    v1::RecognizeRequest* request) override {
    return ParseMessage(bytes, request);
  }
  std::string Write(const v1::RecognizeResponse& response) override {
    return response.SerializeAsString();
  }
};

}  // namespace

std::unique_ptr<StreamDialect> NewNativeStream(const ModelSet& /*models*/) {
  return std::make_unique<NativeStream>();
}

std::unique_ptr<RecordingDialect> NewNativeRecording(
    const ModelSet& /*models*/) {
  return std::make_unique<NativeRecording>();
}

}  // namespace oido::server
