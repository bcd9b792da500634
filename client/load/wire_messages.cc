// The protocols differ in names, not in what they do.
#include "client/load/wire_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/wire_time.h"
#include "google_speech/v1.pb.h"
#include "oido/v1/speech.pb.h"
#include "riva/asr.pb.h"

namespace oido::load {
namespace {

namespace riva = nvidia::riva;
namespace google_v1 = google::cloud::speech::v1;

// All have the audio in a field of this number.
constexpr int kAudioField = 2;
static_assert(v1::StreamingRecognizeRequest::kAudioContentFieldNumber ==
              kAudioField);
static_assert(riva::asr::StreamingRecognizeRequest::kAudioContentFieldNumber ==
              kAudioField);
static_assert(google_v1::StreamingRecognizeRequest::kAudioContentFieldNumber ==
              kAudioField);

std::string Prefix(size_t audio_bytes) {
  using google::protobuf::internal::WireFormatLite;
  using google::protobuf::io::CodedOutputStream;
  uint8_t bytes[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(
      WireFormatLite::MakeTag(kAudioField,
                              WireFormatLite::WIRETYPE_LENGTH_DELIMITED),
      bytes);
  end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<uint32_t>(audio_bytes), end);
  return std::string(bytes, end);
}

template <typename Response>
void ReadResults(const Response& response, Heard& heard) {
  heard.probes.clear();
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

absl::Duration AudioOf(const v1::StreamingRecognizeResponse& response) {
  return absl::Seconds(client::Seconds(response.audio_processed()));
}

absl::Duration AudioOf(const riva::asr::StreamingRecognizeResponse& response) {
  float seconds = 0;
  for (const auto& result : response.results())
    seconds = std::max(seconds, result.audio_processed());
  return absl::Seconds(seconds);
}

absl::Duration AudioOf(const google_v1::StreamingRecognizeResponse& response) {
  double seconds = 0;
  for (const auto& result : response.results())
    seconds = std::max(seconds, client::Seconds(result.result_end_time()));
  return absl::Seconds(seconds);
}

void ReadProbes(const v1::StreamingRecognizeResponse& response, Heard& heard) {
  for (const std::string& marker : response.markers()) {
    int64_t id = 0;
    if (absl::SimpleAtoi(marker, &id)) heard.probes.push_back(id);
  }
}

template <typename Response>
void ReadProbes(const Response& /*response*/, Heard& /*heard*/) {}

// `Request` and `Response` of a protocol.
template <typename Request, typename Response>
class MessagesOf : public WireMessages {
 public:
  std::string AudioPrefix(size_t audio_bytes) const final {
    return Prefix(audio_bytes);
  }
  std::string Probe(int64_t /*id*/) const override { return ""; }
  bool Read(google::protobuf::io::ZeroCopyInputStream* bytes,
            Heard& heard) final {
    if (!response_.ParseFromZeroCopyStream(bytes)) return false;
    ReadResults(response_, heard);
    ReadProbes(response_, heard);
    heard.audio_processed = AudioOf(response_);
    return true;
  }

 private:
  Response response_;  // used by every response in turn
};

class OidoMessages final : public MessagesOf<v1::StreamingRecognizeRequest,
                                             v1::StreamingRecognizeResponse> {
 public:
  const char* method() const override {
    return "/oido.v1.SpeechRecognizer/StreamingRecognize";
  }
  Probing probing() const override { return Probing::kMessages; }
  std::string Config(
      const StreamSetup& setup,
      const v1::StreamingRecognitionConfig& wanted) const override {
    v1::StreamingRecognizeRequest request;
    v1::StreamingRecognitionConfig& config =
        *request.mutable_streaming_config();
    config = wanted;
    config.set_interim_results(true);
    config.set_request_id(setup.request_id);
    config.mutable_config()->set_encoding(v1::LINEAR16);
    config.mutable_config()->set_sample_rate_hertz(setup.sample_rate_hz);
    return request.SerializeAsString();
  }
  std::string Probe(int64_t id) const override {
    v1::StreamingRecognizeRequest request;
    request.mutable_control()->mutable_marker()->set_id(absl::StrCat(id));
    return request.SerializeAsString();
  }
};

class RivaMessages final
    : public MessagesOf<riva::asr::StreamingRecognizeRequest,
                        riva::asr::StreamingRecognizeResponse> {
 public:
  const char* method() const override {
    return "/nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize";
  }
  Probing probing() const override { return Probing::kResponses; }
  std::string Config(
      const StreamSetup& setup,
      const v1::StreamingRecognitionConfig& wanted) const override {
    riva::asr::StreamingRecognizeRequest request;
    riva::asr::StreamingRecognitionConfig& config =
        *request.mutable_streaming_config();
    config.set_interim_results(true);
    config.mutable_config()->set_encoding(riva::LINEAR_PCM);
    config.mutable_config()->set_sample_rate_hertz(setup.sample_rate_hz);
    config.mutable_config()->set_audio_channel_count(1);
    config.mutable_config()->set_max_alternatives(1);
    config.mutable_config()->set_language_code("en-US");
    config.mutable_config()->set_model(wanted.config().model());
    request.mutable_id()->set_value(setup.request_id);
    return request.SerializeAsString();
  }
};

class GoogleMessages final
    : public MessagesOf<google_v1::StreamingRecognizeRequest,
                        google_v1::StreamingRecognizeResponse> {
 public:
  const char* method() const override {
    return "/google.cloud.speech.v1.Speech/StreamingRecognize";
  }
  Probing probing() const override { return Probing::kNone; }
  std::string Config(
      const StreamSetup& setup,
      const v1::StreamingRecognitionConfig& wanted) const override {
    google_v1::StreamingRecognizeRequest request;
    google_v1::StreamingRecognitionConfig& config =
        *request.mutable_streaming_config();
    config.set_interim_results(true);
    config.mutable_config()->set_encoding(
        google_v1::RecognitionConfig::LINEAR16);
    config.mutable_config()->set_sample_rate_hertz(setup.sample_rate_hz);
    config.mutable_config()->set_language_code("en-US");
    config.mutable_config()->set_model(wanted.config().model());
    return request.SerializeAsString();
  }
};

}  // namespace

const char* Name(Api api) {
  switch (api) {
    case Api::kOido:
      break;
    case Api::kRiva:
      return "riva";
    case Api::kGoogle:
      return "google";
  }
  return "oido";
}

std::unique_ptr<WireMessages> WireMessages::Create(Api api) {
  switch (api) {
    case Api::kOido:
      break;
    case Api::kRiva:
      return std::make_unique<RivaMessages>();
    case Api::kGoogle:
      return std::make_unique<GoogleMessages>();
  }
  return std::make_unique<OidoMessages>();
}

}  // namespace oido::load
