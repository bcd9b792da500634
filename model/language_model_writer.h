// Makes the bytes of language_model.bin.
#ifndef OIDO_MODEL_LANGUAGE_MODEL_WRITER_H_
#define OIDO_MODEL_LANGUAGE_MODEL_WRITER_H_

#include <string>

#include "model/arpa.h"

namespace oido::model {

enum class LmValues {
  kQuantised,  // 8 bits each, above order 1
  kExact,      // float32
};

// `model` as ReadArpa makes it.
std::string WriteLanguageModel(const ArpaModel& model, LmValues values);

}  // namespace oido::model

#endif  // OIDO_MODEL_LANGUAGE_MODEL_WRITER_H_
