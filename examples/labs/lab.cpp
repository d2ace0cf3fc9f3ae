// SPDX-License-Identifier: MIT
// Options, tables and claims of labs.
#include "labs/lab.h"

#include <fmt/format.h>
#include <tinygrad/error.h>
#include <tinygrad/io/file.h>
#include <tinygrad/observer.h>
#include <tinygrad/random.h>
#include <tinygrad/train/train.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "common/program.h"

namespace lab {
namespace {

std::string text_of(const Column& column, const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) {
    tinygrad::require(text->find(',') == text->npos, "table", "\"", *text, "\" has a comma");
    return *text;
  }
  return fmt::format(fmt::runtime(column.format), std::get<double>(cell));
}

struct Work : tinygrad::Observer {
  double elements = 0, multiply_adds = 0;
  void end(const tinygrad::OpEvent& op) override {
    if (op.status != tinygrad::OpStatus::kernel) return;
    for (auto& out : op.outputs) elements += double(out.count());
    multiply_adds += double(op.outputs[0].count()) * length(op);
  }
  /// The number of products that are summed for an element of the output.
  static double length(const tinygrad::OpEvent& op) {
    const std::string name = op.name;
    const auto& in = op.inputs;
    if (name == "conv2d") return double(in[1].count()) / double(in[1].size(0));
    if (name == "matmul" || name == "linear") return double(in[0].size(in[0].rank() - 1));
    if (name == "attention") return 2. * double(in[1].size(in[1].rank() - 2));
    return 0;
  }
};
Work observed(const tinygrad::InlineFunction<void(), 64>& run) {
  Work work;
  const tinygrad::ObserverScope scope(work);
  run();
  return work;
}

/// The number of columns of a terminal that a text takes.
std::size_t width_of(const std::string& text) {
  return std::size_t(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void print(const std::vector<std::vector<std::string>>& lines) {
  for (auto& line : lines) {
    std::string text;
    for (std::size_t k = 0; k < line.size(); ++k) {
      std::size_t widest = 0;
      for (auto& other : lines) widest = std::max(widest, width_of(other[k]));
      const std::string gap(widest - width_of(line[k]), ' ');
      text += k ? "  " + gap + line[k] : line[k] + gap;
    }
    fmt::print("{}\n", text);
  }
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

Mean mean_of(const std::vector<double>& values) {
  const double n = double(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1)) : 0};
}

plot::Series series(const plot::Text& name, const std::vector<double>& x,
                    const std::vector<Mean>& means) {
  plot::Series s{name, x, {}};
  for (auto& m : means) s.y.push_back(m.mean), s.spread.push_back(m.spread);
  return s;
}

Lab::Lab(std::string name, const std::string& question) : question_(question) {
  options_.program = std::move(name);
}

bool Lab::parse(int argc, char** argv) {
  CLI::App app(question_, options_.program);
  app.add_option("--data", data_, "the folder of MNIST; otherwise $TINYGRAD_DATA or ./data")
      ->type_name("DIR");
  app.add_flag("--quick", quick_, "less of everything: only what the claims need");
  app.add_option("--out", out_, "write tables (CSV) and pictures (SVG) there")->type_name("DIR");
  app.add_option("--compare", compare_, "fail where a value left its range around the one there")
      ->type_name("DIR");
  common::add_options(app, options_, false);
  if (!common::parse(app, options_, argc, argv)) return false;
  if (!out_.empty()) std::filesystem::create_directories(out_);
  if (!compare_.empty())
    tinygrad::require<tinygrad::IoError>(std::filesystem::is_directory(compare_), "--compare",
                                         compare_, " is not a folder");
  return true;
}

std::vector<std::uint64_t> Lab::seeds() const {
  if (quick_) return {seed()};
  return {seed(), seed() + 1, seed() + 2};
}

void Lab::say(const std::string& line) {
  if (!options_.quiet) fmt::print("{}\n", line);
}

void Lab::table(const std::string& name, const std::vector<Column>& columns,
                const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> lines(1);
  for (auto& column : columns) lines[0].push_back(column.name);
  for (auto& row : rows) {
    tinygrad::require(row.size() == columns.size(), "table", name, " has a row of ", row.size(),
                      " cells and ", columns.size(), " columns");
    lines.emplace_back();
    for (std::size_t k = 0; k < row.size(); ++k)
      lines.back().push_back(text_of(columns[k], row[k]));
  }
  if (!options_.quiet) fmt::print("\n{}:\n", name), print(lines);
  if (!compare_.empty()) compare(name, columns, rows);
  if (out_.empty()) return;
  const std::filesystem::path path = std::filesystem::path(out_) / (name + ".csv");
  std::string text;
  for (auto& line : lines) text += fmt::format("{}\n", fmt::join(line, ","));
  tinygrad::write_file(path, text);
}

void Lab::compare(const std::string& name, const std::vector<Column>& columns,
                  const std::vector<Row>& rows) {
  std::ifstream file(std::filesystem::path(compare_) / (name + ".csv"));
  std::string line;
  claim("there is a " + name + ".csv to compare with", bool(std::getline(file, line)));
  for (auto& row : rows) {
    std::getline(file, line);
    const std::vector<std::string> before = split(line);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string now = text_of(columns[k], row[k]);
      if (columns[k].range == any || (k < before.size() && before[k] == now)) continue;
      const auto* value = std::get_if<double>(&row[k]);
      const double old = k < before.size() ? std::atof(before[k].c_str()) : NAN;
      const bool near = value && std::fabs(*value - old) <= columns[k].range;
      if (!near)
        claim(fmt::format("{}, row {}: {} is {}, before {}", name, text_of(columns[0], row[0]),
                          columns[k].name, now, k < before.size() ? before[k] : "nothing"),
              false);
    }
  }
}

void Lab::picture(const std::string& name, const std::vector<plot::Chart>& charts, int columns) {
  if (!out_.empty()) plot::save(out_, name, charts, columns);
}

void Lab::claim(const std::string& what, bool holds) {
  if (!holds || !options_.quiet) fmt::print("{} {}\n", holds ? "  holds:" : "  FAILS:", what);
  failed_ = failed_ || !holds;
}

double work_of(const tinygrad::InlineFunction<void(), 64>& run) { return observed(run).elements; }
double multiply_adds(const tinygrad::InlineFunction<void(), 64>& run) {
  return observed(run).multiply_adds;
}

int run(const char* name, const char* question, int argc, char** argv, void (*body)(Lab&)) {
  Lab lab(name, question);
  return common::run(lab.options(), [&] {
    if (!lab.parse(argc, argv)) return 0;
    tinygrad::manual_seed(lab.seed());
    body(lab);
    return lab.exit_code();
  });
}

}  // namespace lab
