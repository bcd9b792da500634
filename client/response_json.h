// Writes responses as JSON with the wire's names; durations become seconds.
#ifndef OIDO_CLIENT_RESPONSE_JSON_H_
#define OIDO_CLIENT_RESPONSE_JSON_H_

#include <string>

#include "client/latency_recorder.h"
#include "nlohmann/json.hpp"
#include "oido/v1/speech.pb.h"

namespace oido::client {

nlohmann::ordered_json ToJson(const v1::StreamingRecognizeResponse& response);
nlohmann::ordered_json ToJson(const v1::ListModelsResponse& response);
nlohmann::ordered_json ToJson(const LatencySummary& summary);

// One line without its end; bytes that are not UTF-8 are replaced.
std::string JsonLine(const nlohmann::ordered_json& value);

}  // namespace oido::client

#endif  // OIDO_CLIENT_RESPONSE_JSON_H_
