// What a protocol says, in the messages of the native one.
#ifndef OIDO_SERVER_DIALECT_H_
#define OIDO_SERVER_DIALECT_H_

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "oido/v1/speech.pb.h"
#include "server/model_set.h"

namespace oido::server {

// Translates one stream: nothing is recognised, admitted or refused for its
// load here. Read and the other calls may come from two threads at once; each
// side has its own state.
class StreamDialect {
 public:
  virtual ~StreamDialect() = default;

  // Of the call, for log lines.
  virtual std::string method() const = 0;

  // Appends what the client's message says; `bytes` is used up. An error ends
  // the stream.
  virtual absl::Status Read(
      grpc::ByteBuffer* bytes,
      std::vector<v1::StreamingRecognizeRequest>* requests) = 0;

  // Takes the native responses in their order and, behind the last, how the
  // stream ends.
  virtual void Write(const v1::StreamingRecognizeResponse& response) = 0;
  virtual void WriteEnd(const absl::Status& status) = 0;
  // The next message to the client, serialized; nullopt: none until the next
  // Write.
  virtual std::optional<std::string> Next() = 0;
};

// The same for one Recognize call. One thread at a time.
class RecordingDialect {
 public:
  virtual ~RecordingDialect() = default;
  virtual std::string method() const = 0;
  virtual absl::Status Read(grpc::ByteBuffer* bytes,
                            v1::RecognizeRequest* request) = 0;
  virtual std::string Write(const v1::RecognizeResponse& response) = 0;
};

// `models`: those of the call, which live as long as the dialect is used.
using StreamDialectFactory =
    std::function<std::unique_ptr<StreamDialect>(const ModelSet& models)>;
using RecordingDialectFactory =
    std::function<std::unique_ptr<RecordingDialect>(const ModelSet& models)>;

}  // namespace oido::server

#endif  // OIDO_SERVER_DIALECT_H_
