// Encodes audio and decodes it again, by libsndfile alone.
#include "tests/support/encoded_audio.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <cstring>

namespace oido::features {
namespace {

struct Memory {
  std::string bytes;
  size_t position = 0;
};

sf_count_t Length(void* data) {
  return static_cast<sf_count_t>(static_cast<Memory*>(data)->bytes.size());
}

sf_count_t Seek(sf_count_t offset, int whence, void* data) {
  auto& memory = *static_cast<Memory*>(data);
  const auto base =
      static_cast<sf_count_t>(whence == SEEK_SET   ? 0
                              : whence == SEEK_CUR ? memory.position
                                                   : memory.bytes.size());
  memory.position = static_cast<size_t>(base + offset);
  return base + offset;
}

sf_count_t Read(void* to, sf_count_t count, void* data) {
  auto& memory = *static_cast<Memory*>(data);
  const size_t left =
      memory.bytes.size() - std::min(memory.position, memory.bytes.size());
  const size_t size = std::min(static_cast<size_t>(count), left);
  std::memcpy(to, memory.bytes.data() + memory.position, size);
  memory.position += size;
  return static_cast<sf_count_t>(size);
}

sf_count_t Write(const void* from, sf_count_t count, void* data) {
  auto& memory = *static_cast<Memory*>(data);
  const auto size = static_cast<size_t>(count);
  memory.bytes.resize(std::max(memory.bytes.size(), memory.position + size));
  std::memcpy(memory.bytes.data() + memory.position, from, size);
  memory.position += size;
  return count;
}

sf_count_t Tell(void* data) {
  return static_cast<sf_count_t>(static_cast<Memory*>(data)->position);
}

SF_VIRTUAL_IO kMemoryIo = {Length, Seek, Read, Write, Tell};

Audio ReadAll(SNDFILE* file, const SF_INFO& info) {
  if (file == nullptr) return {};
  Audio audio = {info.samplerate, info.channels, {}};
  const auto width = static_cast<size_t>(info.channels);
  std::vector<float> block(4096 * width);
  while (const sf_count_t count = sf_readf_float(file, block.data(), 4096)) {
    audio.samples.insert(
        audio.samples.end(), block.begin(),
        block.begin() + count * static_cast<sf_count_t>(width));
  }
  sf_close(file);
  return audio;
}

}  // namespace

Audio ReadWithSndfile(const std::string& path) {
  SF_INFO info = {};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  return ReadAll(file, info);
}

Audio DecodeWithSndfile(std::string bytes) {
  Memory memory = {std::move(bytes)};
  SF_INFO info = {};
  SNDFILE* file = sf_open_virtual(&kMemoryIo, SFM_READ, &info, &memory);
  return ReadAll(file, info);
}

std::string EncodeWithSndfile(const Audio& audio, int format) {
  Memory memory;
  SF_INFO info = {};
  info.samplerate = audio.rate_hz;
  info.channels = audio.channels;
  info.format = format;
  SNDFILE* file = sf_open_virtual(&kMemoryIo, SFM_WRITE, &info, &memory);
  EXPECT_NE(file, nullptr) << sf_strerror(nullptr);
  if (file == nullptr) return "";
  const auto count = static_cast<sf_count_t>(audio.samples.size());
  EXPECT_EQ(sf_write_float(file, audio.samples.data(), count), count);
  sf_close(file);
  return memory.bytes;
}

Audio RecordedSpeech() {
  Audio audio = ReadWithSndfile(
      "/usr/share/pocketsphinx/test/data/librivox/"
      "sense_and_sensibility_01_austen_64kb-0880.wav");
  EXPECT_FALSE(audio.samples.empty()) << "./setup installs its package";
  return audio;
}

Audio Spread(const Audio& mono, int channels) {
  const auto width = static_cast<size_t>(channels);
  const size_t frames = mono.samples.size();
  const size_t lag = static_cast<size_t>(mono.rate_hz) / 4;
  Audio audio = {mono.rate_hz, channels, std::vector<float>(frames * width)};
  for (size_t c = 0; c < width; ++c) {
    for (size_t i = c * lag; i < frames; ++i) {
      audio.samples[i * width + c] =
          mono.samples[i - c * lag] / static_cast<float>(c + 1);
    }
  }
  return audio;
}

}  // namespace oido::features
