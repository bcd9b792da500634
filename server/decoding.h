// How a stream's words are found: by which decoder, with which settings.
#ifndef OIDO_SERVER_DECODING_H_
#define OIDO_SERVER_DECODING_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/bundle.h"
#include "model/decoder.h"
#include "model/hot_words.h"
#include "oido/v1/speech.pb.h"

namespace oido::server {

inline constexpr int kMaxAlternatives = 30;
// A step's cost grows with the beam; a request may not ask for more.
inline constexpr int kMaxBeamSize = 256;

struct Decoding {
  // Search for words of the lexicon, or of any spelling, with these settings;
  // never both. Neither: the likeliest letters.
  std::optional<model::WordSearchOptions> words;
  std::optional<model::WordSearchOptions> spellings;
  int max_alternatives = 1;
  // What `words` is to expect; may be nullptr.
  std::shared_ptr<const model::HotWords> hot_words;
  // Endpoint rules and final delay in place of the bundle's.
  std::optional<model::DecoderOptions> timing;
};

// What a request asks for, completed from the bundle. INVALID_ARGUMENT names
// the field below `prefix`, its value and the limit.
absl::StatusOr<Decoding> CheckDecoding(const v1::RecognitionConfig& config,
                                       const std::string& prefix,
                                       const model::Bundle& bundle);

// REQUIRES: the bundle has what `decoding` needs.
std::unique_ptr<model::Decoder> MakeDecoder(
    std::shared_ptr<const model::Bundle> bundle, const Decoding& decoding);

// The part of a step's log-probs [outputs] that the decoder reads.
absl::Span<const float> HeadOf(absl::Span<const float> log_probs,
                               const model::AcousticModelOptions& options,
                               const Decoding& decoding);

}  // namespace oido::server

#endif  // OIDO_SERVER_DECODING_H_
