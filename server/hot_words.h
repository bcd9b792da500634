// Limits of the hot words of a request, and what the search makes of them.
#ifndef OIDO_SERVER_HOT_WORDS_H_
#define OIDO_SERVER_HOT_WORDS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "model/decoder_resources.h"
#include "model/hot_words.h"
#include "oido/v1/speech.pb.h"

namespace oido::server {

inline constexpr int kMaxHotPhrases = 500;          // of a request
inline constexpr size_t kMaxHotWordBytes = 20'000;  // of a request's phrases
inline constexpr size_t kMaxHotPhraseBytes = 100;
inline constexpr size_t kMaxHotPhraseWords = 10;
inline constexpr float kMaxHotWordBoost = 20.0f;
inline constexpr int kMaxPronunciations = 500;  // of a request
inline constexpr size_t kMaxPronunciationPhones = 40;

// nullptr where the request has none. INVALID_ARGUMENT names the field below
// `prefix`, its value and the limit. `lm_weight`: of the search's settings.
absl::StatusOr<std::shared_ptr<const model::HotWords>> CheckHotWords(
    const v1::RecognitionConfig& config, const std::string& prefix,
    const std::shared_ptr<const model::DecoderResources>& resources,
    float lm_weight);

}  // namespace oido::server

#endif  // OIDO_SERVER_HOT_WORDS_H_
