// SPDX-License-Identifier: MIT
// Draws charts as SVG.
#include "common/plot.h"

#include <fmt/format.h>
#include <tinygrad/io/file.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace plot {
namespace {

constexpr double width = 420, height = 320, left = 64, right = 14, top = 30, bottom = 46;
// Okabe and Ito's colours, told apart by all eyes.
constexpr const char* colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000", "#999999"};
const char* colour(std::size_t i) { return colours[i % std::size(colours)]; }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return out;
}

/// From values to pixels: [low, high] to [begin, end].
struct Scale {
  double low = INFINITY, high = -INFINITY, begin, end;
  bool log;

  Scale(Axis axis, double begin_, double end_) : begin(begin_), end(end_), log(axis == Axis::log) {}
  bool shows(double v) const { return std::isfinite(v) && (!log || v > 0); }
  void include(double v) {
    if (shows(v)) low = std::min(low, v), high = std::max(high, v);
  }
  /// A range to draw if all values are equal or there are none, and some air around them.
  void round_up() {
    if (low > high) low = log ? 1 : 0, high = log ? 10 : 1;
    if (low == high) low = log ? low / 2 : low - 0.5, high = log ? high * 2 : high + 0.5;
    const double air = log ? std::pow(high / low, 0.04) : 0.04 * (high - low);
    low = log ? low / air : low - (low == 0 ? 0 : air), high = log ? high * air : high + air;
  }
  double operator()(double v) const {
    const double part = log ? std::log(v / low) / std::log(high / low) : (v - low) / (high - low);
    return begin + part * (end - begin);
  }
  /// About five values to write beside the axis.
  std::vector<double> ticks() const {
    std::vector<double> all;
    if (log && high / low > 20) {
      const double decades = std::floor(std::log10(high)) - std::ceil(std::log10(low));
      const double step = std::max(1., std::ceil(decades / 6));
      for (double e = std::ceil(std::log10(low)); e <= std::log10(high); e += step)
        all.push_back(std::pow(10., e));
      return all;
    }
    double step = std::pow(10., std::ceil(std::log10((high - low) / 5)));
    for (const double finer : {0.1, 0.2, 0.5})  // 1, 2 or 5 times a power of ten
      if ((high - low) / (step * finer) < 8) return ticks(step * finer);
    return ticks(step);
  }
  std::vector<double> ticks(double step) const {
    std::vector<double> all;
    for (double v = std::ceil(low / step) * step; v <= high; v += step)
      all.push_back(std::fabs(v) < step / 1e6 ? 0 : v);
    return all;
  }
};

std::string label(double v) { return fmt::format("{:.4g}", v); }

class Drawing {
 public:
  Drawing(const Chart& chart, bool chinese) : c_(chart), chinese_(chinese) {}

  std::string draw() {
    if (!c_.map.empty()) map();
    else if (!c_.categories.empty()) bars();
    else curves();
    text(width / 2, 18, c_.title, "middle", "font-weight='600'");
    text((left + width - right) / 2, height - 8, c_.x, "middle");
    if (!of(c_.y).empty())
      text(14, (top + height - bottom) / 2, c_.y, "middle",
           fmt::format("transform='rotate(-90 14 {:.0f})'", (top + height - bottom) / 2));
    return out_;
  }

 private:
  const std::string& of(const Text& t) const { return chinese_ ? t.zh : t.en; }
  template <class... T> void add(fmt::format_string<T...> format, T&&... values) {
    out_ += fmt::format(format, std::forward<T>(values)...) + "\n";
  }
  void text(double x, double y, const Text& t, const char* anchor, const std::string& more = "") {
    add("<text x='{:.1f}' y='{:.1f}' text-anchor='{}' {}>{}</text>", x, y, anchor, more,
        escaped(of(t)));
  }

  void axes(const Scale& x, const Scale& y, bool with_x = true) {
    for (const double v : y.ticks()) {
      add("<path class='grid' d='M{} {:.1f}H{}'/>", left, y(v), width - right);
      text(left - 6, y(v) + 4, label(v), "end");
    }
    if (with_x)
      for (const double v : x.ticks()) {
        add("<path class='grid' d='M{:.1f} {}V{}'/>", x(v), top, height - bottom);
        text(x(v), height - bottom + 15, label(v), "middle");
      }
    add("<path class='axis' d='M{} {}V{}H{}'/>", left, top, height - bottom, width - right);
  }

