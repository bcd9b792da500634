// Reads tab-separated lines under a header line that names the columns.
#ifndef OIDO_CLIENT_TAB_SEPARATED_H_
#define OIDO_CLIENT_TAB_SEPARATED_H_

#include <cstddef>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace oido::client {

// One thread. Empty lines are skipped.
class TabSeparated {
 public:
  // Reads the header. `input` outlives the reader; `name` is the file's, for
  // messages. INVALID_ARGUMENT if one of `needed` is no column.
  static absl::StatusOr<TabSeparated> Open(
      std::istream& input, const std::string& name,
      const std::vector<std::string>& needed);

  // Goes to the next line; false: there is none. INVALID_ARGUMENT, with its
  // number, where it has more or fewer columns than the header.
  absl::StatusOr<bool> Next();

  // Of this line; empty where there is no such column.
  std::string Get(const std::string& column) const;
  // INVALID_ARGUMENT that names the file, this line and `what` is wrong.
  absl::Status Error(const std::string& what) const;

 private:
  TabSeparated(std::istream& input, std::string name)
      : input_(&input), name_(std::move(name)) {}
  bool ReadLine();

  std::istream* input_;
  std::string name_;
  std::map<std::string, size_t> columns_;
  size_t column_count_ = 0;
  std::vector<std::string> row_;
  int line_ = 0;
};

}  // namespace oido::client

#endif  // OIDO_CLIENT_TAB_SEPARATED_H_
