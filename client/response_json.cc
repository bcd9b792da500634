// Implements the JSON forms field by field.
#include "client/response_json.h"

#include <cmath>

#include "client/wire_time.h"

namespace oido::client {
namespace {

using Json = nlohmann::ordered_json;

// The wire's floats have seven digits; as doubles they would show noise.
double Rounded(double value) { return std::round(value * 1e4) / 1e4; }

Json ToJson(const v1::SpeechRecognitionAlternative& alternative) {
  Json json = {{"transcript", alternative.transcript()},
               {"confidence", Rounded(alternative.confidence())},
               {"words", Json::array()}};
  for (const v1::WordInfo& word : alternative.words()) {
    json["words"].push_back({{"word", word.word()},
                             {"start_seconds", Seconds(word.start_time())},
                             {"end_seconds", Seconds(word.end_time())},
                             {"confidence", Rounded(word.confidence())}});
  }
  return json;
}

Json ToJson(const v1::StreamingRecognitionResult& result) {
  Json json = {{"is_final", result.is_final()},
               {"stability", Rounded(result.stability())},
               {"result_end_seconds", Seconds(result.result_end_time())},
               {"alternatives", Json::array()}};
  if (result.channel_tag() > 0) json["channel_tag"] = result.channel_tag();
  for (const auto& alternative : result.alternatives()) {
    json["alternatives"].push_back(ToJson(alternative));
  }
  return json;
}

Json ToJson(const Quantiles& quantiles) {
  return {{"count", quantiles.count},
          {"median", Rounded(quantiles.median_ms)},
          {"p95", Rounded(quantiles.p95_ms)}};
}

Json OrNull(const std::optional<double>& value) {
  return value.has_value() ? Json(Rounded(*value)) : Json(nullptr);
}

}  // namespace

Json ToJson(const v1::StreamingRecognizeResponse& response) {
  Json json = {{"results", Json::array()},
               {"audio_received_seconds", Seconds(response.audio_received())},
               {"audio_processed_seconds", Seconds(response.audio_processed())},
               {"latency_ms",
                {{"queue", Rounded(response.latency().queue_ms())},
                 {"features", Rounded(response.latency().features_ms())},
                 {"model", Rounded(response.latency().model_ms())},
                 {"decode", Rounded(response.latency().decode_ms())}}},
               {"request_id", response.request_id()},
               {"markers", Json::array()}};
  for (const auto& result : response.results()) {
    json["results"].push_back(ToJson(result));
  }
  for (const std::string& marker : response.markers()) {
    json["markers"].push_back(marker);
  }
  return json;
}

Json ToJson(const v1::ListModelsResponse& response) {
  Json models = Json::array();
  for (const v1::Model& model : response.models()) {
    models.push_back({{"name", model.name()},
                      {"version", model.version()},
                      {"language_code", model.language_code()},
                      {"description", model.description()},
                      {"sample_rate_hertz", model.sample_rate_hertz()},
                      {"is_default", model.is_default()},
                      {"offline", model.offline()},
                      {"step_seconds", Seconds(model.step())}});
  }
  return {{"models", models}};
}

Json ToJson(const LatencySummary& summary) {
  return {{"chunk_ms", ToJson(summary.chunk)},
          {"first_words_ms", OrNull(summary.first_words_ms)},
          {"final_ms", OrNull(summary.final_ms)},
          {"server_ms",
           {{"queue", ToJson(summary.queue)},
            {"features", ToJson(summary.features)},
            {"model", ToJson(summary.model)},
            {"decode", ToJson(summary.decode)}}},
          {"audio_seconds", Rounded(summary.audio_seconds)},
          {"wall_seconds", Rounded(summary.wall_seconds)}};
}

std::string JsonLine(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace oido::client
