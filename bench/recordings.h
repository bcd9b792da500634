// Recordings of a manifest through the acoustic model, for programs that
// measure decoders.
#ifndef OIDO_BENCH_RECORDINGS_H_
#define OIDO_BENCH_RECORDINGS_H_

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/acoustic_model.h"
#include "model/bundle.h"

namespace oido {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::exit(1);
}

struct Recording {
  std::string path;
  std::string text;
};

// Those of a source ("all": of every one) and a split in DATA/manifest.tsv, a
// file as in training/README.md.
std::vector<Recording> ReadRecordings(const std::string& data,
                                      const std::string& source,
                                      const std::string& split);

// Runs a bundle's acoustic model; every failure ends the program.
class AcousticOutputs {
 public:
  explicit AcousticOutputs(std::shared_ptr<const model::Bundle> bundle);

  // Tells `on_step` the log-probabilities [outputs] of each step of the file.
  void Of(const std::string& path,
          const std::function<void(absl::Span<const float>)>& on_step);

 private:
  std::shared_ptr<const model::Bundle> bundle_;
  std::unique_ptr<model::AcousticModelRunner> runner_;
};

}  // namespace oido

#endif  // OIDO_BENCH_RECORDINGS_H_
