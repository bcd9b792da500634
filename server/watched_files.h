// Notices that files were replaced or rewritten.
#ifndef OIDO_SERVER_WATCHED_FILES_H_
#define OIDO_SERVER_WATCHED_FILES_H_

#include <sys/stat.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace oido::server {

// One thread's. Links are followed, so that a mounted secret whose directory is
// exchanged counts as changed.
class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths)
      : paths_(std::move(paths)), used_(Look()), last_(used_) {}

  // True, once: they differ from when they were last used, and not from the
  // look before, so that nobody is in the middle of writing them.
  bool Changed() {
    Stamps now = Look();
    const bool settled = now == last_;
    last_ = std::move(now);
    if (!settled || last_ == used_) return false;
    used_ = last_;
    return true;
  }

 private:
  // Device, inode, size, seconds and nanoseconds of the last change.
  using Stamp = std::tuple<dev_t, ino_t, off_t, time_t, long>;
  using Stamps = std::vector<Stamp>;

  Stamps Look() const {
    Stamps stamps;
    for (const std::string& path : paths_) {
      struct stat found = {};
      stat(path.c_str(), &found);
      stamps.emplace_back(found.st_dev, found.st_ino, found.st_size,
                          found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
    }
    return stamps;
  }

  const std::vector<std::string> paths_;
  Stamps used_;
  Stamps last_;
};

}  // namespace oido::server

#endif  // OIDO_SERVER_WATCHED_FILES_H_
