// Joins the words of a hypothesis.
#include "model/hypothesis.h"

namespace oido::model {

std::string Text(const Hypothesis& hypothesis) {
  std::string text;
  for (const Word& word : hypothesis.words) {
    if (!text.empty()) text += ' ';
    text += word.text;
  }
  return text;
}

}  // namespace oido::model
