// Implements the messages of oido.v1.SpeechRecognizer.
#include "client/load/wire_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/wire_time.h"

namespace oido::load {

const char kStreamingMethod[] = "/oido.v1.SpeechRecognizer/StreamingRecognize";

std::string ConfigMessage(const StreamSetup& setup, const std::string& model) {
  v1::StreamingRecognizeRequest request;
  v1::StreamingRecognitionConfig& config = *request.mutable_streaming_config();
  config.set_interim_results(true);
  config.set_request_id(setup.request_id);
  config.mutable_config()->set_encoding(v1::LINEAR16);
  config.mutable_config()->set_sample_rate_hertz(setup.sample_rate_hz);
  config.mutable_config()->set_model(model);
  return request.SerializeAsString();
}

std::string AudioPrefix(size_t audio_bytes) {
  using google::protobuf::internal::WireFormatLite;
  using google::protobuf::io::CodedOutputStream;
  uint8_t bytes[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(
      WireFormatLite::MakeTag(
          v1::StreamingRecognizeRequest::kAudioContentFieldNumber,
          WireFormatLite::WIRETYPE_LENGTH_DELIMITED),
      bytes);
  end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(audio_bytes), end);
  return std::string(bytes, end);
}

std::string ProbeMessage(int64_t id) {
  v1::StreamingRecognizeRequest request;
  request.mutable_control()->mutable_marker()->set_id(absl::StrCat(id));
  return request.SerializeAsString();
}

void ReadResponse(const v1::StreamingRecognizeResponse& response,
                  Heard& heard) {
  heard.audio_processed =
      absl::Seconds(client::Seconds(response.audio_processed()));
  heard.probes.clear();
  for (const std::string& marker : response.markers()) {
    int64_t id = 0;
    if (absl::SimpleAtoi(marker, &id)) heard.probes.push_back(id);
  }
  heard.has_results = !response.results().empty();
  heard.has_final = false;
  heard.final_text.clear();
  heard.interim_text.clear();
  for (const auto& result : response.results()) {
    heard.has_final = heard.has_final || result.is_final();
    if (result.alternatives().empty()) continue;
    std::string& text =
        result.is_final() ? heard.final_text : heard.interim_text;
    absl::StrAppend(&text, result.alternatives(0).transcript());
  }
}

}  // namespace oido::load
