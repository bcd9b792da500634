// Percentiles against sorted values, on random ones over all magnitudes.
#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "client/load/latency_series.h"
#include "gtest/gtest.h"

namespace oido::load {
namespace {

using Resolution = LatencyHistogram::Resolution;

constexpr absl::Duration kMs = absl::Milliseconds(1);

std::vector<absl::Duration> RandomLatencies(std::mt19937& random, size_t count,
                                            double greatest_log10_us) {
  std::uniform_real_distribution<double> log10_us(0.01, greatest_log10_us);
  std::vector<absl::Duration> values;
  for (size_t i = 0; i < count; ++i) {
    values.push_back(absl::Microseconds(std::pow(10, log10_us(random))));
  }
  return values;
}

// The nearest-rank quantile of sorted values.
absl::Duration Exact(const std::vector<absl::Duration>& sorted,
                     double quantile) {
  const double rank = std::ceil(quantile * static_cast<double>(sorted.size()));
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

TEST(LatencyHistogramTest, QuantilesAreNeverBelowTheTruthAndHardlyAbove) {
  for (const uint32_t seed : {1u, 2u, 3u, 4u}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const Resolution resolution =
        seed % 2 == 0 ? Resolution::kFine : Resolution::kCoarse;
    const double width = resolution == Resolution::kFine ? 0.002 : 0.02;
    std::vector<absl::Duration> values =
        RandomLatencies(random, 1000 * seed + 1, 8.9);
    LatencyHistogram histogram(resolution);
    absl::Duration sum;
    for (const absl::Duration value : values) {
      histogram.Record(value);
      sum += value;
    }
    std::sort(values.begin(), values.end());
    EXPECT_EQ(histogram.count(), static_cast<int64_t>(values.size()));
    EXPECT_EQ(histogram.max(), values.back());
    EXPECT_NEAR(absl::FDivDuration(histogram.mean(),
                                   sum / static_cast<int64_t>(values.size())),
                1, 1e-6);
    for (const double quantile : {1e-6, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double ratio = absl::FDivDuration(histogram.Quantile(quantile),
                                              Exact(values, quantile));
      EXPECT_GE(ratio, 1 - 1e-6) << quantile;
      EXPECT_LE(ratio, 1 + width) << quantile;
    }
  }
}

TEST(LatencyHistogramTest, MergingIsRecordingBoth) {
  std::mt19937 random(5);
  LatencyHistogram a(Resolution::kFine);
  LatencyHistogram b(Resolution::kFine);
  LatencyHistogram both(Resolution::kFine);
  for (const absl::Duration value : RandomLatencies(random, 500, 6)) {
    (value > 100 * kMs ? a : b).Record(value);
    both.Record(value);
  }
  a.Merge(b);
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.max(), both.max());
  for (const double quantile : {0.1, 0.5, 0.99}) {
    EXPECT_EQ(a.Quantile(quantile), both.Quantile(quantile));
  }
}

TEST(LatencyHistogramTest, KeepsWhatLiesOffItsAxis) {
  LatencyHistogram histogram(Resolution::kFine);
  EXPECT_EQ(histogram.Quantile(0.99), absl::ZeroDuration());
  histogram.Record(-absl::Seconds(1));
  EXPECT_EQ(histogram.max(), absl::Microseconds(1));
  EXPECT_EQ(histogram.Quantile(1), absl::Microseconds(1));
  histogram.Record(absl::Hours(1));
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.Quantile(1), absl::Hours(1));
  EXPECT_LE(histogram.Quantile(0.5), absl::Microseconds(1.01));
}

TEST(LatencySeriesTest, KeepsEverythingInABoundedNumberOfParts) {
  LatencySeries series;
  series.Record(-absl::Seconds(1), kMs);  // before the run: nothing
  for (int second = 0; second < 1000; ++second) {
    series.Record(absl::Seconds(second), (second + 1) * kMs);
    series.RecordStreams(absl::Seconds(second), second);
    ASSERT_LE(series.parts().size(), LatencySeries::kMaxParts);
  }
  int64_t count = 0;
  for (size_t i = 0; i < series.parts().size(); ++i) {
    const LatencySeries::Part& part = series.parts()[i];
    count += part.latency.count();
    const absl::Duration end =
        series.part_length() * static_cast<int64_t>(i + 1);
    const int last = std::min(
        999, static_cast<int>(std::ceil(absl::ToDoubleSeconds(end))) - 1);
    EXPECT_EQ(part.most_streams, last);
    EXPECT_EQ(part.latency.max(), (last + 1) * kMs);
  }
  EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace oido::load
