// Makes model bundles for tests.
#include "tests/support/test_bundle.h"

#include <google/protobuf/text_format.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/sha256.h"

namespace oido::test {
namespace {

// Tests cannot go on without their files.
void Require(bool condition, absl::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "test set-up failed: %s\n", std::string(what).c_str());
  std::abort();
}

class RandomTensors {
 public:
  explicit RandomTensors(uint32_t seed) : random_(seed) {}

  TestTensor Uniform(std::vector<int64_t> shape, float low, float high) {
    int64_t count = 1;
    for (const int64_t dimension : shape) count *= dimension;
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = distribution(random_);
    return FloatTensor(std::move(shape), values);
  }

  // A matrix of values up to `bound`; an int8 one with its scales, which
  // `Scales` gives.
  TestTensor Matrix(const TestGeometry& geometry, std::vector<int64_t> shape,
                    float bound) {
    if (geometry.precision == model::Precision::kFloat)
      return Uniform(std::move(shape), -bound, bound);
    TestTensor tensor{"I8", std::move(shape), ""};
    tensor.bytes.resize(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]));
    for (char& byte : tensor.bytes)
      byte = static_cast<char>(static_cast<int>(random_() % 256) - 128);
    return tensor;
  }
  TestTensor Scales(int64_t rows, float bound) {
    return Uniform({rows}, bound / 256.0f, bound / 128.0f);
  }

 private:
  std::mt19937 random_;
};

std::string TokensText(const std::vector<std::string>& tokens) {
  return absl::StrCat(absl::StrJoin(tokens, "\n"), "\n");
}

config::ModelBundle Config(const TestGeometry& geometry) {
  config::ModelBundle config;
  Require(google::protobuf::TextFormat::ParseFromString(
              R"pb(
                format_version: 1
                name: "random"
                version: "1"
                language_code: "en-US"
                description: "Random weights."
                frontend {
                  sample_rate_hz: 16000
                  frame_length_ms: 25
                  hop_ms: 10
                  mel_low_hz: 20
                  mel_high_hz: 7600
                  preemphasis: 0.97
                  energy_floor: 1
                  stacked_frames: 3
                  stride_frames: 3
                }
                decoder { flush_padding_ms: 240 emission_delay_ms: 60 }
              )pb",
              &config),
          "configuration");
  config.mutable_frontend()->set_mel_bins(geometry.mel_bins);
  config.mutable_acoustic_model()->set_layers(geometry.layers);
  config.mutable_acoustic_model()->set_hidden_size(geometry.hidden_size);
  config.mutable_acoustic_model()->set_tokens(geometry.tokens);
  config.mutable_acoustic_model()->set_phones(geometry.phones);
  if (geometry.precision == model::Precision::kInt8) {
    config.mutable_acoustic_model()->set_precision(
        config::AcousticModelConfig::INT8);
  }
  if (geometry.direction == model::Direction::kBidirectional) {
    config.mutable_acoustic_model()->set_direction(
        config::AcousticModelConfig::BIDIRECTIONAL);
  }
  config.mutable_acoustic_model()->set_forward_layers(geometry.forward_layers);
  return config;
}

}  // namespace

