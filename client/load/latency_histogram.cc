// Implements LatencyHistogram on Boost.Histogram; the only file that includes
// it.
#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cassert>
#include <cmath>

// gcc 12 with sanitizers takes an array of Boost's for uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/histogram.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace oido::load {
namespace {

constexpr double kShortestUs = 1;
constexpr double kLongestUs = 1e9;

unsigned BinCount(LatencyHistogram::Resolution resolution) {
  const double width =
      resolution == LatencyHistogram::Resolution::kFine ? 0.002 : 0.02;
  return static_cast<unsigned>(
      std::ceil(std::log(kLongestUs / kShortestUs) / std::log1p(width)));
}

using Axis =
    boost::histogram::axis::regular<double,
                                    boost::histogram::axis::transform::log>;

}  // namespace

class LatencyHistogram::Bins {
 public:
  explicit Bins(unsigned count)
      : histogram_(boost::histogram::make_histogram_with(
            std::vector<uint64_t>(), Axis(count, kShortestUs, kLongestUs))) {}

  void Add(double us) { histogram_(us); }
  void Add(const Bins& other) { histogram_ += other.histogram_; }

  // End of the bin with the `rank`-th smallest value, counted from 1.
  double UpperEndUs(int64_t rank) const {
    int64_t below = 0;
    for (const auto& bin : boost::histogram::indexed(histogram_)) {
      below += static_cast<int64_t>(*bin);
      if (below >= rank) return bin.bin().upper();
    }
    return HUGE_VAL;  // longer than the axis
  }

 private:
  decltype(boost::histogram::make_histogram_with(
      std::vector<uint64_t>(), Axis(1u, kShortestUs, kLongestUs))) histogram_;
};

LatencyHistogram::LatencyHistogram(Resolution resolution)
    : bins_(std::make_unique<Bins>(BinCount(resolution))) {}
LatencyHistogram::LatencyHistogram(LatencyHistogram&&) noexcept = default;
LatencyHistogram& LatencyHistogram::operator=(LatencyHistogram&&) noexcept =
    default;
LatencyHistogram::~LatencyHistogram() = default;

void LatencyHistogram::Record(absl::Duration value) {
  value = std::max(value, absl::Microseconds(kShortestUs));
  bins_->Add(absl::ToDoubleMicroseconds(value));
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  bins_->Add(*other.bins_);
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

absl::Duration LatencyHistogram::mean() const {
  return count_ == 0 ? absl::ZeroDuration() : sum_ / count_;
}

absl::Duration LatencyHistogram::Quantile(double quantile) const {
  assert(quantile > 0 && quantile <= 1);
  if (count_ == 0) return absl::ZeroDuration();
  const auto rank =
      static_cast<int64_t>(std::ceil(quantile * static_cast<double>(count_)));
  const double us = bins_->UpperEndUs(std::max<int64_t>(rank, 1));
  return std::min(absl::Microseconds(us), max_);
}

}  // namespace oido::load
