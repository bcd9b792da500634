// Reads sound files of any format libsndfile knows.
#ifndef OIDO_CLIENT_AUDIO_FILE_H_
#define OIDO_CLIENT_AUDIO_FILE_H_

#include <sndfile.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/audio_source.h"

namespace oido::client {

enum class Channels { kMean, kSeparate };

// A sound file at its own rate: 16-bit PCM whose channels are not mixed as
// LINEAR16, all else as FLOAT32.
class AudioFile : public AudioSource {
 public:
  // NOT_FOUND or INVALID_ARGUMENT, naming the file.
  static absl::StatusOr<std::unique_ptr<AudioFile>> Open(
      const std::string& path, int chunk_ms, Channels channels);

  AudioFormat format() const override { return format_; }
  absl::StatusOr<std::string> Next() override;
  // As the header says; may be inexact for compressed files.
  double seconds() const;

 private:
  AudioFile(std::string path, SNDFILE* file, const SF_INFO& info,
            AudioFormat format, int chunk_ms);

  void Mix(std::vector<float>* samples) const;

  struct Close {
    void operator()(SNDFILE* file) const { sf_close(file); }
  };
  const std::string path_;
  const std::unique_ptr<SNDFILE, Close> file_;
  const SF_INFO info_;
  const AudioFormat format_;
  const sf_count_t chunk_frames_;
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_AUDIO_FILE_H_
