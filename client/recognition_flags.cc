// One flag a field; hot words from flags and files.
#include "client/recognition_flags.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace oido::client {
namespace {

constexpr float kDefaultBoost = 4.0f;
constexpr char kHotWordGroup[] = "Hot words";

// A flag with a number that goes to `set`.
template <typename T>
CLI::Option* AddNumber(CLI::App& app, const std::string& name,
                       std::function<void(const T&)> set,
                       const std::string& help) {
  return app.add_option_function<T>(name, std::move(set), help);
}

void AddMethod(CLI::App& app, v1::RecognitionConfig& config) {
  const std::map<std::string, v1::DecodingConfig::Method> methods = {
      {"words", v1::DecodingConfig::WORDS},
      {"open-vocabulary", v1::DecodingConfig::OPEN_VOCABULARY},
      {"letters", v1::DecodingConfig::LETTERS}};
  app.add_option_function<std::string>(
         "--method",
         [&config, methods](const std::string& name) {
           config.mutable_decoding()->set_method(methods.at(name));
         },
         "How words are found (default: the model's choice)")
      ->check(CLI::IsMember(methods))
      ->group("Decoding");
}

void AddSearch(CLI::App& app, v1::DecodingConfig& decoding) {
  const auto add = [&app](const std::string& name,
                          std::function<void(const float&)> set,
                          const std::string& help) {
    AddNumber<float>(app, name, std::move(set), help)->group("Decoding");
  };
  AddNumber<int>(
      app, "--beam-size", [&](int value) { decoding.set_beam_size(value); },
      "Hypotheses kept at each step, 1 to 256")
      ->group("Decoding");
  add(
      "--beam-threshold",
      [&](float value) { decoding.set_beam_threshold(value); },
      "Hypotheses this far behind the best are dropped, 1 to 100");
  add(
      "--lm-weight", [&](float value) { decoding.set_lm_weight(value); },
      "Weight of the language model, 0 to 10");
  add(
      "--word-insertion",
      [&](float value) { decoding.set_word_insertion(value); },
      "Added for each word, -20 to 20");
  add(
      "--blank-penalty",
      [&](float value) { decoding.set_blank_penalty(value); },
      "Taken from the blank's score, -10 to 10");
  add(
      "--blank-skip-threshold",
      [&](float value) { decoding.set_blank_skip_threshold(value); },
      "Steps on which a blank is surer than this are not searched, 0.5 to 1");
}

// The one group of phrases that the flags make.
v1::HotWords& Group(v1::RecognitionConfig& config) {
  if (config.hot_words().empty())
    config.add_hot_words()->set_boost(kDefaultBoost);
  return *config.mutable_hot_words(0);
}

void AddPronunciation(v1::RecognitionConfig& config, absl::string_view word,
                      absl::string_view phones) {
  auto* pronunciation = Group(config).add_pronunciations();
  pronunciation->set_word(std::string(absl::StripAsciiWhitespace(word)));
  pronunciation->set_phones(std::string(absl::StripAsciiWhitespace(phones)));
}

// A phrase a line; behind a tab, how its only word is said.
void ReadHotWords(v1::RecognitionConfig& config, const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.find('\t');
    const std::string phrase(
        absl::StripAsciiWhitespace(absl::string_view(line).substr(0, tab)));
    if (phrase.empty() || phrase.front() == '#') continue;
    Group(config).add_phrases(phrase);
    if (tab == std::string::npos) continue;
    AddPronunciation(config, phrase, absl::string_view(line).substr(tab + 1));
  }
}

void AddToClass(v1::RecognitionConfig& config, const std::string& name,
                const std::string& phrase) {
  auto& classes = *Group(config).mutable_classes();
  auto found =
      std::find_if(classes.begin(), classes.end(),
                   [&](const auto& other) { return other.name() == name; });
  if (found == classes.end()) {
    classes.Add()->set_name(name);
    found = std::prev(classes.end());
  }
  found->add_phrases(phrase);
}

// A flag with an equals sign in its values, that may be given again.
void AddPairs(CLI::App& app, const std::string& flag, const std::string& form,
              std::function<void(const std::string&, const std::string&)> add,
              const std::string& help) {
  app.add_option_function<std::vector<std::string>>(
         flag,
         [flag, form, add](const std::vector<std::string>& pairs) {
           for (const std::string& pair : pairs) {
             const size_t equals = pair.find('=');
             if (equals == std::string::npos) {
               throw CLI::ValidationError(flag,
                                          "\"" + pair + "\" is not " + form);
             }
             add(pair.substr(0, equals), pair.substr(equals + 1));
           }
         },
         help)
      ->allow_extra_args(false)
      ->type_name(form)
      ->group(kHotWordGroup);
}

