// Makes model bundles for tests: random ones, in memory and as directories.
#ifndef OIDO_TESTS_SUPPORT_TEST_BUNDLE_H_
#define OIDO_TESTS_SUPPORT_TEST_BUNDLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/bundle.h"
#include "oido/config/model_bundle.pb.h"

namespace oido::test {

// A directory that is removed with its files when the object goes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, absl::string_view bytes);

struct TestTensor {
  std::string dtype = "F32";
  std::vector<int64_t> shape;
  std::string bytes;
};
TestTensor FloatTensor(std::vector<int64_t> shape,
                       absl::Span<const float> values);

using TestTensors = std::map<std::string, TestTensor>;

// The safetensors container, tensors one behind the other in name order.
std::string Safetensors(const TestTensors& tensors);

struct TestBundle {
  config::ModelBundle config;
  std::vector<std::string> tokens;
  std::vector<std::string> phones;  // none: no phone head
  TestTensors tensors;
};

struct TestGeometry {
  int layers = 2;
  int mel_bins = 8;  // the model's input is 3 * mel_bins
  int hidden_size = 16;
  int tokens = 8;  // blank, ▁, t2, t3, ...
  model::Direction direction = model::Direction::kUnidirectional;
  int phones = 0;  // blank, p1, p2, ...
  model::Precision precision = model::Precision::kFloat;
  int forward_layers = 0;  // of a bidirectional model
};

// Random weights of the size that training gives; everything described.
TestBundle RandomBundle(const TestGeometry& geometry, uint32_t seed);

// Makes config's tensors and hashes say what `bundle` has.
void Describe(TestBundle* bundle);

// Writes the files as they are, described or not.
void WriteBundle(const TestBundle& bundle, const std::string& directory);

// RandomBundle through a directory and the loader.
std::shared_ptr<const model::Bundle> LoadRandomBundle(
    const TestGeometry& geometry, uint32_t seed);

}  // namespace oido::test

#endif  // OIDO_TESTS_SUPPORT_TEST_BUNDLE_H_