  void curves() {
    Scale x(c_.x_axis, left, width - right), y(c_.y_axis, height - bottom, top);
    for (auto& s : c_.series)
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        const double spread = i < s.spread.size() ? s.spread[i] : 0;
        x.include(s.x[i]), y.include(s.y[i] - spread), y.include(s.y[i] + spread);
      }
    x.round_up(), y.round_up();
    axes(x, y);
    for (std::size_t i = 0; i < c_.series.size(); ++i) curve(c_.series[i], colour(i), x, y);
    legend();
  }

  void curve(const Series& s, const char* colour, const Scale& x, const Scale& y) {
    std::string above, below, points;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!x.shows(s.x[i]) || !y.shows(s.y[i])) continue;
      drawn_.emplace_back(x(s.x[i]), y(s.y[i]));
      points += fmt::format("{}{:.1f} {:.1f}", points.empty() ? "M" : "L", x(s.x[i]), y(s.y[i]));
      if (s.style == Style::points || s.x.size() < 30)
        add("<circle cx='{:.1f}' cy='{:.1f}' r='2.5' fill='{}'/>", x(s.x[i]), y(s.y[i]), colour);
      if (i >= s.spread.size()) continue;
      const double low = s.y[i] - s.spread[i], high = s.y[i] + s.spread[i];
      above += fmt::format("{:.1f},{:.1f} ", x(s.x[i]), y(high));
      below = fmt::format("{:.1f},{:.1f} ", x(s.x[i]), y(y.shows(low) ? low : y.low)) + below;
    }
    if (!above.empty())
      add("<polygon points='{}{}' fill='{}' fill-opacity='0.15'/>", above, below, colour);
    if (s.style != Style::points)
      add("<path d='{}' fill='none' stroke='{}' stroke-width='1.8'{}/>", points, colour,
          s.style == Style::dashed ? " stroke-dasharray='5 4'" : "");
  }

  void bars() {
    Scale y(c_.y_axis, height - bottom, top);
    if (c_.y_axis == Axis::linear) y.include(0);
    for (auto& s : c_.series)
      for (std::size_t i = 0; i < s.y.size(); ++i)
        y.include(s.y[i] + (i < s.spread.size() ? s.spread[i] : 0));
    y.round_up();
    axes({Axis::linear, 0, 1}, y, false);
    const double group = (width - left - right) / double(c_.categories.size());
    const double bar = 0.8 * group / double(c_.series.size());
    const double zero = y(std::clamp(0., y.low, y.high));
    for (std::size_t k = 0; k < c_.categories.size(); ++k) {
      const double begin = left + group * (double(k) + 0.1);
      for (std::size_t i = 0; i < c_.series.size(); ++i) {
        const Series& s = c_.series[i];
        if (k >= s.y.size() || !y.shows(s.y[k])) continue;
        const double x = begin + bar * double(i), end = y(s.y[k]);
        drawn_.emplace_back(x + bar / 2, end + 4);
        add("<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}'/>", x,
            std::min(zero, end), bar * 0.95, std::fabs(zero - end), colour(i));
        if (k < s.spread.size())
          add("<path class='axis' d='M{:.1f} {:.1f}V{:.1f}'/>", x + bar / 2,
              y(s.y[k] - s.spread[k]), y(s.y[k] + s.spread[k]));
      }
      text(begin + 0.4 * group, height - bottom + 15 + 11 * double(k % 2 && group < 60),
           c_.categories[k], "middle");
    }
    if (c_.series.size() > 1) legend();
  }

  void map() {
    Scale values(Axis::linear, 0, 1);
    for (auto& row : c_.map)
      for (const double v : row) values.include(v);
    const double rows = double(c_.map.size()), columns = double(c_.map[0].size());
    const double cell =
        std::min((width - left - right - 60) / columns, (height - top - bottom) / rows);
    for (std::size_t r = 0; r < c_.map.size(); ++r)
      for (std::size_t k = 0; k < c_.map[r].size(); ++k)
        add("<rect x='{:.2f}' y='{:.2f}' width='{:.2f}' height='{:.2f}' fill='{}'/>",
            left + cell * double(k), top + cell * double(r), cell + 0.3, cell + 0.3,
            shade(values, c_.map[r][k]));
    const std::string small = fmt::format("style='font-size:{:.1f}px'", 0.9 * cell);
    for (std::size_t k = 0; k < c_.categories.size(); ++k) {
      const double middle = cell * (double(k) + 0.5);
      text(left - 3, top + middle + 0.3 * cell, c_.categories[k], "end", small);
      text(left + middle, top + cell * (rows + 0.9), c_.categories[k], "middle", small);
    }
    if (of(c_.map_scale).empty()) return;
    for (int i = 0; i < 50; ++i) {
      const double v = values.low + (values.high - values.low) * i / 49;
      add("<rect x='{}' y='{:.1f}' width='10' height='4.5' fill='{}'/>", width - 62,
          height - bottom - 4. * (i + 1), shade(values, v));
    }
    text(width - 48, height - bottom, label(values.low), "start");
    text(width - 48, height - bottom - 192, label(values.high), "start");
    text(width - 20, height - bottom - 206, c_.map_scale, "end");
  }
  std::string shade(const Scale& values, double v) const {
    if (!std::isfinite(v)) return "#ffff00";
    const double most = std::max({std::fabs(values.low), std::fabs(values.high), 1e-30});
    const double span = std::max(values.high - values.low, 1e-30);
    const int other =
        int(255 * (1 - (c_.is_signed ? std::fabs(v) / most : (v - values.low) / span)));
    return !c_.is_signed ? fmt::format("#{0:02x}{0:02x}{0:02x}", other)
           : v < 0       ? fmt::format("#{0:02x}{0:02x}ff", other)
                         : fmt::format("#ff{0:02x}{0:02x}", other);
  }

  /// In the corner where it covers the fewest points of the curves.
  void legend() {
    const double tall = 15. * double(c_.series.size()), wide = 170;
    double best = INFINITY, x = left, y = top;
    for (const double cx : {left, width - right - wide})
      for (const double cy : {top, height - bottom - tall - 6}) {
        const auto covered = [&](auto& p) {
          return p.first > cx && p.first < cx + wide && p.second > cy && p.second < cy + tall + 6;
        };
        const double n = double(std::count_if(drawn_.begin(), drawn_.end(), covered));
        if (n < best) best = n, x = cx, y = cy;
      }
    y += 8;
    for (std::size_t i = 0; i < c_.series.size(); ++i, y += 15) {
      if (of(c_.series[i].name).empty()) continue;
      add("<rect x='{}' y='{}' width='12' height='4' fill='{}'/>", x + 10, y, colour(i));
      text(x + 26, y + 5, c_.series[i].name, "start", "class='name'");
    }
  }

  const Chart& c_;
  bool chinese_;
  std::string out_;
  std::vector<std::pair<double, double>> drawn_;  ///< points of curves and tops of bars
};

