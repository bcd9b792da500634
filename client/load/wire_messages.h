// Bytes of the messages of each protocol, made and read without a copy of the
// audio.
#ifndef OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_
#define OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client/load/transport.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "oido/v1/speech.pb.h"

namespace oido::load {

enum class Api {
  kOido,
  kRiva,
  kGoogle,  // v1
};

// "oido", "riva" or "google".
const char* Name(Api api);

// How a stream learns that its audio was recognised.
enum class Probing {
  kMessages,   // a probe of the client's comes back
  kResponses,  // each audio message has one response
  kNone,
};

// Messages of one protocol. One thread.
class WireMessages {
 public:
  static std::unique_ptr<WireMessages> Create(Api api);
  virtual ~WireMessages() = default;

  // Full name of the streaming method.
  virtual const char* method() const = 0;
  virtual Probing probing() const = 0;
  // The first message of a stream. `wanted` says how its words are found and
  // when they become final; model and all may be empty. Not oído's: only the
  // model is told.
  virtual std::string Config(
      const StreamSetup& setup,
      const v1::StreamingRecognitionConfig& wanted) const = 0;
  // What stands before `audio_bytes` bytes of audio in an audio message.
  virtual std::string AudioPrefix(size_t audio_bytes) const = 0;
  // REQUIRES: Probing::kMessages.
  virtual std::string Probe(int64_t id) const = 0;
  // What a response says, into `heard`, whose memory is used again; its probes
  // are those of Probing::kMessages. False: it is no response.
  virtual bool Read(google::protobuf::io::ZeroCopyInputStream* bytes,
                    Heard& heard) = 0;
};

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_
