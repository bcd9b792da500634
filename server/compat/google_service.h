// The gRPC services that clients of Google Speech-to-Text know.
#ifndef OIDO_SERVER_COMPAT_GOOGLE_SERVICE_H_
#define OIDO_SERVER_COMPAT_GOOGLE_SERVICE_H_

#include "google_speech/v1.grpc.pb.h"
#include "google_speech/v2.grpc.pb.h"
#include "server/service_environment.h"
#include "server/stream_reactor.h"

namespace oido::server {

namespace internal {
using GoogleV1Api = ::google::cloud::speech::v1::Speech;
using GoogleV1Base = GoogleV1Api::WithRawCallbackMethod_StreamingRecognize<
    GoogleV1Api::WithRawCallbackMethod_Recognize<
        GoogleV1Api::WithRawCallbackMethod_LongRunningRecognize<
            GoogleV1Api::Service>>>;
using GoogleV2Api = ::google::cloud::speech::v2::Speech;
using GoogleV2Base = GoogleV2Api::WithRawCallbackMethod_StreamingRecognize<
    GoogleV2Api::WithRawCallbackMethod_Recognize<
        GoogleV2Api::WithRawCallbackMethod_BatchRecognize<
            GoogleV2Api::Service>>>;
}  // namespace internal

// Both are called by gRPC's threads, which never do model work.
class GoogleV1Service final : public internal::GoogleV1Base {
 public:
  explicit GoogleV1Service(const ServiceEnvironment& environment)
      : environment_(environment) {}

  BytesBidiReactor* StreamingRecognize(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Recognize(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  // UNIMPLEMENTED, as the next one.
  grpc::ServerUnaryReactor* LongRunningRecognize(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  const ServiceEnvironment environment_;
};

class GoogleV2Service final : public internal::GoogleV2Base {
 public:
  explicit GoogleV2Service(const ServiceEnvironment& environment)
      : environment_(environment) {}

  BytesBidiReactor* StreamingRecognize(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Recognize(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* BatchRecognize(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;

 private:
  const ServiceEnvironment environment_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_GOOGLE_SERVICE_H_
