// Turns the bytes a client sends into mono samples at the model's rate.
#ifndef OIDO_FEATURES_AUDIO_DECODER_H_
#define OIDO_FEATURES_AUDIO_DECODER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "features/audio_format.h"
#include "features/codec.h"

namespace oido::features {

// One stream's decoder: container, codec, choice or mean of the channels, and
// resampling. Output samples do not depend on how the bytes were cut, to the
// bit. One thread at a time. After an error every call fails.
// A WAV header is also skipped where the encoding is given, as clients that
// send a whole file do; its format must then agree with what was declared.
class AudioDecoder {
 public:
  // INVALID_ARGUMENT names the field (as in RecognitionConfig), the value and
  // the limit.
  static absl::StatusOr<std::unique_ptr<AudioDecoder>> Create(
      const AudioFormat& format, int output_rate_hz);
  ~AudioDecoder();

  // Takes bytes off the front of `bytes` and appends to `samples` (mono, int16
  // range, output rate) what they complete. Returns when all bytes are taken
  // and there is no more, or earlier, once some samples are there: fewer than 2
  // * kMaxSamplesAtOnce of the input rate.
  absl::Status DecodeSome(absl::string_view* bytes,
                          std::vector<float>* samples);

  // DecodeSome may append more without more bytes.
  bool has_more() const;

  // DecodeSome until all is taken and there is no more: for bytes that are
  // trusted not to unfold.
  absl::Status Decode(absl::string_view bytes, std::vector<float>* samples);

  // The utterance, or all of the audio, ends here: appends what the resampler
  // still holds. INVALID_ARGUMENT if it ends inside a sample or a header, or,
  // where all ends, inside a frame or a page. REQUIRES: !has_more().
  absl::Status Finish(AudioEnd end, std::vector<float>* samples);

  // Ready for the next utterance of the same stream (a header is not expected
  // again). Between Finish and this, Decode is FAILED_PRECONDITION.
  void Reset();

  // Input rate; 0 until a header told it.
  int sample_rate_hz() const;

  // Bytes held now, this object included.
  size_t size_bytes() const;

 private:
  struct Impl;
  explicit AudioDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oido::features

#endif  // OIDO_FEATURES_AUDIO_DECODER_H_
