// Draws lines over a logarithmic axis as an SVG picture.
#ifndef OIDO_CLIENT_LOAD_SVG_CHART_H_
#define OIDO_CLIENT_LOAD_SVG_CHART_H_

#include <string>
#include <vector>

namespace oido::load {

struct ChartPoint {
  double x = 0;
  double y = 0;  // below kLeastY it is drawn there
};

struct ChartLine {
  std::string name;
  std::string color;  // of CSS
  std::vector<ChartPoint> points;
};

struct Chart {
  static constexpr double kLeastY = 0.1;

  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<ChartLine> lines;
  std::vector<double> limits;  // horizontal, dashed
};

// A whole file; well-formed XML whatever the texts are.
std::string ToSvg(const Chart& chart);

}  // namespace oido::load

#endif  // OIDO_CLIENT_LOAD_SVG_CHART_H_
