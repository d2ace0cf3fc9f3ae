// SPDX-License-Identifier: MIT
// Pictures as SVG files: lines with the spread around them, points, bars, and maps of colours; one
// or several charts in a row. Every text is in English and Chinese, and so is each picture, which
// becomes two files.
#pragma once
#include <string>
#include <vector>

namespace plot {

struct Text {
  std::string en, zh;
  Text(const char* both = "") : en(both), zh(both) {}
  Text(std::string both) : en(both), zh(std::move(both)) {}
  Text(std::string english, std::string chinese) : en(std::move(english)), zh(std::move(chinese)) {}
};

enum class Style { line, points, dashed, band };
/// Values y over x. spread, if given, is drawn as y ± spread.
struct Series {
  Text name = {};
  std::vector<double> x = {}, y = {}, spread = {};
  Style style = Style::line;
};

enum class Axis { linear, log };
struct Chart {
  Text title = {}, x = {}, y = {};  ///< with units: "time, ms"
  Axis x_axis = Axis::linear, y_axis = Axis::linear;
  std::vector<Series> series = {};
  /// If there are some, series are bars, one of each series for each category; or they are the
  /// names of the map's rows and columns.
  std::vector<Text> categories = {};
  /// If it is not empty: a map of colours instead of series; rows from the top.
  std::vector<std::vector<double>> map = {};
  Text map_scale = "";     ///< what the colours of the map mean
  bool is_signed = false;  ///< the map's colours: blue below 0 and red above; else white to black
};

/// Writes FOLDER/NAME.svg and FOLDER/NAME.zh.svg, of charts side by side, `columns` in a row.
/// Values that are not finite, or not positive on a logarithmic axis, are left out. Throws IoError.
void save(const std::string& folder, const std::string& name, const std::vector<Chart>& charts,
          int columns = 2);

}  // namespace plot
