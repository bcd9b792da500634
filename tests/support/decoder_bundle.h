// A bundle without weights: what a CTC decoder needs and no more.
#ifndef OIDO_TESTS_SUPPORT_DECODER_BUNDLE_H_
#define OIDO_TESTS_SUPPORT_DECODER_BUNDLE_H_

#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/string_view.h"
#include "model/bundle.h"

namespace oido::test {

// `tokens_text` as in tokens.txt.
inline std::shared_ptr<const model::Bundle> DecoderBundle(
    absl::string_view tokens_text, const model::DecoderOptions& options) {
  auto bundle = std::make_shared<model::Bundle>();
  auto tokens = model::Tokens::Parse(tokens_text);
  EXPECT_TRUE(tokens.ok()) << tokens.status();
  if (tokens.ok()) bundle->tokens = *tokens;
  bundle->acoustic_model.tokens = bundle->tokens.size();
  bundle->decoder = options;
  return bundle;
}

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_DECODER_BUNDLE_H_
