// Maps a regular file read-only into memory.
#ifndef OIDO_MODEL_MAPPED_FILE_H_
#define OIDO_MODEL_MAPPED_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::model {

// Any thread may read it. The file must not be truncated while it is mapped
// (touching the lost pages is a SIGBUS): replace files by renaming.
class MappedFile {
 public:
  // NOT_FOUND: no such file. INVALID_ARGUMENT: not a regular file or more than
  // `max_bytes` long. Messages begin with `path`.
  static absl::StatusOr<std::shared_ptr<const MappedFile>> Open(
      const std::string& path, size_t max_bytes);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  absl::string_view bytes() const {
    return absl::string_view(static_cast<const char*>(address_), size_);
  }

 private:
  MappedFile(void* address, size_t size) : address_(address), size_(size) {}

  void* address_;  // nullptr for an empty file
  size_t size_;
};

}  // namespace oido::model

#endif  // OIDO_MODEL_MAPPED_FILE_H_
