// Bytes of oído's messages, made and read without a copy of the audio.
#ifndef OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_
#define OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "client/load/transport.h"
#include "oido/v1/speech.pb.h"

namespace oido::load {

// Full name of the streaming method.
extern const char kStreamingMethod[];

// The first message of a stream; `model` may be empty.
std::string ConfigMessage(const StreamSetup& setup, const std::string& model);

// What stands before `audio_bytes` bytes of audio in an audio message.
std::string AudioPrefix(size_t audio_bytes);

std::string ProbeMessage(int64_t id);

// What `response` says, into `heard`, whose memory is used again.
void ReadResponse(const v1::StreamingRecognizeResponse& response, Heard& heard);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_WIRE_MESSAGES_H_
