// Checks requests and turns them into the session's terms.
#ifndef OIDO_SERVER_REQUESTS_H_
#define OIDO_SERVER_REQUESTS_H_

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "oido/v1/speech.pb.h"
#include "server/channel_sessions.h"
#include "server/model_set.h"
#include "server/session.h"

namespace oido::server {

inline constexpr int kMaxIdBytes = 128;

// "en" and "en-US" both name a model of "en-US", as does "".
bool SpeaksLanguage(const model::Bundle& bundle, absl::string_view wanted);

// INVALID_ARGUMENT: the bytes are no message of this type. `bytes` is used up.
absl::Status ParseMessage(grpc::ByteBuffer* bytes,
                          google::protobuf::Message* message);

// Errors name the field below `prefix`, its value and the limit; a model that
// is not there is NOT_FOUND.
absl::StatusOr<SessionConfig> CheckConfig(const v1::RecognitionConfig& config,
                                          const std::string& prefix,
                                          const ModelSet& models, ModelUse use);

// As CheckConfig, with the fields of the stream.
absl::StatusOr<SessionConfig> CheckStreamingConfig(
    const v1::StreamingRecognitionConfig& config, const ModelSet& models);

// Passes one message after the configuration on to `sessions`, or says what is
// wrong with it.
absl::Status PushInput(v1::StreamingRecognizeRequest* request,
                       size_t max_message_bytes, ChannelSessions* sessions);

}  // namespace oido::server

#endif  // OIDO_SERVER_REQUESTS_H_
