// What the three printers write for the same responses.
#include "client/transcript_printer.h"

#include <cctype>
#include <sstream>

#include "client/live_line.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace oido::client {
namespace {

v1::SpeechRecognitionAlternative& Add(v1::StreamingRecognizeResponse& response,
                                      const std::string& text,
                                      float stability) {
  auto& result = *response.add_results();
  result.set_is_final(stability == 1);
  result.set_stability(stability);
  result.add_alternatives()->set_transcript(text);
  return *result.mutable_alternatives(0);
}

v1::StreamingRecognizeResponse Partial(const std::string& settled,
                                       const std::string& open) {
  v1::StreamingRecognizeResponse response;
  Add(response, settled, 0.9f);
  Add(response, open, 0.1f);
  return response;
}

v1::StreamingRecognizeResponse FinalWithWord(const std::string& text) {
  v1::StreamingRecognizeResponse response;
  v1::WordInfo& word = *Add(response, text, 1).add_words();
  word.set_word("word");
  word.mutable_start_time()->set_nanos(480000000);
  word.mutable_end_time()->set_seconds(1);
  word.set_confidence(0.9f);
  return response;
}

int Wide() { return 80; }

// What a terminal shows that knows CR, LF, erase-to-end and colours.
std::string Screen(const std::string& bytes) {
  std::string lines, line;
  size_t column = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n') {
      lines.append(line).append(1, '\n');
      line.clear();
      column = 0;
    } else if (bytes[i] == '\r') {
      column = 0;
    } else if (bytes[i] == '\x1b') {
      while (std::isalpha(static_cast<unsigned char>(bytes[i])) == 0) ++i;
      if (bytes[i] == 'K') line.resize(column);
    } else {
      line.resize(std::max(line.size(), column + 1));
      line[column++] = bytes[i];
    }
  }
  return lines.append(line);
}

TEST(TerminalPrinterTest, RewritesPartialsAndKeepsFinals) {
  std::ostringstream out;
  const auto printer = TerminalPrinter(out, WordTimes::kHide, Wide);
  printer->Response(Partial("the quick", " brow"));
  EXPECT_EQ(Screen(out.str()), "the quick brow");
  printer->Response(Partial("the", ""));
  EXPECT_EQ(Screen(out.str()), "the");
  v1::StreamingRecognizeResponse both = FinalWithWord("the end");
  Add(both, " and", 0.9f);
  Add(both, " the", 0.1f);
  printer->Response(both);
  EXPECT_EQ(Screen(out.str()), "the end\nand the");
  printer->Response(v1::StreamingRecognizeResponse());
  EXPECT_EQ(Screen(out.str()), "the end\nand the");
  printer->Response(FinalWithWord(" and the rest"));
  EXPECT_EQ(Screen(out.str()), "the end\nand the rest\n");
  printer->End();
  EXPECT_EQ(Screen(out.str()), "the end\nand the rest\n");
}

TEST(TerminalPrinterTest, DimsTheWordBeingSpokenOnly) {
  std::ostringstream out;
  TerminalPrinter(out, WordTimes::kHide, Wide)->Response(Partial("ab", " cd"));
  EXPECT_NE(out.str().find("ab\x1b[2m cd\x1b[0m"), std::string::npos)
      << testing::PrintToString(out.str());
}

TEST(TerminalPrinterTest, EndRemovesAnUnfinishedPartial) {
  std::ostringstream out;
  const auto printer = TerminalPrinter(out, WordTimes::kShow, Wide);
  printer->Response(FinalWithWord("hello"));
  printer->Response(Partial(" unfin", "ished"));
  printer->End();
  EXPECT_EQ(Screen(out.str()), "hello\n    0.48     1.00  0.90  word\n");
}

TEST(LiveLineTest, ShowsTheEndOfWhatDoesNotFit) {
  EXPECT_EQ(Screen(LiveLine("12345", "6789", 10)), "123456789");
  EXPECT_EQ(Screen(LiveLine("123456", "7890", 10)),
            "\xe2\x80\xa6"
            "34567890");
  EXPECT_EQ(Screen(LiveLine("12", "34567890123", 10)),
            "\xe2\x80\xa6"
            "67890123");
  EXPECT_EQ(Screen(LiveLine("abc", "def", 1)), "\xe2\x80\xa6");
  EXPECT_EQ(Screen(LiveLine("", "", 10)), "");
}

TEST(LiveLineTest, NeverCutsACodePoint) {
  // Five code points of two bytes in a line with room for four.
  EXPECT_EQ(Screen(LiveLine("\xc3\xa1\xc3\xa9\xc3\xad", "\xc3\xb3\xc3\xba", 5)),
            "\xe2\x80\xa6\xc3\xad\xc3\xb3\xc3\xba");
  EXPECT_EQ(Screen(LiveLine("\xc3\xa1\xc3\xa9\xc3\xad", "\xc3\xb3", 5)),
            "\xc3\xa1\xc3\xa9\xc3\xad\xc3\xb3");
}

TEST(LinePrinterTest, WritesOneLineAFinalAndNothingElse) {
  std::ostringstream out;
  const auto printer = LinePrinter(out, WordTimes::kHide);
  printer->Response(Partial("the", " qu"));
  printer->Response(FinalWithWord("the quick"));
  printer->Response(FinalWithWord(""));
  printer->Response(FinalWithWord(" brown fox"));
  printer->End();
  EXPECT_EQ(out.str(), "the quick\nbrown fox\n");
}

TEST(JsonPrinterTest, WritesOneObjectALineWithAllFields) {
  std::ostringstream out;
  const auto printer = JsonPrinter(out, "a \"b\".wav");
  v1::StreamingRecognizeResponse response = FinalWithWord("one");
  response.mutable_audio_processed()->set_nanos(30000000);
  response.mutable_latency()->set_model_ms(0.1f);
  response.set_request_id("id");
  response.add_markers(std::string("m"));
  printer->Response(response);
  printer->Response(Partial("two", ""));
  printer->End();

  std::istringstream lines(out.str());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["file"], "a \"b\".wav");
  EXPECT_EQ(json["results"][0]["is_final"], true);
  const auto& alternative = json["results"][0]["alternatives"][0];
  EXPECT_EQ(alternative["transcript"], "one");
  EXPECT_EQ(alternative["words"][0],
            nlohmann::json::parse(R"({"word": "word", "start_seconds": 0.48,
                "end_seconds": 1.0, "confidence": 0.9})"));
  EXPECT_EQ(json["audio_processed_seconds"], 0.03);
  EXPECT_EQ(json["latency_ms"]["model"], 0.1);
  EXPECT_EQ(json["request_id"], "id");
  EXPECT_EQ(json["markers"], nlohmann::json::array({"m"}));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line)["results"].size(), 2u);
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(JsonPrinterTest, NamesThatAreNotUtf8DoNotBreakTheLine) {
  std::ostringstream out;
  JsonPrinter(out, "bad\xff.wav")->Response(v1::StreamingRecognizeResponse());
  EXPECT_EQ(nlohmann::json::parse(out.str())["file"], "bad\xef\xbf\xbd.wav");
}

}  // namespace
}  // namespace oido::client
