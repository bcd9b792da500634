// What a decoder has recognised: text with word times and confidences.
#ifndef OIDO_MODEL_HYPOTHESIS_H_
#define OIDO_MODEL_HYPOTHESIS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace oido::model {

struct Word {
  std::string text;
  int start_ms = 0;  // from the start of the decoder's audio
  int end_ms = 0;
  float confidence = 0.0f;  // 0..1; how it is found is the decoder's
  uint32_t id = 0;          // place in the stream, from 1; 0: none
};

struct Hypothesis {
  std::vector<Word> words;
  // So many words, from the first, will not change any more.
  size_t stable_words = 0;
  // True where the last word may still grow or change.
  bool last_word_open = false;
  // 0..1: mean of the words' confidences, 0 without words.
  float confidence = 0.0f;
  // In a final result: other hypotheses, best first, as many as were asked for
  // and found.
  std::vector<Hypothesis> alternatives;
};

// The words joined by single spaces.
std::string Text(const Hypothesis& hypothesis);

}  // namespace oido::model

#endif  // OIDO_MODEL_HYPOTHESIS_H_
