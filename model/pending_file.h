// Writes a file beside its place, to be put there in one step.
#ifndef OIDO_MODEL_PENDING_FILE_H_
#define OIDO_MODEL_PENDING_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::model {

// Whoever reads `target` sees the old file or the whole new one, and after a
// power cut too. One thread at a time.
class PendingFile {
 public:
  // Writes `bytes` to a new file in the directory of `target` and waits until
  // they are on the disk. Errors name the file.
  static absl::StatusOr<std::unique_ptr<PendingFile>> Write(
      const std::string& target, absl::string_view bytes);
  // Removes what was not committed.
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  // Where the bytes are until Commit.
  const std::string& path() const { return path_; }
  absl::Status Commit();

 private:
  PendingFile(std::string target, std::string path)
      : target_(std::move(target)), path_(std::move(path)) {}

  std::string target_;
  std::string path_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_PENDING_FILE_H_
