// The signal and the tables of the feature goldens.
#ifndef OIDO_TESTS_GOLDEN_FEATURE_SIGNAL_H_
#define OIDO_TESTS_GOLDEN_FEATURE_SIGNAL_H_

#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace oido::features {

// signal() of generate_features.py.
inline std::vector<float> GoldenSignal(int count = 3200) {
  constexpr double kTwoPi = 6.283185307179586;
  uint32_t state = 12345;
  std::vector<float> samples(count, 0.0f);
  for (int n = 0; n < count * 3 / 4; ++n) {
    state = state * 1664525u + 1013904223u;
    const double t = n / 16000.0;
    const double chirp = std::sin(kTwoPi * (100 * t + 0.5 * 25000 * t * t));
    const double noise = (static_cast<int>(state >> 16) - 32768) / 64.0;
    samples[n] = static_cast<float>(std::floor(6000 * chirp + noise + 0.5));
  }
  return samples;
}

// tests/data/features/NAME.txt, one vector a line; empty if it is not there.
inline std::vector<std::vector<float>> GoldenRows(const std::string& name) {
  std::ifstream file("tests/data/features/" + name + ".txt");
  std::vector<std::vector<float>> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::vector<float> row;
    for (float value; fields >> value;) row.push_back(value);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace oido::features

#endif  // OIDO_TESTS_GOLDEN_FEATURE_SIGNAL_H_
