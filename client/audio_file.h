// Reads sound files of any format libsndfile knows as mono audio.
#ifndef OIDO_CLIENT_AUDIO_FILE_H_
#define OIDO_CLIENT_AUDIO_FILE_H_

#include <sndfile.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/audio_source.h"

namespace oido::client {

// A sound file, sent as LINEAR16 where it is 16-bit PCM with one channel, else
// as FLOAT32 with the mean of its channels, at its own rate.
class AudioFile : public AudioSource {
 public:
  // NOT_FOUND or INVALID_ARGUMENT, naming the file.
  static absl::StatusOr<std::unique_ptr<AudioFile>> Open(
      const std::string& path, int chunk_ms);

  AudioFormat format() const override { return format_; }
  absl::StatusOr<std::string> Next() override;
  // As the header says; may be inexact for compressed files.
  double seconds() const;

 private:
  AudioFile(std::string path, SNDFILE* file, const SF_INFO& info, int chunk_ms);

  struct Close {
    void operator()(SNDFILE* file) const { sf_close(file); }
  };
  const std::string path_;
  const std::unique_ptr<SNDFILE, Close> file_;
  const SF_INFO info_;
  AudioFormat format_;
  const sf_count_t chunk_frames_;
  std::vector<float> interleaved_;  // [chunk_frames_, channels]
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_AUDIO_FILE_H_
