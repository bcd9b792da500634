// Builds WAV files and raw samples byte by byte.
#ifndef OIDO_TESTS_UNIT_WAV_BYTES_H_
#define OIDO_TESTS_UNIT_WAV_BYTES_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace oido::features {

inline std::string Little(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

inline std::string Chunk(const std::string& id, const std::string& body) {
  std::string chunk = id + Little(static_cast<uint32_t>(body.size()), 4) + body;
  if (body.size() % 2 == 1) chunk.push_back('\0');
  return chunk;
}

inline std::string FloatBytes(const std::vector<float>& samples) {
  std::string bytes;
  for (const float sample : samples) {
    uint32_t bits;
    std::memcpy(&bits, &sample, sizeof(bits));
    bytes += Little(bits, 4);
  }
  return bytes;
}

inline std::string Linear16Bytes(const std::vector<int>& samples) {
  std::string bytes;
  for (const int sample : samples)
    bytes += Little(static_cast<uint32_t>(sample), 2);
  return bytes;
}

struct WavSpec {
  uint32_t format = 1;
  uint32_t channels = 1;
  uint32_t rate = 16000;
  uint32_t bits = 16;
  std::optional<uint32_t> data_size = std::nullopt;  // else that of the data
};

// The body of a fmt chunk, 16 bytes.
inline std::string FormatBody(const WavSpec& spec) {
  const uint32_t block = spec.channels * spec.bits / 8;
  return Little(spec.format, 2) + Little(spec.channels, 2) +
         Little(spec.rate, 4) + Little(spec.rate * block, 4) +
         Little(block, 2) + Little(spec.bits, 2);
}

inline std::string WavBytes(const WavSpec& spec, const std::string& data) {
  const std::string chunks =
      Chunk("fmt ", FormatBody(spec)) + "data" +
      Little(spec.data_size.value_or(static_cast<uint32_t>(data.size())), 4) +
      data;
  return "RIFF" + Little(static_cast<uint32_t>(chunks.size() + 4), 4) + "WAVE" +
         chunks;
}

}  // namespace oido::features

#endif  // OIDO_TESTS_UNIT_WAV_BYTES_H_
