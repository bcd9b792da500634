// Implements TabSeparated.
#include "client/tab_separated.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace oido::client {

absl::StatusOr<TabSeparated> TabSeparated::Open(
    std::istream& input, const std::string& name,
    const std::vector<std::string>& needed) {
  TabSeparated table(input, name);
  if (!table.ReadLine()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": is empty"));
  }
  table.column_count_ = table.row_.size();
  for (size_t i = 0; i < table.row_.size(); ++i) {
    table.columns_[table.row_[i]] = i;
  }
  for (const std::string& column : needed) {
    if (!table.columns_.contains(column)) {
      return table.Error(absl::StrCat("has no column \"", column, "\""));
    }
  }
  return table;
}

absl::StatusOr<bool> TabSeparated::Next() {
  do {
    if (!ReadLine()) return false;
  } while (row_ == std::vector<std::string>{""});
  if (row_.size() != column_count_) {
    return Error(absl::StrCat("has ", row_.size(), " columns; the header has ",
                              column_count_));
  }
  return true;
}

std::string TabSeparated::Get(const std::string& column) const {
  const auto found = columns_.find(column);
  return found == columns_.end() ? "" : row_[found->second];
}

absl::Status TabSeparated::Error(const std::string& what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(name_, ": line ", line_, " ", what));
}

bool TabSeparated::ReadLine() {
  std::string line;
  if (!std::getline(*input_, line)) return false;
  ++line_;
  row_ = absl::StrSplit(absl::StripSuffix(line, "\r"), '\t');
  return true;
}

}  // namespace oido::client
