// SPDX-License-Identifier: MIT
// Draws the timeline of a pipeline as an SVG picture, and as a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report.h"

namespace tinygrad::simulator {
namespace {

constexpr double width = 1200, left = 70, top = 58, height = 22, space = 3;
constexpr std::size_t most_passes = 20000;

const char* const names[] = {"forward", "backward", "sum of gradients", "optimizer"};
const char* const colours[] = {"#4a7fb5", "#e08a3c", "#8e5ea2", "#5f9e6e"};
/// Of the parts of a model that a stage has, later ones are darker.
const char* const darker[] = {"#4a7fb5", "#2f5f92", "#1d4470", "#e08a3c", "#b96a22", "#8c4c12"};

std::string colour(const Pass& pass) {
  const int kind = int(pass.kind);
  return kind < 2 ? darker[3 * kind + std::min(pass.chunk, 2)] : colours[kind];
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

/// 1, 2 or 5 times a power of ten, about a tenth of the range.
double tick(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 10)));
  for (const double k : {1., 2., 5.})
    if (k * power >= range / 12) return k * power;
  return 10 * power;
}

struct Picture {
  const Timeline& timeline;
  double end = 0;     ///< of what is drawn
  bool whole = true;  ///< the step is drawn to its end

  explicit Picture(const Timeline& all) : timeline(all) {
    std::size_t count = 0;
    for (const auto& row : all) count += row.size();
    const auto most = std::size_t(double(most_passes) / double(all.size()));
    for (const auto& row : all) {
      whole = whole && (count <= most_passes || row.size() <= most);
      end = std::max(end,
                     row[std::min(row.size(), count <= most_passes ? row.size() : most) - 1].end);
    }
  }
  double x(double seconds) const { return left + (width - left - 20) * seconds / end; }
  double y(std::size_t stage) const { return top + double(stage) * (height + space); }
  double bottom() const { return y(timeline.size()); }

  std::string rectangle(std::size_t stage, const Pass& pass) const {
    const double from = x(pass.start), wide = x(pass.end) - from;
    const bool is_pass = int(pass.kind) < 2;
    std::string text = fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"><title>{}{}, "
        "{:.4g} to {:.4g} ms</title></rect>\n",
        from, y(stage), std::max(wide - std::min(0.5, wide / 10), 0.05), height, colour(pass),
        names[int(pass.kind)],
        is_pass ? fmt::format(" {}, part {}", pass.micro_batch, pass.chunk) : "", pass.start * 1e3,
        pass.end * 1e3);
    const auto digits = double(std::to_string(pass.micro_batch).size());
    if (is_pass && wide > 7 * digits + 2)
      text += fmt::format(
          "<text x=\"{:.2f}\" y=\"{:.1f}\" fill=\"white\" text-anchor=\"middle\">"
          "{}</text>\n",
          from + wide / 2, y(stage) + 15, pass.micro_batch);
    return text;
  }
  std::string row(std::size_t stage) const {
    std::string text = fmt::format(
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">stage {}</text>\n"
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"#eee\"/>\n",
        left - 8, y(stage) + 15, stage, left, y(stage), x(end) - left, height);
    for (const Pass& pass : timeline[stage])
      if (pass.end > pass.start && pass.end <= end) text += rectangle(stage, pass);
    return text;
  }
  std::string axis() const {
    std::string text;
    const double step = tick(end);
    for (double t = 0; t <= end * (1 + 1e-9); t += step)
      text += fmt::format(
          "<path d=\"M{0:.1f} {1:.1f}v5\" stroke=\"#444\"/><text x=\"{0:.1f}\" y=\"{2:.1f}\" "
          "text-anchor=\"middle\">{3:.6g}</text>\n",
          x(t), bottom(), bottom() + 18, t * (end < 1 ? 1e3 : 1));
    return text + fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                              left - 8, bottom() + 18, end < 1 ? "ms" : "s");
  }
  std::string legend() const {
    std::string text;
    for (int kind = 0; kind < 5; ++kind)
      text += fmt::format(
          "<rect x=\"{}\" y=\"30\" width=\"12\" height=\"12\" fill=\"{}\"/><text x=\"{}\" "
          "y=\"41\">{}</text>\n",
          left + kind * 140, kind < 4 ? colours[kind] : "#eee", left + kind * 140 + 17,
          kind < 4 ? names[kind] : "waiting");
    return text;
  }
};

std::string title(const Report& r, const Prediction& p, bool whole) {
  return fmt::format("{}, {} devices, {}: a step of {:.4g} s, bubble {:.1f} %{}", r.model.name,
                     r.cluster.devices, to_string(p.division), p.seconds, 100 * p.bubble,
                     whole ? "" : " (its beginning)");
}

}  // namespace

std::string as_svg(const Report& r, const Prediction& p, const Timeline& timeline) {
  const Picture picture(timeline);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"18\" font-size=\"14\">{3}</text>\n",
      width, picture.bottom() + 28, left, escaped(title(r, p, picture.whole)));
  text += picture.legend();
  for (std::size_t stage = 0; stage < timeline.size(); ++stage) text += picture.row(stage);
  return text + picture.axis() + "</svg>\n";
}

std::string as_html(const Report& r, const Prediction& p, const Timeline& timeline) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
         "charset=\"utf-8\"><title>tg-split</title>\n"
         "<style>body { font-family: sans-serif; margin: 1em } .wide { overflow-x: auto } "
         "svg { width: 100%; height: auto }</style></head><body>\n"
         "<p><label>Width <input type=\"range\" min=\"100\" max=\"2000\" value=\"100\" "
         "oninput=\"document.querySelector('svg').style.width = this.value + '%'\"></label></p>\n"
         "<div class=\"wide\">\n" +
         as_svg(r, p, timeline) + "</div>\n<pre>" + escaped(as_text(r)) +
         "</pre>\n</body></html>\n";
}

}  // namespace tinygrad::simulator
