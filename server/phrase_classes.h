// Phrases that stand for many: names of classes in them, and what is put there.
#ifndef OIDO_SERVER_PHRASE_CLASSES_H_
#define OIDO_SERVER_PHRASE_CLASSES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "oido/v1/speech.pb.h"

namespace oido::server {

inline constexpr size_t kMaxClassNameBytes = 40;

// The classes of one group of hot words.
class PhraseClasses {
 public:
  // INVALID_ARGUMENT names the field below `field`, its value and the limit.
  static absl::StatusOr<PhraseClasses> Create(const v1::HotWords& group,
                                              const std::string& field);

  // `phrase`, once for each phrase that may stand for the classes it names,
  // "$name" or "${name}"; by itself if it names none. INVALID_ARGUMENT, about
  // `field`: a class that there is not, or more than kMaxHotPhrases phrases.
  absl::StatusOr<std::vector<std::string>> Expand(
      const std::string& phrase, const std::string& field) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> classes_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_PHRASE_CLASSES_H_
