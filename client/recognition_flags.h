// Command-line flags that fill a recognition request.
#ifndef OIDO_CLIENT_RECOGNITION_FLAGS_H_
#define OIDO_CLIENT_RECOGNITION_FLAGS_H_

#include "CLI/CLI.hpp"
#include "oido/v1/speech.pb.h"

namespace oido::client {

// Each adds a group of flags that write into `config` while the command line is
// parsed; it must outlive `app`. What a flag means and its limits:
// speech.proto. The server checks values; here is checked what it could not
// tell.

// How words are found, and which to expect.
void AddDecodingFlags(CLI::App& app, v1::RecognitionConfig& config);
// Where utterances and the stream end, and what is told of it.
void AddEndpointFlags(CLI::App& app, v1::StreamingRecognitionConfig& config);
// How long a word may wait to become final.
void AddFinalDelayFlag(CLI::App& app, v1::StreamingRecognitionConfig& config);

}  // namespace oido::client

#endif  // OIDO_CLIENT_RECOGNITION_FLAGS_H_
