// The only file that includes oneDNN: its engine, errors, memory and how a
// primitive is run.
#ifndef OIDO_MODEL_ONEDNN_H_
#define OIDO_MODEL_ONEDNN_H_

#include <cstddef>
#include <dnnl.hpp>
#include <new>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "model/aligned_array.h"

namespace oido::model::onednn {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;
using Type = dnnl::memory::data_type;

// Weight layouts are asked for at this batch size and then kept for all:
// oneDNN's blocked layouts do not depend on it (its packed ones do).
inline constexpr int kLayoutBatch = 16;

// While it lives, oneDNN uses this thread alone. The layout of packed weights
// depends on the number of OpenMP threads: packed for two they are garbage to a
// primitive made for one.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_before_;
};

// Runs `body`, which returns a Status, on one thread, and turns oneDNN's
// exceptions into a Status. All use of oneDNN goes through here.
template <typename Body>
absl::Status Guard(absl::string_view what, Body&& body) {
  const OneThread one_thread;
  try {
    return body();
  } catch (const dnnl::error& error) {
    return absl::InternalError(absl::StrCat(
        "oneDNN, ", what, ": ", error.message, " (status ", error.status, ")"));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("out of memory, ", what));
  }
}

// One for the process: oneDNN refuses to mix objects of different engines. It
// is immutable and never destroyed.
const dnnl::engine& CpuEngine();

// Full float precision whatever the environment says, and scratch memory from
// the caller: with the library's own a primitive could run only on the thread
// that made it.
dnnl::primitive_attr Attributes();

// `values`, laid out as `from`, copied into new memory laid out as `to`.
dnnl::memory Reordered(absl::Span<const float> values, const Desc& from,
                       const Desc& to, const dnnl::primitive_attr& attributes);

// Whether `desc` is a layout of blocks, the same for every batch size.
bool IsBlocked(const Desc& desc);

// A primitive with its arguments. One thread at a time.
class BoundPrimitive {
 public:
  BoundPrimitive(dnnl::primitive primitive, const Desc& scratchpad);

  // An argument that stays what it is, and one that SetData gives its place.
  void Bind(int argument, dnnl::memory memory);
  void Bind(int argument, const Desc& desc);

  // Of the arguments bound so far, from 0.
  void SetData(size_t index, void* data);
  size_t bound() const { return memories_.size() - 1; }

  absl::Status Run(Scratch& scratch);

 private:
  dnnl::primitive primitive_;
  size_t scratchpad_bytes_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;  // the scratchpad comes first
  std::vector<dnnl_exec_arg_t> arguments_;
};

}  // namespace oido::model::onednn

#endif  // OIDO_MODEL_ONEDNN_H_
