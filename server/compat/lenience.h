// What clients of other services ask for and this one lacks: replaced or left
// out and told to the log, never an error.
#ifndef OIDO_SERVER_COMPAT_LENIENCE_H_
#define OIDO_SERVER_COMPAT_LENIENCE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "oido/v1/speech.pb.h"
#include "server/model_set.h"

namespace oido::server {

// A phrase that a client expects, with the boost of its protocol, 0 to 20.
struct PhraseHint {
  std::string text;
  float boost = 0.0f;
};

// Fills the native configuration of one call.
class Lenience {
 public:
  // `models` outlives this.
  Lenience(const ModelSet& models, ModelUse use) : models_(models), use_(use) {}

  // The server's default where there is no such model for the use.
  void SetModel(const std::string& name, v1::RecognitionConfig* config);

  // The first of `codes` that the model speaks, else the first, which the
  // native check then refuses. REQUIRES: SetModel was called.
  void SetLanguage(const std::vector<std::string>& codes,
                   v1::RecognitionConfig* config);

  // Hot words of those hints that can be taken, with boosts of a strength that
  // is safe here: 0.4 of the hint's, which is 10 where it has none and counts
  // up to 20. REQUIRES: SetModel was called.
  void SetHints(const std::vector<PhraseHint>& hints,
                v1::RecognitionConfig* config);

  // Names an option that has no effect.
  void Ignore(absl::string_view option) { options_.emplace_back(option); }
  void IgnoreIf(bool is_set, absl::string_view option) {
    if (is_set) Ignore(option);
  }

  // One line if anything was ignored.
  void Log(const std::string& method) const;

 private:
  const ModelSet& models_;
  const ModelUse use_;
  std::shared_ptr<const LoadedModel> model_;
  std::string wanted_model_;  // where it is not there
  std::vector<std::string> options_;
  int phrases_ = 0;  // left out
};

}  // namespace oido::server

#endif  // OIDO_SERVER_COMPAT_LENIENCE_H_
