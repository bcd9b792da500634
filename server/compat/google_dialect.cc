// What differs between the versions is in V1 and V2; the rest is written once.
#include "server/compat/google_dialect.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/compat/google_config.h"
#include "server/errors.h"
#include "server/requests.h"

namespace oido::server {
namespace {

using Duration = ::google::protobuf::Duration;

struct V1 {
  using Streaming = google_v1::StreamingRecognizeRequest;
  using Response = google_v1::StreamingRecognizeResponse;
  using Recognize = google_v1::RecognizeRequest;
  using Answer = google_v1::RecognizeResponse;

  static constexpr char kPackage[] = "google.v1.";
  static constexpr char kAudioField[] = "audio_content";

  // What makes sense of a message before it is looked into.
  static absl::Status CheckEnvelope(const Streaming& /*request*/) {
    return absl::OkStatus();
  }
  static absl::Status CheckEnvelope(const Recognize& request) {
    if (request.audio().has_uri()) return UriError("audio.uri");
    if (request.audio().has_content()) return absl::OkStatus();
    return FieldError("audio", "audio: must have content");
  }
  static bool HasAudio(const Streaming& request) {
    return request.has_audio_content();
  }
  static std::string* ReleaseAudio(Streaming* request) {
    return request->release_audio_content();
  }
  static std::string* ReleaseAudio(Recognize* request) {
    return request->mutable_audio()->release_content();
  }
  static Duration* Start(google_v1::WordInfo* word) {
    return word->mutable_start_time();
  }
  static Duration* End(google_v1::WordInfo* word) {
    return word->mutable_end_time();
  }
  template <typename Result>
  static Duration* ResultEnd(Result* result) {
    return result->mutable_result_end_time();
  }
  static Duration* Billed(Answer* answer) {
    return answer->mutable_total_billed_time();
  }
  // False: this version has no such event.
  static bool SetEvent(const v1::SpeechEvent& event, Response* response) {
    *response->mutable_speech_event_time() = event.time();
    switch (event.type()) {
      case v1::SpeechEvent::SPEECH_START:
        response->set_speech_event_type(Response::SPEECH_ACTIVITY_BEGIN);
        return true;
      case v1::SpeechEvent::SPEECH_END:
        response->set_speech_event_type(Response::SPEECH_ACTIVITY_END);
        return true;
      case v1::SpeechEvent::END_OF_SINGLE_UTTERANCE:
        response->set_speech_event_type(Response::END_OF_SINGLE_UTTERANCE);
        return true;
      case v1::SpeechEvent::SPEECH_START_TIMEOUT:
      case v1::SpeechEvent::SPEECH_END_TIMEOUT:
        response->set_speech_event_type(Response::SPEECH_ACTIVITY_TIMEOUT);
        return true;
      default:
        return false;
    }
  }
};

struct V2 {
  using Streaming = google_v2::StreamingRecognizeRequest;
  using Response = google_v2::StreamingRecognizeResponse;
  using Recognize = google_v2::RecognizeRequest;
  using Answer = google_v2::RecognizeResponse;

  static constexpr char kPackage[] = "google.v2.";
  static constexpr char kAudioField[] = "audio";

  static absl::Status CheckEnvelope(const Streaming& request) {
    return request.has_streaming_config()
               ? CheckRecognizer(request.recognizer())
               : absl::OkStatus();
  }
  static absl::Status CheckEnvelope(const Recognize& request) {
    if (request.has_uri()) return UriError("uri");
    if (!request.has_content())
      return FieldError("content", "content: missing");
    return CheckRecognizer(request.recognizer());
  }
  static bool HasAudio(const Streaming& request) { return request.has_audio(); }
  static std::string* ReleaseAudio(Streaming* request) {
    return request->release_audio();
  }
  static std::string* ReleaseAudio(Recognize* request) {
    return request->release_content();
  }
  static Duration* Start(google_v2::WordInfo* word) {
    return word->mutable_start_offset();
  }
  static Duration* End(google_v2::WordInfo* word) {
    return word->mutable_end_offset();
  }
  template <typename Result>
  static Duration* ResultEnd(Result* result) {
    return result->mutable_result_end_offset();
  }
  static Duration* Billed(Answer* answer) {
    return answer->mutable_metadata()->mutable_total_billed_duration();
  }
  static bool SetEvent(const v1::SpeechEvent& event, Response* response) {
    *response->mutable_speech_event_offset() = event.time();
    switch (event.type()) {
      case v1::SpeechEvent::SPEECH_START:
        response->set_speech_event_type(Response::SPEECH_ACTIVITY_BEGIN);
        return true;
      case v1::SpeechEvent::SPEECH_END:
        response->set_speech_event_type(Response::SPEECH_ACTIVITY_END);
        return true;
      default:
        return false;
    }
  }
};

// Alternatives and end of a streaming or a whole recording's result.
template <typename Api, typename Result>
void SetResult(const v1::StreamingRecognitionResult& from,
               const std::string& language, Result* to) {
  for (const v1::SpeechRecognitionAlternative& alternative :
       from.alternatives()) {
    auto* said = to->add_alternatives();
    said->set_transcript(alternative.transcript());
    said->set_confidence(alternative.confidence());
    for (const v1::WordInfo& word : alternative.words()) {
      auto* info = said->add_words();
      info->set_word(word.word());
      info->set_confidence(word.confidence());
      if (!word.has_start_time()) continue;
      *Api::Start(info) = word.start_time();
      *Api::End(info) = word.end_time();
    }
  }
  *Api::ResultEnd(to) = from.result_end_time();
  to->set_channel_tag(from.channel_tag());
  to->set_language_code(language);
}

template <typename Api>
class GoogleStream final : public StreamDialect {
 public:
  explicit GoogleStream(const ModelSet& models) : models_(models) {}

