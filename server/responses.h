// Turns what a session has to say into responses.
#ifndef OIDO_SERVER_RESPONSES_H_
#define OIDO_SERVER_RESPONSES_H_

#include "oido/v1/speech.pb.h"
#include "server/model_set.h"
#include "server/update.h"

namespace oido::server {

// Which optional fields a client has asked for.
struct ResponseOptions {
  bool word_times = false;
  bool word_confidence = false;
  int channel_tag = 0;  // of the results; 0: channels are heard as one
};

v1::StreamingRecognitionResult FinalToProto(const Result& result,
                                            const ResponseOptions& options);

v1::StreamingRecognizeResponse UpdateToProto(const Update& update,
                                             const std::string& request_id,
                                             const ResponseOptions& options);

v1::ListModelsResponse ModelsToProto(const ModelSet& models);

v1::SpeechEvent::Type TypeOf(SpeechEvent::Kind kind);

void SetDuration(absl::Duration duration, google::protobuf::Duration* proto);

}  // namespace oido::server

#endif  // OIDO_SERVER_RESPONSES_H_
