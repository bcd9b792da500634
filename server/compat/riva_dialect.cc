// Markers behind the audio tell when a response is due.
#include "server/compat/riva_dialect.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "riva/asr.pb.h"
#include "server/compat/riva_config.h"
#include "server/errors.h"
#include "server/requests.h"

namespace oido::server {
namespace {

namespace riva = nvidia::riva::asr;

constexpr char kPackage[] = "riva.";

int32_t ToMs(const google::protobuf::Duration& duration) {
  return static_cast<int32_t>(duration.seconds() * 1000 +
                              duration.nanos() / 1'000'000);
}

float ToSeconds(const google::protobuf::Duration& duration) {
  return static_cast<float>(duration.seconds()) +
         static_cast<float>(duration.nanos()) * 1e-9f;
}

// Appends, as a result in parts has to be joined.
void Append(const v1::SpeechRecognitionAlternative& from,
            riva::SpeechRecognitionAlternative* to) {
  to->mutable_transcript()->append(from.transcript());
  to->set_confidence(from.confidence());
  for (const v1::WordInfo& word : from.words()) {
    riva::WordInfo* info = to->add_words();
    info->set_word(word.word());
    info->set_start_time(ToMs(word.start_time()));
    info->set_end_time(ToMs(word.end_time()));
    info->set_confidence(word.confidence());
  }
}

// Riva counts channels from 1, even where they are heard as one.
int ChannelTag(const v1::StreamingRecognitionResult& result) {
  return std::max(1, result.channel_tag());
}

class RivaStream final : public StreamDialect {
 public:
  explicit RivaStream(const ModelSet& models) : models_(models) {}

  std::string method() const override {
    return absl::StrCat(kPackage, "StreamingRecognize");
  }

  absl::Status Read(
      grpc::ByteBuffer* bytes,
      std::vector<v1::StreamingRecognizeRequest>* requests) override {
    riva::StreamingRecognizeRequest request;
    absl::Status status = ParseMessage(bytes, &request);
    if (!status.ok()) return status;
    const auto force = request.runtime_config().find("force_eou");
    const bool ends_here = force != request.runtime_config().end() &&
                           absl::EqualsIgnoreCase(force->second, "true");
    if (request.has_streaming_config()) return ReadConfig(request, requests);
    if (!request.has_audio_content() && !ends_here) {
      return FieldError("streaming_request",
                        "streaming_request: a message must carry "
                        "streaming_config or audio_content; this one carries "
                        "nothing");
    }
    if (request.has_audio_content()) {
      requests->emplace_back().set_allocated_audio_content(
          request.release_audio_content());
    }
    if (ends_here)
      requests->emplace_back().mutable_control()->mutable_finalize();
    requests->emplace_back().mutable_control()->mutable_marker();
    return absl::OkStatus();
  }

  void Write(const v1::StreamingRecognizeResponse& response) override {
    for (const v1::StreamingRecognitionResult& result : response.results()) {
      if (result.is_final()) {
        interims_.erase(ChannelTag(result));
        AddFinal(result, response);
      }
    }
    riva::StreamingRecognitionResult interim;
    for (const v1::StreamingRecognitionResult& result : response.results())
      if (!result.is_final()) AddInterim(result, response, &interim);
    if (!interim.alternatives().empty())
      interims_[interim.channel_tag()] = std::move(interim);
    next_.mutable_id()->set_value(response.request_id());
    due_ += response.markers_size();
  }

  void WriteEnd(const absl::Status& status) override {
    // What was understood before an error is not lost.
    due_ = status.ok() || !next_.results().empty() ? 1 : 0;
  }

  std::optional<std::string> Next() override {
    if (due_ == 0) return std::nullopt;
    --due_;
    for (auto& [channel, interim] : interims_)
      *next_.add_results() = std::move(interim);
    interims_.clear();
    if (next_.id().value().empty()) next_.clear_id();
    std::string bytes = next_.SerializeAsString();
    next_.clear_results();
    return bytes;
  }