  std::string method() const override {
    return absl::StrCat(Api::kPackage, "StreamingRecognize");
  }

  absl::Status Read(
      grpc::ByteBuffer* bytes,
      std::vector<v1::StreamingRecognizeRequest>* requests) override {
    typename Api::Streaming request;
    absl::Status status = ParseMessage(bytes, &request);
    if (status.ok()) status = Api::CheckEnvelope(request);
    if (!status.ok()) return status;
    if (request.has_streaming_config()) {
      auto native = FromGoogle(request.streaming_config(),
                               {models_, ModelUse::kStream, method()});
      if (!native.ok()) return native.status();
      language_ = native->config().language_code();
      *requests->emplace_back().mutable_streaming_config() = *std::move(native);
      return absl::OkStatus();
    }
    if (!Api::HasAudio(request)) {
      return FieldError(
          "streaming_request",
          absl::StrCat("streaming_request: a message must carry "
                       "streaming_config or ",
                       Api::kAudioField, "; this one carries nothing"));
    }
    requests->emplace_back().set_allocated_audio_content(
        Api::ReleaseAudio(&request));
    return absl::OkStatus();
  }

  void Write(const v1::StreamingRecognizeResponse& native) override {
    for (const v1::SpeechEvent& event : native.events()) {
      typename Api::Response response;
      if (Api::SetEvent(event, &response))
        next_.push_back(response.SerializeAsString());
    }
    if (native.results().empty()) return;
    typename Api::Response response;
    for (const v1::StreamingRecognitionResult& result : native.results()) {
      auto* to = response.add_results();
      SetResult<Api>(result, language_, to);
      to->set_is_final(result.is_final());
      to->set_stability(result.stability());
    }
    next_.push_back(response.SerializeAsString());
  }
  void WriteEnd(const absl::Status& /*status*/) override {}

  std::optional<std::string> Next() override {
    if (next_.empty()) return std::nullopt;
    std::string bytes = std::move(next_.front());
    next_.pop_front();
    return bytes;
  }

 private:
  const ModelSet& models_;
  // Set by the reader before there is anything to write.
  std::string language_;
  std::deque<std::string> next_;  // of one native response
};

template <typename Api>
class GoogleRecording final : public RecordingDialect {
 public:
  explicit GoogleRecording(const ModelSet& models) : models_(models) {}

  std::string method() const override {
    return absl::StrCat(Api::kPackage, "Recognize");
  }

  absl::Status Read(grpc::ByteBuffer* bytes,
                    v1::RecognizeRequest* native) override {
    typename Api::Recognize request;
    absl::Status status = ParseMessage(bytes, &request);
    if (!status.ok()) return status;
    if (!request.has_config()) return FieldError("config", "config: missing");
    status = Api::CheckEnvelope(request);
    if (!status.ok()) return status;
    auto config =
        FromGoogle(request.config(), {models_, ModelUse::kRecording, method()});
    if (!config.ok()) return config.status();
    language_ = config->language_code();
    *native->mutable_config() = *std::move(config);
    native->set_allocated_audio_content(Api::ReleaseAudio(&request));
    return absl::OkStatus();
  }

  std::string Write(const v1::RecognizeResponse& native) override {
    typename Api::Answer answer;
    for (const v1::StreamingRecognitionResult& result : native.results())
      SetResult<Api>(result, language_, answer.add_results());
    // Nobody is billed; clients print it as the length of the audio.
    *Api::Billed(&answer) = native.audio_processed();
    return answer.SerializeAsString();
  }

 private:
  const ModelSet& models_;
  std::string language_;
};

}  // namespace

std::unique_ptr<StreamDialect> NewGoogleStream(GoogleVersion version,
                                               const ModelSet& models) {
  if (version == GoogleVersion::kV1)
    return std::make_unique<GoogleStream<V1>>(models);
  return std::make_unique<GoogleStream<V2>>(models);
}

std::unique_ptr<RecordingDialect> NewGoogleRecording(GoogleVersion version,
                                                     const ModelSet& models) {
  if (version == GoogleVersion::kV1)
    return std::make_unique<GoogleRecording<V1>>(models);
  return std::make_unique<GoogleRecording<V2>>(models);
}

}  // namespace oido::server
