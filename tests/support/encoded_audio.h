// Encodes audio and decodes it again, by libsndfile alone.
#ifndef OIDO_TESTS_SUPPORT_ENCODED_AUDIO_H_
#define OIDO_TESTS_SUPPORT_ENCODED_AUDIO_H_

#include <string>
#include <vector>

namespace oido::features {

struct Audio {
  int rate_hz = 0;
  int channels = 1;
  std::vector<float> samples;  // [any, channels], -1..1
};

// A file as libsndfile reads it, given by its path or by its bytes; without
// samples where it cannot.
Audio ReadWithSndfile(const std::string& path);
Audio DecodeWithSndfile(std::string bytes);

// A file in memory; `format` is libsndfile's, such as SF_FORMAT_FLAC |
// SF_FORMAT_PCM_16.
std::string EncodeWithSndfile(const Audio& audio, int format);

// The LibriVox sentence of 3 s (16 kHz; Debian's pocketsphinx-testdata).
Audio RecordedSpeech();

// `mono` in every channel, each one later by a quarter of a second and softer.
Audio Spread(const Audio& mono, int channels);

}  // namespace oido::features

#endif  // OIDO_TESTS_SUPPORT_ENCODED_AUDIO_H_
