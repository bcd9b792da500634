// The limits of every field a client may set.
#include "server/requests.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/errors.h"
#include "server/speech_rules.h"

namespace oido::server {
namespace {

absl::StatusOr<features::AudioEncoding> CheckEncoding(
    const v1::RecognitionConfig& config, const std::string& prefix) {
  switch (config.encoding()) {
    case v1::AUDIO_ENCODING_UNSPECIFIED:
      return features::AudioEncoding::kUnspecified;
    case v1::LINEAR16:
      return features::AudioEncoding::kLinear16;
    case v1::FLOAT32:
      return features::AudioEncoding::kFloat32;
    case v1::MULAW:
      return features::AudioEncoding::kMulaw;
    case v1::ALAW:
      return features::AudioEncoding::kAlaw;
    case v1::FLAC:
      return features::AudioEncoding::kFlac;
    case v1::OGG_OPUS:
      return features::AudioEncoding::kOggOpus;
    default:
      return FieldError(
          prefix + "encoding",
          absl::StrCat(prefix,
                       "encoding: ", static_cast<int>(config.encoding()),
                       " is unknown; there is LINEAR16 (1), FLOAT32 (2), MULAW "
                       "(3), ALAW (4), FLAC (5), OGG_OPUS (6) and "
                       "AUDIO_ENCODING_UNSPECIFIED (0) for files"));
  }
}

absl::Status CheckRateAndChannels(const v1::RecognitionConfig& config,
                                  features::AudioEncoding encoding,
                                  const std::string& prefix) {
  const int rate = config.sample_rate_hertz();
  const bool from_header = rate == 0 && features::BytesPerSample(encoding) == 0;
  if (!from_header && (rate < features::kMinSampleRateHz ||
                       rate > features::kMaxSampleRateHz)) {
    return FieldError(prefix + "sample_rate_hertz",
                      absl::StrCat(prefix, "sample_rate_hertz: ", rate,
                                   " is not in ", features::kMinSampleRateHz,
                                   "..", features::kMaxSampleRateHz));
  }
  const int channels = config.audio_channel_count();
  if (channels < 0 || channels > features::kMaxChannels) {
    return FieldError(prefix + "audio_channel_count",
                      absl::StrCat(prefix, "audio_channel_count: ", channels,
                                   " is not in 0..", features::kMaxChannels));
  }
  if (config.enable_separate_recognition_per_channel() && channels == 0) {
    return FieldError(
        prefix + "audio_channel_count",
        absl::StrCat(prefix,
                     "audio_channel_count: 0, but channels are recognised "
                     "separately only where it says how many there are, 1..",
                     features::kMaxChannels));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const LoadedModel>> ChooseModel(
    const std::string& name, const std::string& prefix, const ModelSet& models,
    ModelUse use) {
  if (name.empty()) {
    auto model = models.Default(use);
    if (model != nullptr) return model;
    return absl::NotFoundError(absl::StrCat(
        prefix, "model: no streaming model is loaded; for Recognize there is ",
        models.Names(ModelUse::kRecording)));
  }
  auto model = models.Find(name);
  if (!model.ok() || use == ModelUse::kRecording || !(*model)->offline())
    return model;
  return FieldError(
      prefix + "model",
      absl::StrCat(prefix, "model: ", Quoted(name),
                   " is an offline model, which needs the whole recording and "
                   "serves Recognize only; streaming models: ",
                   models.Names(ModelUse::kStream)));
}

absl::Status CheckId(const std::string& field, const std::string& id) {
  if (id.size() <= kMaxIdBytes) return absl::OkStatus();
  return FieldError(field, absl::StrCat(field, ": ", id.size(),
                                        " bytes, limit ", kMaxIdBytes));
}

absl::Status PushControl(const v1::StreamControl& control,
                         ChannelSessions* sessions) {
  switch (control.command_case()) {
    case v1::StreamControl::kFinalize:
      sessions->PushFinalize();
      return absl::OkStatus();
    case v1::StreamControl::kMarker: {
      absl::Status status = CheckId("control.marker.id", control.marker().id());
      if (status.ok()) sessions->PushMarker(control.marker().id());
      return status;
    }
    case v1::StreamControl::COMMAND_NOT_SET:
      break;
  }
  return FieldError(
      "control.command",
      "control.command: none is set; there is finalize and marker");
}

}  // namespace

bool SpeaksLanguage(const model::Bundle& bundle, absl::string_view wanted) {
  const absl::string_view language = bundle.language_code;
  return wanted.empty() || absl::EqualsIgnoreCase(wanted, language) ||
         absl::EqualsIgnoreCase(wanted, language.substr(0, language.find('-')));
}

absl::Status ParseMessage(grpc::ByteBuffer* bytes,
                          google::protobuf::Message* message) {
  const size_t length = bytes->Length();
  bool parsed = false;
  {
    grpc::ProtoBufferReader reader(bytes);
    parsed = message->ParseFromZeroCopyStream(&reader) && reader.status().ok();
  }
  bytes->Clear();
  if (parsed) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "a message of ", length, " bytes is no ", message->GetTypeName()));
}

absl::StatusOr<SessionConfig> CheckConfig(const v1::RecognitionConfig& config,
                                          const std::string& prefix,
                                          const ModelSet& models,
                                          ModelUse use) {
  absl::StatusOr<features::AudioEncoding> encoding =
      CheckEncoding(config, prefix);
  if (!encoding.ok()) return encoding.status();
  absl::Status status = CheckRateAndChannels(config, *encoding, prefix);
  if (!status.ok()) return status;
  auto model = ChooseModel(config.model(), prefix, models, use);
  if (!model.ok()) return model.status();
  if (!SpeaksLanguage(*(*model)->bundle, config.language_code())) {
    return FieldError(
        prefix + "language_code",
        absl::StrCat(prefix, "language_code: ", Quoted(config.language_code()),
                     " is not spoken by model \"", (*model)->bundle->name,
                     "\", which takes \"", (*model)->bundle->language_code,
                     "\""));
  }
  auto decoding = CheckDecoding(config, prefix, *(*model)->bundle);
  if (!decoding.ok()) return decoding.status();
  SessionConfig result;
  result.model = *std::move(model);
  result.decoding = *decoding;
  result.format.encoding = *encoding;
  result.format.sample_rate_hz = config.sample_rate_hertz();
  result.format.channels = config.audio_channel_count();
  if (config.enable_separate_recognition_per_channel())
    result.separate_channels = config.audio_channel_count();
  result.use = use;
  return result;
}

absl::StatusOr<SessionConfig> CheckStreamingConfig(
    const v1::StreamingRecognitionConfig& config, const ModelSet& models) {
  absl::Status status =
      CheckId("streaming_config.request_id", config.request_id());
  if (!status.ok()) return status;
  auto result = CheckConfig(config.config(), "streaming_config.config.", models,
                            ModelUse::kStream);
  if (!result.ok()) return result;
  auto timing = CheckTiming(config, result->model->bundle->decoder);
  if (!timing.ok()) return timing.status();
  auto speech = CheckSpeechRules(config);
  if (!speech.ok()) return speech.status();
  result->decoding.timing = *timing;
  result->speech = *speech;
  result->interim_results = config.interim_results();
  return result;
}

absl::Status PushInput(v1::StreamingRecognizeRequest* request,
                       size_t max_message_bytes, ChannelSessions* sessions) {
  switch (request->request_case()) {
    case v1::StreamingRecognizeRequest::kAudioContent: {
      const size_t size = request->audio_content().size();
      if (size > max_message_bytes) {
        return FieldError("audio_content",
                          absl::StrCat("audio_content: ", size,
                                       " bytes, limit ", max_message_bytes));
      }
      sessions->PushAudio(std::move(*request->mutable_audio_content()));
      return absl::OkStatus();
    }
    case v1::StreamingRecognizeRequest::kControl:
      return PushControl(request->control(), sessions);
    default:
      return FieldError(
          "request",
          "request: a message must carry streaming_config, audio_content "
          "or control; this one carries nothing");
  }
}

}  // namespace oido::server
