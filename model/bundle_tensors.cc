// Checks a bundle's tensors: names, shapes, dtypes, hashes and values.
#include "model/bundle_tensors.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/sha256.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

std::string ShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

absl::Status BadEntry(absl::string_view tensor, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("tensors: ", absl::Utf8SafeCEscape(tensor), ": ", what));
}

bool MayBe(TensorKind kind, absl::string_view dtype) {
  switch (kind) {
    case TensorKind::kFloats:
      return dtype == "F32" || dtype == "F16";
    case TensorKind::kIntegers:
      return dtype == "I8";
    case TensorKind::kScales:
      return dtype == "F32";
  }
  return false;
}

absl::string_view DtypesText(TensorKind kind) {
  switch (kind) {
    case TensorKind::kFloats:
      return "\"F32\" or \"F16\"";
    case TensorKind::kIntegers:
      return "\"I8\"";
    case TensorKind::kScales:
      return "\"F32\"";
  }
  return "";
}

// The description's entry agrees with what the model's geometry asks for.
absl::Status CheckEntry(const TensorSpec& spec,
                        const config::TensorEntry& entry) {
  const std::vector<int64_t> shape(entry.shape().begin(), entry.shape().end());
  if (shape != spec.shape) {
    return BadEntry(spec.name,
                    absl::StrCat("shape is ", ShapeText(shape), ", ",
                                 ShapeText(spec.shape), " expected"));
  }
  if (!MayBe(spec.kind, entry.dtype())) {
    return BadEntry(
        spec.name,
        absl::StrCat("dtype is \"", absl::Utf8SafeCEscape(entry.dtype()),
                     "\", ", DtypesText(spec.kind), " expected"));
  }
  return absl::OkStatus();
}

// The file's tensor agrees with the description's entry. The hash is compared
// before the values so that a flipped bit is reported as what it is.
absl::Status CheckTensor(const TensorSpec& spec,
                         const config::TensorEntry& entry,
                         const Weights& weights) {
  const auto bad = [&](absl::string_view what) {
    return absl::DataLossError(
        absl::StrCat(weights.path(), ": tensor ", spec.name, ": ", what));
  };
  const auto found = weights.tensors().find(spec.name);
  if (found == weights.tensors().end()) return bad("is missing");
  const TensorView& tensor = found->second;
  if (tensor.dtype != entry.dtype()) {
    return bad(absl::StrCat("dtype is ", tensor.dtype, ", ", entry.dtype(),
                            " expected"));
  }
  if (tensor.shape != spec.shape) {
    return bad(absl::StrCat("shape is ", ShapeText(tensor.shape), ", ",
                            ShapeText(spec.shape), " expected"));
  }
  OIDO_ASSIGN_OR_RETURN(const std::string sha256, Sha256Hex(tensor.bytes));
  if (sha256 != entry.sha256()) {
    return bad(absl::StrCat("SHA-256 is ", sha256, ", \"",
                            absl::Utf8SafeCEscape(entry.sha256()),
                            "\" expected"));
  }
  OIDO_ASSIGN_OR_RETURN(const std::vector<float> values,
                        weights.Floats(spec.name, spec.shape));
  if (spec.kind != TensorKind::kScales) return absl::OkStatus();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0.0f) continue;
    return bad(
        absl::StrCat("value ", i, " is ", values[i], ", one > 0 expected"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<TensorSpec> BundleTensors(const AcousticModelOptions& model,
                                      int mel_bins) {
  const int64_t gates = int64_t{4} * model.hidden_size;
  const bool is_int8 = model.precision == Precision::kInt8;
  const TensorKind matrix =
      is_int8 ? TensorKind::kIntegers : TensorKind::kFloats;
  std::vector<TensorSpec> specs;
  const auto scale = [&](const std::string& name, int64_t size) {
    if (is_int8) specs.push_back({name, {size}, TensorKind::kScales});
  };
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = absl::StrCat("lstm.", layer, ".");
    std::vector<std::string> suffixes = {""};
    if (model.is_bidirectional(layer)) suffixes.push_back(kReverseSuffix);
    for (const std::string& end : suffixes) {
      specs.push_back({prefix + "weight_ih" + end,
                       {gates, model.layer_input_size(layer)},
                       matrix});
      specs.push_back(
          {prefix + "weight_hh" + end, {gates, model.hidden_size}, matrix});
      specs.push_back({prefix + "bias" + end, {gates}});
      scale(prefix + "weight.scale" + end, gates);
    }
  }
  const auto head = [&](const std::string& name, int64_t size) {
    specs.push_back({name + ".weight", {size, model.output_size()}, matrix});
    specs.push_back({name + ".bias", {size}});
    scale(name + ".weight.scale", size);
  };
  head("output", model.tokens);
  if (model.phones != 0) head("phones", model.phones);
  specs.push_back({"frontend.mean", {mel_bins}});
  specs.push_back({"frontend.inverse_stddev", {mel_bins}});
  if (model.direction == Direction::kUnidirectional)
    scale("input.range", model.input_size);
  return specs;
}

absl::Status CheckTensors(
    const std::vector<TensorSpec>& specs,
    const google::protobuf::RepeatedPtrField<config::TensorEntry>& entries,
    const Weights& weights) {
  std::map<std::string, const config::TensorEntry*>
      left;  // entries not yet used
  for (const config::TensorEntry& entry : entries) {
    if (!left.emplace(entry.name(), &entry).second) {
      return BadEntry(entry.name(), "is described twice");
    }
  }
  for (const TensorSpec& spec : specs) {
    const auto entry = left.find(spec.name);
    if (entry == left.end()) return BadEntry(spec.name, "is missing");
    OIDO_RETURN_IF_ERROR(CheckEntry(spec, *entry->second));
    OIDO_RETURN_IF_ERROR(CheckTensor(spec, *entry->second, weights));
    left.erase(entry);
  }
  if (!left.empty())
    return BadEntry(left.begin()->first, "is not a tensor of this model");
  if (weights.tensors().size() == specs.size()) return absl::OkStatus();
  std::map<std::string, TensorView> extra = weights.tensors();
  for (const TensorSpec& spec : specs) extra.erase(spec.name);
  return absl::DataLossError(absl::StrCat(
      weights.path(), ": tensor ", absl::Utf8SafeCEscape(extra.begin()->first),
      ": is not a tensor of this model"));
}

}  // namespace oido::model
