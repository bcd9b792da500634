// Reads the list of utterances that oido-wer scores.
#ifndef OIDO_CLIENT_MANIFEST_H_
#define OIDO_CLIENT_MANIFEST_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace oido::client {

struct Utterance {
  std::string utt_id;
  std::string path;  // joined with the manifest's folder
  std::string text;
  std::string source;  // empty where there is no such column
};

struct ManifestFilter {
  std::string split;                 // empty: all
  std::vector<std::string> sources;  // empty: all
  size_t limit = 0;                  // the first so many; 0: all
};

// Tab-separated with a header line; columns are found by name: utt_id, path
// and text must be there, source and split where they are filtered by.
// INVALID_ARGUMENT with `name` and line.
absl::StatusOr<std::vector<Utterance>> ParseManifest(
    std::istream& input, const std::string& name, const ManifestFilter& filter);

// The file at `path`.
absl::StatusOr<std::vector<Utterance>> ReadManifest(
    const std::string& path, const ManifestFilter& filter);

}  // namespace oido::client

#endif  // OIDO_CLIENT_MANIFEST_H_
