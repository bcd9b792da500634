// The commands of the program oido; each returns its exit code.
#ifndef OIDO_CLIENT_OIDO_COMMANDS_H_
#define OIDO_CLIENT_OIDO_COMMANDS_H_

#include <string>
#include <vector>

#include "client/connection_options.h"
#include "oido/v1/speech.pb.h"

namespace oido::client {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;  // as shells count Ctrl-C

struct OutputOptions {
  bool json = false;
  bool words = false;
  bool no_interim = false;
  bool stats = false;
};

struct StreamOptions {
  ConnectionOptions server;
  // Encoding, rate and what the output needs are added to it.
  v1::StreamingRecognitionConfig config;
  int chunk_ms = 100;
  OutputOptions output;
};

struct TranscribeCommand {
  StreamOptions stream;
  std::vector<std::string> files;  // "-": standard input
  int raw_rate_hz = 0;             // of headerless standard input; 0: WAV
  bool realtime = false;
  bool whole = false;  // in one message, by Recognize
};

struct MicCommand {
  StreamOptions stream;
  std::string device;  // empty: the default one
  bool list_devices = false;
};

struct ModelsCommand {
  ConnectionOptions server;
  bool json = false;
};

struct HealthCommand {
  ConnectionOptions server;
};

// Results go to standard output, all else to standard error.
int RunTranscribe(const TranscribeCommand& command);
int RunMic(const MicCommand& command);
int RunModels(const ModelsCommand& command);
int RunHealth(const HealthCommand& command);

}  // namespace oido::client

#endif  // OIDO_CLIENT_OIDO_COMMANDS_H_