constexpr const char* style =
    "<style>text{{font:{:.0f}px system-ui,'Noto Sans CJK SC',sans-serif;fill:#222}}"
    ".grid{{stroke:#e4e4e4;fill:none}}.axis{{stroke:#444;fill:none}}"
    ".name{{paint-order:stroke;stroke:#fff;stroke-width:3px}}</style>";

}  // namespace

void save(const std::string& folder, const std::string& name, const std::vector<Chart>& charts,
          int columns) {
  const int across = std::min(columns, int(charts.size()));
  const int rows = (int(charts.size()) + across - 1) / across;
  for (const bool chinese : {false, true}) {
    const std::string path =
        (std::filesystem::path(folder) / (name + (chinese ? ".zh.svg" : ".svg"))).string();
    std::string svg = fmt::format("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {} {}'>",
                                  width * across, height * rows);
    svg += fmt::format(style, std::max(11., 5.5 * across)) +
           "\n<rect width='100%' height='100%' fill='#fff'/>\n";
    for (int i = 0; i < int(charts.size()); ++i)
      svg += fmt::format("<g transform='translate({} {})'>\n{}</g>\n", width * (i % across),
                         height * (i / across), Drawing(charts[std::size_t(i)], chinese).draw());
    tinygrad::write_file(path, svg + "</svg>\n");
  }
}

}  // namespace plot
