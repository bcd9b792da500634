// Implements the manifest reader.
#include "client/manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/tab_separated.h"

namespace oido::client {
namespace {

std::vector<std::string> NeededColumns(const ManifestFilter& filter) {
  std::vector<std::string> needed = {"utt_id", "path", "text"};
  if (!filter.split.empty()) needed.push_back("split");
  if (!filter.sources.empty()) needed.push_back("source");
  return needed;
}

bool Wanted(const TabSeparated& row, const ManifestFilter& filter) {
  if (!filter.split.empty() && row.Get("split") != filter.split) return false;
  return filter.sources.empty() ||
         std::count(filter.sources.begin(), filter.sources.end(),
                    row.Get("source")) > 0;
}

}  // namespace

absl::StatusOr<std::vector<Utterance>> ParseManifest(
    std::istream& input, const std::string& name,
    const ManifestFilter& filter) {
  auto row = TabSeparated::Open(input, name, NeededColumns(filter));
  if (!row.ok()) return row.status();
  const std::filesystem::path folder =
      std::filesystem::path(name).parent_path();
  std::vector<Utterance> utterances;
  while (true) {
    const absl::StatusOr<bool> more = row->Next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (!Wanted(*row, filter)) continue;
    utterances.push_back({row->Get("utt_id"),
                          (folder / row->Get("path")).string(),
                          row->Get("text"), row->Get("source")});
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
