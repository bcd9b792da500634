// Implements the manifest reader.
#include "client/manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace oido::client {
namespace {

using Row = std::vector<std::string>;

// Where the columns are.
class Header {
 public:
  explicit Header(const Row& names) {
    for (size_t i = 0; i < names.size(); ++i) index_[names[i]] = i;
    size_ = names.size();
  }
  bool Has(const std::string& name) const { return index_.contains(name); }
  size_t size() const { return size_; }
  std::string Get(const Row& row, const std::string& name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? "" : row[found->second];
  }

 private:
  std::map<std::string, size_t> index_;
  size_t size_ = 0;
};

bool ReadRow(std::istream& input, Row& row) {
  std::string line;
  if (!std::getline(input, line)) return false;
  row = absl::StrSplit(absl::StripSuffix(line, "\r"), '\t');
  return true;
}

absl::Status CheckHeader(const Header& header, const std::string& name,
                         const ManifestFilter& filter) {
  std::vector<std::string> needed = {"utt_id", "path", "text"};
  if (!filter.split.empty()) needed.push_back("split");
  if (!filter.sources.empty()) needed.push_back("source");
  for (const std::string& column : needed) {
    if (header.Has(column)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": line 1 has no column \"", column, "\""));
  }
  return absl::OkStatus();
}

bool Wanted(const Header& header, const Row& row,
            const ManifestFilter& filter) {
  if (!filter.split.empty() && header.Get(row, "split") != filter.split) {
    return false;
  }
  return filter.sources.empty() ||
         std::count(filter.sources.begin(), filter.sources.end(),
                    header.Get(row, "source")) > 0;
}

}  // namespace

absl::StatusOr<std::vector<Utterance>> ParseManifest(
    std::istream& input, const std::string& name,
    const ManifestFilter& filter) {
  Row row;
  if (!ReadRow(input, row)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": is empty"));
  }
  const Header header(row);
  absl::Status status = CheckHeader(header, name, filter);
  if (!status.ok()) return status;
  const std::filesystem::path folder =
      std::filesystem::path(name).parent_path();
  std::vector<Utterance> utterances;
  for (int line = 2; ReadRow(input, row); ++line) {
    if (row == Row{""}) continue;
    if (row.size() != header.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": line ", line, " has ", row.size(),
                       " columns; the header has ", header.size()));
    }
    if (!Wanted(header, row, filter)) continue;
    utterances.push_back({header.Get(row, "utt_id"),
                          (folder / header.Get(row, "path")).string(),
                          header.Get(row, "text"), header.Get(row, "source")});
    if (utterances.size() == filter.limit) break;
  }
  return utterances;
}

absl::StatusOr<std::vector<Utterance>> ReadManifest(
    const std::string& path, const ManifestFilter& filter) {
  std::ifstream input(path);
  if (!input) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return ParseManifest(input, path, filter);
}

}  // namespace oido::client