 private:
  absl::Status ReadConfig(
      const riva::StreamingRecognizeRequest& request,
      std::vector<v1::StreamingRecognizeRequest>* requests) {
    auto native = FromRiva(request.streaming_config(), models_, method());
    if (!native.ok()) return native.status();
    native->set_request_id(NativeId(request.id()));
    alternatives_ = native->config().max_alternatives();
    *requests->emplace_back().mutable_streaming_config() = *std::move(native);
    return absl::OkStatus();
  }

  static void SetPlace(const v1::StreamingRecognitionResult& native,
                       const v1::StreamingRecognizeResponse& response,
                       riva::StreamingRecognitionResult* result) {
    result->set_channel_tag(ChannelTag(native));
    result->set_audio_processed(ToSeconds(response.audio_processed()));
  }

  void AddFinal(const v1::StreamingRecognitionResult& result,
                const v1::StreamingRecognizeResponse& response) {
    riva::StreamingRecognitionResult* to = next_.add_results();
    for (const auto& alternative : result.alternatives())
      Append(alternative, to->add_alternatives());
    // Riva's C++ client joins the n-th alternatives of all results and forgets
    // the text of those that a result lacks.
    while (to->alternatives_size() < alternatives_) {
      riva::SpeechRecognitionAlternative last =
          to->alternatives(to->alternatives_size() - 1);
      *to->add_alternatives() = std::move(last);
    }
    to->set_is_final(true);
    SetPlace(result, response, to);
  }

  // All interim text is one result, as clients take each for the whole.
  static void AddInterim(const v1::StreamingRecognitionResult& part,
                         const v1::StreamingRecognizeResponse& response,
                         riva::StreamingRecognitionResult* whole) {
    if (whole->alternatives().empty()) whole->add_alternatives();
    Append(part.alternatives(0), whole->mutable_alternatives(0));
    whole->set_stability(part.stability());
    SetPlace(part, response, whole);
  }

  const ModelSet& models_;
  // Set by the reader before there is anything to write.
  int alternatives_ = 0;
  riva::StreamingRecognizeResponse next_;                     // finals so far
  std::map<int, riva::StreamingRecognitionResult> interims_;  // by channel
  int due_ = 0;                                               // responses
};

class RivaRecording final : public RecordingDialect {
 public:
  explicit RivaRecording(const ModelSet& models) : models_(models) {}

  std::string method() const override {
    return absl::StrCat(kPackage, "Recognize");
  }

  absl::Status Read(grpc::ByteBuffer* bytes,
                    v1::RecognizeRequest* native) override {
    riva::RecognizeRequest request;
    absl::Status status = ParseMessage(bytes, &request);
    if (!status.ok()) return status;
    if (!request.has_config()) return FieldError("config", "config: missing");
    auto config =
        FromRiva(request.config(), models_, ModelUse::kRecording, method());
    if (!config.ok()) return config.status();
    *native->mutable_config() = *std::move(config);
    native->set_allocated_audio_content(request.release_audio());
    id_ = NativeId(request.id());
    return absl::OkStatus();
  }

  std::string Write(const v1::RecognizeResponse& native) override {
    riva::RecognizeResponse response;
    for (const v1::StreamingRecognitionResult& result : native.results()) {
      riva::SpeechRecognitionResult* to = response.add_results();
      for (const auto& alternative : result.alternatives())
        Append(alternative, to->add_alternatives());
      to->set_channel_tag(ChannelTag(result));
      to->set_audio_processed(ToSeconds(result.result_end_time()));
    }
    if (!id_.empty()) response.mutable_id()->set_value(id_);
    return response.SerializeAsString();
  }

 private:
  const ModelSet& models_;
  std::string id_;
};

}  // namespace

std::unique_ptr<StreamDialect> NewRivaStream(const ModelSet& models) {
  return std::make_unique<RivaStream>(models);
}

std::unique_ptr<RecordingDialect> NewRivaRecording(const ModelSet& models) {
  return std::make_unique<RivaRecording>(models);
}

}  // namespace oido::server