void AddHotWords(CLI::App& app, v1::RecognitionConfig& config) {
  app.add_option_function<std::vector<std::string>>(
         "--hot-word",
         [&config](const std::vector<std::string>& phrases) {
           for (const std::string& phrase : phrases)
             Group(config).add_phrases(phrase);
         },
         "A word or phrase to expect; may be given again")
      ->allow_extra_args(false)
      ->group(kHotWordGroup);
  app.add_option_function<std::string>(
         "--hot-words-file",
         [&config](const std::string& path) { ReadHotWords(config, path); },
         "One a line; a word may be followed by a tab and how it is said, "
         "as in ARPAbet: OY D OW. # begins a comment")
      ->check(CLI::ExistingFile)
      ->group(kHotWordGroup);
  AddNumber<float>(
      app, "--boost",
      [&config](float value) { Group(config).set_boost(value); },
      "How much likelier they are, 0 to 20 (default: 4)")
      ->group(kHotWordGroup);
  AddPairs(
      app, "--hot-word-class", "NAME=PHRASE",
      [&config](const std::string& name, const std::string& phrase) {
        AddToClass(config, name, phrase);
      },
      "What $NAME in a hot word stands for: \"contact=anna\"; may be given "
      "again");
  AddPairs(
      app, "--say", "WORD=PHONES",
      [&config](const std::string& word, const std::string& phones) {
        AddPronunciation(config, word, phones);
      },
      "How a hot word is said: \"oido=OY D OW\"; may be given again");
}

}  // namespace

void AddDecodingFlags(CLI::App& app, v1::RecognitionConfig& config) {
  AddMethod(app, config);
  AddSearch(app, *config.mutable_decoding());
  AddHotWords(app, config);
}

void AddFinalDelayFlag(CLI::App& app, v1::StreamingRecognitionConfig& config) {
  AddNumber<int>(
      app, "--max-final-delay-ms",
      [&config](int value) { config.set_max_final_delay_ms(value); },
      "Words are final at most so long after they ended, 100 to 20000")
      ->group("Ends of utterances");
}

void AddEndpointFlags(CLI::App& app, v1::StreamingRecognitionConfig& config) {
  constexpr char kGroup[] = "Ends of utterances";
  const auto add_ms = [&](const std::string& name,
                          std::function<void(const int&)> set,
                          const std::string& help) {
    AddNumber<int>(app, name, std::move(set), help)->group(kGroup);
  };
  const auto add_flag = [&](const std::string& name, std::function<void()> set,
                            const std::string& help) {
    app.add_flag_callback(name, std::move(set), help)->group(kGroup);
  };
  add_ms(
      "--trailing-silence-ms",
      [&config](int value) {
        config.mutable_endpointing()->set_trailing_silence_ms(value);
      },
      "Silence behind a word that ends the utterance, 100 to 60000");
  add_ms(
      "--start-silence-ms",
      [&config](int value) {
        config.mutable_endpointing()->set_start_silence_ms(value);
      },
      "With --single-utterance: silence that ends it without a word");
  add_ms(
      "--max-utterance-ms",
      [&config](int value) {
        config.mutable_endpointing()->set_max_utterance_ms(value);
      },
      "An utterance this long ends at the next word, 1000 to 600000");
  add_flag(
      "--no-endpoints",
      [&config] { config.mutable_endpointing()->set_off(true); },
      "One final at the end");
  add_flag(
      "--single-utterance", [&config] { config.set_single_utterance(true); },
      "Stop behind the first utterance");
  add_flag(
      "--speech-events", [&config] { config.set_enable_speech_events(true); },
      "Tell where speech starts and ends");
  add_ms(
      "--speech-start-timeout-ms",
      [&config](int value) { config.set_speech_start_timeout_ms(value); },
      "Stop where no speech has started by then, 500 to 600000");
  add_ms(
      "--speech-end-timeout-ms",
      [&config](int value) { config.set_speech_end_timeout_ms(value); },
      "Stop so long behind the end of speech, 500 to 600000");
}

}  // namespace oido::client
