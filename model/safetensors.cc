// Parses the safetensors container without trusting a byte of it.
#include "model/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
// A model has some tens of tensors of about 100 bytes of header each.
constexpr uint64_t kMaxHeaderBytes = uint64_t{1} << 20;
constexpr size_t kMaxRank = 8;

absl::Status Bad(absl::string_view what) { return absl::DataLossError(what); }

uint64_t LittleEndian64(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    value |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

// Splits the container into its JSON header and its data.
absl::StatusOr<std::pair<absl::string_view, absl::string_view>> Split(
    absl::string_view container) {
  if (container.size() < kLengthBytes) {
    return Bad(absl::StrCat("truncated: ", container.size(),
                            " bytes, at least 8 expected"));
  }
  const uint64_t header_bytes = LittleEndian64(container);
  if (header_bytes > kMaxHeaderBytes) {
    return Bad(absl::StrCat("header length is ", header_bytes,
                            " bytes, at most ", kMaxHeaderBytes, " expected"));
  }
  if (header_bytes > container.size() - kLengthBytes) {
    return Bad(absl::StrCat("truncated: header length is ", header_bytes,
                            " bytes, but only ",
                            container.size() - kLengthBytes, " follow"));
  }
  return std::make_pair(container.substr(kLengthBytes, header_bytes),
                        container.substr(kLengthBytes + header_bytes));
}

// 0 for a type this model cannot use.
uint64_t BytesPerValue(absl::string_view dtype) {
  if (dtype == "F32") return 4;
  if (dtype == "F16") return 2;
  if (dtype == "I8") return 1;
  return 0;
}

// The member `key` of `entry`, or nullptr.
const Json* Member(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() ? nullptr : &*found;
}

absl::StatusOr<std::vector<int64_t>> ParseShape(const Json* shape) {
  if (shape == nullptr || !shape->is_array() || shape->size() > kMaxRank) {
    return Bad(absl::StrCat("shape is not an array of at most ", kMaxRank,
                            " integers"));
  }
  std::vector<int64_t> result;
  for (const Json& dimension : *shape) {
    if (!dimension.is_number_unsigned() || dimension.get<uint64_t>() == 0 ||
        dimension.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
      return Bad("a dimension of its shape is not a positive integer");
    }
    result.push_back(dimension.get<int64_t>());
  }
  return result;
}

absl::StatusOr<std::pair<uint64_t, uint64_t>> ParseOffsets(
    const Json* offsets) {
  if (offsets == nullptr || !offsets->is_array() || offsets->size() != 2 ||
      !(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned()) {
    return Bad("data_offsets is not an array of two non-negative integers");
  }
  return std::make_pair((*offsets)[0].get<uint64_t>(),
                        (*offsets)[1].get<uint64_t>());
}

absl::StatusOr<uint64_t> SizeInBytes(const TensorView& tensor) {
  uint64_t bytes = BytesPerValue(tensor.dtype);
  for (const int64_t dimension : tensor.shape) {
    if (static_cast<uint64_t>(dimension) >
        std::numeric_limits<uint64_t>::max() / bytes) {
      return Bad(absl::StrCat("shape [", absl::StrJoin(tensor.shape, ", "),
                              "] is too large"));
    }
    bytes *= static_cast<uint64_t>(dimension);
  }
  return bytes;
}

absl::StatusOr<TensorView> ParseTensor(const Json& entry,
                                       absl::string_view data) {
  if (!entry.is_object()) return Bad("header entry is not an object");
  TensorView tensor;
  const Json* const dtype = Member(entry, "dtype");
  if (dtype != nullptr && dtype->is_string())
    tensor.dtype = dtype->get<std::string>();
  if (BytesPerValue(tensor.dtype) == 0) {
    return Bad(absl::StrCat("dtype is \"", absl::Utf8SafeCEscape(tensor.dtype),
                            "\", \"F32\", \"F16\" or \"I8\" expected"));
  }
  OIDO_ASSIGN_OR_RETURN(tensor.shape, ParseShape(Member(entry, "shape")));
  OIDO_ASSIGN_OR_RETURN(const uint64_t expected_bytes, SizeInBytes(tensor));
  OIDO_ASSIGN_OR_RETURN(const auto offsets,
                        ParseOffsets(Member(entry, "data_offsets")));
  const auto [begin, end] = offsets;
  if (begin > end || end > data.size()) {
    return Bad(absl::StrCat("data_offsets [", begin, ", ", end,
                            "] are not within the ", data.size(),
                            " bytes of data in the file"));
  }
  if (end - begin != expected_bytes) {
    return Bad(absl::StrCat("shape [", absl::StrJoin(tensor.shape, ", "),
                            "] of ", tensor.dtype, " takes ", expected_bytes,
                            " bytes, but data_offsets [", begin, ", ", end,
                            "] hold ", end - begin));
  }
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

// Tensors must lie one behind the other and fill the data: nothing shared,
// nothing hidden in between, nothing cut off or appended.
absl::Status CheckCoverage(const TensorMap& tensors, absl::string_view data) {
  std::vector<std::pair<absl::string_view, absl::string_view>>
      by_offset;  // bytes, name
  for (const auto& [name, tensor] : tensors)
    by_offset.emplace_back(tensor.bytes, name);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const auto& a, const auto& b) {
              return a.first.data() < b.first.data();
            });
  size_t position = 0;
  for (const auto& [bytes, name] : by_offset) {
    const size_t begin = static_cast<size_t>(bytes.data() - data.data());
    if (begin != position) {
      return Bad(absl::StrCat("tensor ", absl::Utf8SafeCEscape(name),
                              ": begins at byte ", begin, " of the data, ",
                              position, " expected"));
    }
    position += bytes.size();
  }
  if (position == data.size()) return absl::OkStatus();
  return Bad(
      absl::StrCat(data.size(), " bytes of data, ", position, " expected"));
}

}  // namespace

absl::StatusOr<TensorMap> ParseSafetensors(absl::string_view container) {
  OIDO_ASSIGN_OR_RETURN(const auto parts, Split(container));
  const auto [header_text, data] = parts;
  const Json header =
      Json::parse(header_text.begin(), header_text.end(), nullptr,
                  /*allow_exceptions=*/false);
  if (!header.is_object()) return Bad("header is not a JSON object");
  TensorMap tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    absl::StatusOr<TensorView> tensor = ParseTensor(entry, data);
    if (!tensor.ok()) {
      return Bad(absl::StrCat("tensor ", absl::Utf8SafeCEscape(name), ": ",
                              tensor.status().message()));
    }
    tensors.emplace(name, *std::move(tensor));
  }
  OIDO_RETURN_IF_ERROR(CheckCoverage(tensors, data));
  return tensors;
}

}  // namespace oido::model
