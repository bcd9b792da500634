// The first error is what counts.
#include "server/text_proto.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/suggest.h"

namespace oido::server {
namespace {

using google::protobuf::Descriptor;

// Of the message and of those in it.
void AddKeys(const Descriptor* descriptor, std::vector<std::string>* keys) {
  for (int i = 0; i < descriptor->field_count(); ++i) {
    keys->push_back(descriptor->field(i)->name());
    if (descriptor->field(i)->message_type() != nullptr)
      AddKeys(descriptor->field(i)->message_type(), keys);
  }
}

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
    // "... has no field named \"NAME\"."
    constexpr absl::string_view kUnknown = "no field named \"";
    const size_t begin = message.find(std::string(kUnknown));
    if (begin == std::string::npos) return;
    std::string name = message.substr(begin + kUnknown.size());
    name.resize(std::min(name.size(), name.find('"')));
    text_ =
        absl::StrCat(line + 1, ":", column + 1, ": unknown key \"", name, "\"");
    const std::string nearest = Nearest(name, keys_);
    if (!nearest.empty())
      absl::StrAppend(&text_, "; did you mean ", nearest, "?");
  }

  const std::string& text() const { return text_; }

 private:
  const std::vector<std::string> keys_;
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& option,
                                     const std::string& path) {
  std::error_code no_matter;
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open() || std::filesystem::is_directory(path, no_matter)) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": cannot read ", path));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

absl::Status ParseTextProto(const std::string& text, const std::string& name,
                            google::protobuf::Message* message) {
  std::vector<std::string> keys;
  AddKeys(message->GetDescriptor(), &keys);
  FirstError error(std::move(keys));
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ":", error.text()));
}

}  // namespace oido::server
