// oneDNN's engine, reorders and execution.
#include "model/onednn.h"

#include <omp.h>

#include <cstring>
#include <utility>

namespace oido::model::onednn {

OneThread::OneThread() : threads_before_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}

OneThread::~OneThread() { omp_set_num_threads(threads_before_); }

const dnnl::engine& CpuEngine() {
  static const dnnl::engine& engine =
      *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr Attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  return attributes;
}

dnnl::memory Reordered(absl::Span<const float> values, const Desc& from,
                       const Desc& to, const dnnl::primitive_attr& attributes) {
  const dnnl::engine& engine = CpuEngine();
  // oneDNN takes a mutable pointer; a reorder only reads its source.
  dnnl::memory source(from, engine, const_cast<float*>(values.data()));
  dnnl::memory target(to, engine);
  // Layouts have gaps: the same weights shall be the same bytes.
  std::memset(target.get_data_handle(), 0, to.get_size());
  dnnl::stream stream(engine);
  const dnnl::reorder::primitive_desc pd(source, target, attributes);
  dnnl::reorder(pd).execute(stream, source, target);
  stream.wait();
  return target;
}

bool IsBlocked(const Desc& desc) {
  return desc.get_format_kind() == dnnl::memory::format_kind::blocked;
}

BoundPrimitive::BoundPrimitive(dnnl::primitive primitive,
                               const Desc& scratchpad)
    : primitive_(std::move(primitive)),
      scratchpad_bytes_(scratchpad.get_size()),
      stream_(CpuEngine()) {
  Bind(DNNL_ARG_SCRATCHPAD, scratchpad);
}

void BoundPrimitive::Bind(int argument, dnnl::memory memory) {
  memories_.push_back(std::move(memory));
  arguments_.push_back({argument, memories_.back().get()});
}

void BoundPrimitive::Bind(int argument, const Desc& desc) {
  Bind(argument, dnnl::memory(desc, CpuEngine(), nullptr));
}

void BoundPrimitive::SetData(size_t index, void* data) {
  memories_[index + 1].set_data_handle(data);
}

// Through the C function, as the C++ one allocates an array of arguments every
// time.
absl::Status BoundPrimitive::Run(Scratch& scratch) {
  memories_.front().set_data_handle(scratch.AtLeast(scratchpad_bytes_));
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()),
      arguments_.data());
  if (status != dnnl_success) {
    return absl::InternalError(
        absl::StrCat("oneDNN, running a step: status ", status));
  }
  stream_.wait();
  return absl::OkStatus();
}

}  // namespace oido::model::onednn
