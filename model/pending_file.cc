// Writes files that appear whole or not at all (POSIX rename and fsync).
#include "model/pending_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/status_macros.h"

namespace oido::model {
namespace {

constexpr mode_t kMode = 0644;  // mkostemp makes 0600

absl::Status WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fchmod(fd, kMode) != 0) return absl::ErrnoToStatus(errno, "fchmod");
  if (fsync(fd) != 0) return absl::ErrnoToStatus(errno, "fsync");
  return absl::OkStatus();
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, directory);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  return result == 0 ? absl::OkStatus() : absl::ErrnoToStatus(error, directory);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PendingFile>> PendingFile::Write(
    const std::string& target, absl::string_view bytes) {
  std::string path = absl::StrCat(target, ".XXXXXX");
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  auto file =
      std::unique_ptr<PendingFile>(new PendingFile(target, std::move(path)));
  absl::Status status = WriteAll(fd, bytes);
  if (close(fd) != 0 && status.ok())
    status = absl::ErrnoToStatus(errno, "close");
  if (status.ok()) return file;
  return absl::Status(status.code(),
                      absl::StrCat(file->path_, ": ", status.message()));
}

PendingFile::~PendingFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status PendingFile::Commit() {
  if (std::rename(path_.c_str(), target_.c_str()) != 0)
    return absl::ErrnoToStatus(errno, target_);
  path_.clear();
  return SyncDirectoryOf(target_);
}

}  // namespace oido::model