TempDir::TempDir() {
  std::string path =
      (std::filesystem::temp_directory_path() / "oido-test-XXXXXX").string();
  Require(mkdtemp(path.data()) != nullptr, "mkdtemp");
  path_ = path;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::File(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Require(file.good(), path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteFile(const std::string& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  Require(file.good(), path);
}

TestTensor FloatTensor(std::vector<int64_t> shape,
                       absl::Span<const float> values) {
  TestTensor tensor;
  tensor.shape = std::move(shape);
  tensor.bytes.resize(values.size() * sizeof(float));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::string Safetensors(const TestTensors& tensors) {
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data.size();
    data += tensor.bytes;
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string length;
  for (size_t i = 0; i < 8; ++i)
    length += static_cast<char>((text.size() >> (8 * i)) & 0xFF);
  return absl::StrCat(length, text, data);
}

TestBundle RandomBundle(const TestGeometry& geometry, uint32_t seed) {
  TestBundle bundle;
  bundle.config = Config(geometry);
  bundle.tokens = {"<blank>", "\xE2\x96\x81"};
  for (int i = 2; i < geometry.tokens; ++i)
    bundle.tokens.push_back(absl::StrCat("t", i));
  RandomTensors random(seed);
  const int64_t gates = int64_t{4} * geometry.hidden_size;
  // As torch.nn.LSTM begins, times 3 so that gates also saturate.
  const float bound =
      3.0f / std::sqrt(static_cast<float>(geometry.hidden_size));
  int64_t output_size = int64_t{3} * geometry.mel_bins;
  const bool is_int8 = geometry.precision == model::Precision::kInt8;
  for (int layer = 0; layer < geometry.layers; ++layer) {
    const std::string prefix = absl::StrCat("lstm.", layer, ".");
    const int64_t input = output_size;
    std::vector<std::string> suffixes = {""};
    if (geometry.direction == model::Direction::kBidirectional &&
        layer >= geometry.forward_layers)
      suffixes.push_back("_reverse");
    output_size = geometry.hidden_size * static_cast<int64_t>(suffixes.size());
    for (const std::string& suffix : suffixes) {
      bundle.tensors[prefix + "weight_ih" + suffix] =
          random.Matrix(geometry, {gates, input}, bound);
      bundle.tensors[prefix + "weight_hh" + suffix] =
          random.Matrix(geometry, {gates, geometry.hidden_size}, bound);
      bundle.tensors[prefix + "bias" + suffix] =
          random.Uniform({gates}, -1.0f, 1.0f);
      if (!is_int8) continue;
      bundle.tensors[prefix + "weight.scale" + suffix] =
          random.Scales(gates, bound);
    }
  }
  const auto head = [&](const std::string& name, int64_t rows) {
    bundle.tensors[name + ".weight"] =
        random.Matrix(geometry, {rows, output_size}, 2.0f);
    bundle.tensors[name + ".bias"] = random.Uniform({rows}, -1.0f, 1.0f);
    if (is_int8)
      bundle.tensors[name + ".weight.scale"] = random.Scales(rows, 2.0f);
  };
  head("output", geometry.tokens);
  if (geometry.phones != 0) {
    bundle.phones = {"<blank>"};
    for (int i = 1; i < geometry.phones; ++i)
      bundle.phones.push_back(absl::StrCat("p", i));
    head("phones", geometry.phones);
  }
  if (is_int8 && geometry.direction == model::Direction::kUnidirectional) {
    bundle.tensors["input.range"] =
        random.Uniform({3 * geometry.mel_bins}, 1.5f, 4.0f);
  }
  bundle.tensors["frontend.mean"] =
      random.Uniform({geometry.mel_bins}, 5.0f, 15.0f);
  bundle.tensors["frontend.inverse_stddev"] =
      random.Uniform({geometry.mel_bins}, 0.2f, 0.5f);
  Describe(&bundle);
  return bundle;
}

void Describe(TestBundle* bundle) {
  bundle->config.clear_tensors();
  for (const auto& [name, tensor] : bundle->tensors) {
    config::TensorEntry& entry = *bundle->config.add_tensors();
    entry.set_name(name);
    entry.set_dtype(tensor.dtype);
    for (const int64_t dimension : tensor.shape) entry.add_shape(dimension);
    entry.set_sha256(*model::Sha256Hex(tensor.bytes));
  }
  bundle->config.set_tokens_sha256(
      *model::Sha256Hex(TokensText(bundle->tokens)));
  if (!bundle->phones.empty()) {
    bundle->config.set_phones_sha256(
        *model::Sha256Hex(TokensText(bundle->phones)));
  }
}

void WriteBundle(const TestBundle& bundle, const std::string& directory) {
  std::string text;
  Require(google::protobuf::TextFormat::PrintToString(bundle.config, &text),
          "textproto");
  WriteFile(directory + "/bundle.textproto", text);
  WriteFile(directory + "/tokens.txt", TokensText(bundle.tokens));
  if (!bundle.phones.empty())
    WriteFile(directory + "/phones.txt", TokensText(bundle.phones));
  WriteFile(directory + "/weights.safetensors", Safetensors(bundle.tensors));
}

std::shared_ptr<const model::Bundle> LoadRandomBundle(
    const TestGeometry& geometry, uint32_t seed) {
  const TempDir directory;
  WriteBundle(RandomBundle(geometry, seed), directory.path());
  auto bundle = model::LoadBundle(directory.path());
  Require(bundle.ok(), bundle.status().ToString());
  return *bundle;
}

}  // namespace oido::test
