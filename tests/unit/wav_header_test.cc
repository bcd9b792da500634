// Tests the WAV headers that are understood and those that are not.
#include "features/wav_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/wav_bytes.h"

namespace oido::features {
namespace {

using State = WavHeaderReader::State;
using testing::HasSubstr;

const char kGuidTail[] =
    "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71";

std::string Riff(const std::string& chunks) {
  return "RIFF\x01\x02\x03\x04WAVE" + chunks;
}

std::string Extensible(uint32_t format, const WavSpec& spec,
                       uint32_t valid_bits) {
  return FormatBody(spec) + Little(22, 2) + Little(valid_bits, 2) +
         Little(4, 4) + Little(format, 2) + std::string(kGuidTail, 14);
}

// Reads a header one byte at a time, which must end where `header` ends.
WavFormat ReadBytewise(const std::string& header) {
  WavHeaderReader reader;
  for (size_t i = 0; i < header.size(); ++i) {
    absl::string_view byte(&header[i], 1);
    const auto state = reader.Read(&byte);
    EXPECT_TRUE(state.ok()) << state.status();
    if (!state.ok()) return {};
    EXPECT_EQ(*state,
              i + 1 < header.size() ? State::kIncomplete : State::kComplete)
        << i;
    EXPECT_TRUE(byte.empty());
  }
  return reader.format();
}

absl::Status Refusal(const std::string& header) {
  WavHeaderReader reader;
  absl::string_view bytes = header;
  return reader.Read(&bytes).status();
}

void ExpectRefused(const std::string& header, const std::string& message) {
  const absl::Status status = Refusal(header);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(WavHeaderTest, ReadsPcmAndFloat) {
  const WavFormat pcm =
      ReadBytewise(WavBytes({.rate = 44100, .data_size = 123456}, ""));
  EXPECT_EQ(pcm.encoding, AudioEncoding::kLinear16);
  EXPECT_EQ(pcm.sample_rate_hz, 44100u);
  EXPECT_EQ(pcm.channels, 1);
  EXPECT_EQ(pcm.data_bytes, 123456u);
  const WavFormat floats = ReadBytewise(
      WavBytes({.format = 3, .channels = 2, .bits = 32, .data_size = 8}, ""));
  EXPECT_EQ(floats.encoding, AudioEncoding::kFloat32);
  EXPECT_EQ(floats.channels, 2);
}

TEST(WavHeaderTest, ReadsTelephoneFormats) {
  const auto encoding = [](uint32_t format) {
    return ReadBytewise(
               WavBytes(
                   {.format = format, .rate = 8000, .bits = 8, .data_size = 7},
                   ""))
        .encoding;
  };
  EXPECT_EQ(encoding(6), AudioEncoding::kAlaw);
  EXPECT_EQ(encoding(7), AudioEncoding::kMulaw);
}

TEST(WavHeaderTest, LeavesTheSamples) {
  WavHeaderReader reader;
  const std::string wav = WavBytes({}, "samples!");
  absl::string_view bytes = wav;
  const auto state = reader.Read(&bytes);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(*state, State::kComplete);
  EXPECT_EQ(bytes, "samples!");
  EXPECT_EQ(reader.bytes_taken(), 44u);
}

TEST(WavHeaderTest, SkipsOtherChunksAndTheirPadding) {
  const WavFormat format = ReadBytewise(
      Riff(Chunk("JUNK", std::string(28, 'x')) + Chunk("LIST", "odd") +
           Chunk("bext", "") + Chunk("fmt ", FormatBody({})) +
           Chunk("fact", "1234") + "data" + Little(10, 4)));
  EXPECT_EQ(format.encoding, AudioEncoding::kLinear16);
  EXPECT_EQ(format.data_bytes, 10u);
}

TEST(WavHeaderTest, ReadsLongFormatChunks) {
  // 18 bytes as WAVEFORMATEX has them, and one longer than the extensible.
  for (const size_t extra : {2u, 3u, 30u}) {
    const std::string body = FormatBody({}) + std::string(extra, '\0');
    EXPECT_EQ(ReadBytewise(Riff(Chunk("fmt ", body) + "data" + Little(4, 4)))
                  .data_bytes,
              4u);
  }
}

TEST(WavHeaderTest, ReadsExtensible) {
  const std::string data = "data" + Little(8, 4);
  const WavSpec pcm = {.format = 0xFFFE};
  const WavSpec floats = {.format = 0xFFFE, .bits = 32};
  EXPECT_EQ(
      ReadBytewise(Riff(Chunk("fmt ", Extensible(1, pcm, 16)) + data)).encoding,
      AudioEncoding::kLinear16);
  EXPECT_EQ(ReadBytewise(Riff(Chunk("fmt ", Extensible(3, floats, 32)) + data))
                .encoding,
            AudioEncoding::kFloat32);
  ExpectRefused(Riff(Chunk("fmt ", Extensible(1, pcm, 12)) + data),
                "12 valid bits in 16-bit");
  ExpectRefused(Riff(Chunk("fmt ", FormatBody(pcm)) + data), "format 65534");
}

TEST(WavHeaderTest, UnknownDataSizesMeanToTheEnd) {
  for (const uint32_t size : {0u, 0x7FFFF000u, 0x80000000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(ReadBytewise(WavBytes({.data_size = size}, "")).data_bytes,
              kUntilEndOfStream);
  }
}

TEST(WavHeaderTest, RefusesOtherSampleFormats) {
  for (const uint32_t bits : {8u, 24u, 32u}) {
    ExpectRefused(
        WavBytes({.bits = bits}, ""),
        std::to_string(bits) + "-bit samples of format 1, must be 16-bit PCM");
  }
  ExpectRefused(WavBytes({.format = 3, .bits = 64}, ""),
                "64-bit samples of format 3");
  ExpectRefused(WavBytes({.format = 2, .bits = 4}, ""),
                "4-bit samples of format 2");
  ExpectRefused(WavBytes({.format = 6, .bits = 16}, ""),
                "16-bit samples of format 6");
}

TEST(WavHeaderTest, RefusesBrokenChunks) {
  ExpectRefused(Riff("data" + Little(4, 4)), "data chunk without a fmt chunk");
  ExpectRefused(Riff(Chunk("fmt ", "short")),
                "fmt chunk of 5 bytes, must be at least 16");
  ExpectRefused(WavBytes({.data_size = 5}, ""),
                "data chunk of 5 bytes, must be a multiple of 2");
  std::string body = FormatBody({});
  body[12] = 3;
  ExpectRefused(Riff(Chunk("fmt ", body)),
                "block of 3 bytes, must be 1 * 16 / 8");
}

TEST(WavHeaderTest, LengthIsBounded) {
  // Exactly the limit is taken: 12 + 8 + body + 24 + 8 bytes.
  const size_t body = kMaxWavHeaderBytes - 12 - 8 - 24 - 8;
  const std::string tail =
      Chunk("fmt ", FormatBody({})) + "data" + Little(4, 4);
  EXPECT_EQ(ReadBytewise(Riff(Chunk("JUNK", std::string(body, 'x')) + tail))
                .data_bytes,
            4u);
  ExpectRefused(Riff(Chunk("JUNK", std::string(kMaxWavHeaderBytes, 'x'))),
                "longer than 65536");
  ExpectRefused(Riff("JUNK" + Little(0xFFFFFFFFu, 4)),
                "a chunk of 4294967295 bytes");
  std::string empty_chunks;
  for (size_t i = 0; i <= kMaxWavHeaderBytes / 8; ++i)
    empty_chunks += Chunk("JUNK", "");
  ExpectRefused(Riff(empty_chunks), "longer than 65536");
}

TEST(WavHeaderTest, SaysWhatItSawOfAnythingElse) {
  WavHeaderReader reader;
  absl::string_view first = "RIFF12";
  EXPECT_EQ(*reader.Read(&first), State::kIncomplete);
  absl::string_view second = "34WAXY";
  EXPECT_EQ(*reader.Read(&second), State::kNotWav);
  EXPECT_EQ(reader.seen(), "RIFF1234WA");
  EXPECT_EQ(second, "XY");
}

}  // namespace
}  // namespace oido::features
