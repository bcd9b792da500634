// Implements the chart.
#include "client/load/svg_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace oido::load {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 460;
constexpr double kLeft = 70;
constexpr double kRight = 840;
constexpr double kTop = 50;
constexpr double kBottom = 400;

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// The least of 1, 2 and 5 times a power of ten that is not below `value`.
double RoundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= value * (1 - 1e-9)) return step * power;
  }
  return 10 * power;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    for (const ChartLine& line : chart.lines) {
      for (const ChartPoint& point : line.points) {
        greatest_x_ = std::max(greatest_x_, point.x);
        greatest_y_ = std::max(greatest_y_, point.y);
      }
    }
    for (const double limit : chart.limits) {
      greatest_y_ = std::max(greatest_y_, limit);
    }
    greatest_y_ = RoundUp(greatest_y_);
  }

  std::string Draw() {
    absl::StrAppendFormat(
        &svg_,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
        kWidth, kHeight);
    Text(kLeft, 24, "start", chart_.title);
    Text((kLeft + kRight) / 2, kBottom + 44, "middle", chart_.x_label);
    Text(kLeft, kTop - 8, "middle", chart_.y_label);
    DrawGrid();
    for (const double limit : chart_.limits) {
      absl::StrAppendFormat(&svg_,
                            "<path d=\"M%g %.1fH%g\" stroke=\"crimson\" "
                            "stroke-dasharray=\"6 4\"/>\n",
                            kLeft, Y(limit), kRight);
    }
    for (size_t i = 0; i < chart_.lines.size(); ++i) DrawLine(i);
    return absl::StrCat(svg_, "</svg>\n");
  }

 private:
  double X(double value) const {
    return kLeft + (kRight - kLeft) * value / greatest_x_;
  }
  double Y(double value) const {
    const double share =
        std::log(std::max(value, Chart::kLeastY) / Chart::kLeastY) /
        std::log(greatest_y_ / Chart::kLeastY);
    return kBottom - (kBottom - kTop) * share;
  }

  void Text(double x, double y, const char* anchor, const std::string& text) {
    absl::StrAppendFormat(
        &svg_, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x,
        y, anchor, Escaped(text));
  }

  void DrawGrid() {
    for (double y = Chart::kLeastY; y <= greatest_y_ * (1 + 1e-9); y *= 10) {
      absl::StrAppendFormat(&svg_,
                            "<path d=\"M%g %.1fH%g\" stroke=\"#ddd\"/>\n",
                            kLeft, Y(y), kRight);
      Text(kLeft - 8, Y(y) + 4, "end", absl::StrFormat("%g", y));
    }
    const double step = RoundUp(greatest_x_ / 10);
    for (double x = 0; x <= greatest_x_ * (1 + 1e-9); x += step) {
      absl::StrAppendFormat(&svg_,
                            "<path d=\"M%.1f %gV%g\" stroke=\"#ddd\"/>\n", X(x),
                            kTop, kBottom);
      Text(X(x), kBottom + 20, "middle", absl::StrFormat("%g", x));
    }
  }

  void DrawLine(size_t index) {
    const ChartLine& line = chart_.lines[index];
    const std::string color = Escaped(line.color);
    std::string path;
    for (const ChartPoint& point : line.points) {
      absl::StrAppendFormat(&path, "%c%.1f %.1f", path.empty() ? 'M' : 'L',
                            X(point.x), Y(point.y));
      absl::StrAppendFormat(
          &svg_, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
          X(point.x), Y(point.y), color);
    }
    if (!path.empty()) {
      absl::StrAppendFormat(
          &svg_, "<path d=\"%s\" fill=\"none\" stroke=\"%s\"/>\n", path, color);
    }
    const double x = kRight - 110 * static_cast<double>(chart_.lines.size()) +
                     110 * static_cast<double>(index);
    absl::StrAppendFormat(
        &svg_,
        "<rect x=\"%.1f\" y=\"14\" width=\"12\" height=\"12\" fill=\"%s\"/>\n",
        x, color);
    Text(x + 18, 24, "start", line.name);
  }

  const Chart& chart_;
  double greatest_x_ = 1;
  double greatest_y_ = 10;
  std::string svg_;
};

}  // namespace

std::string ToSvg(const Chart& chart) { return Drawing(chart).Draw(); }

}  // namespace oido::load
