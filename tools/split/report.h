// SPDX-License-Identifier: MIT
// The reports of tg-split: for people, for programs, and as pictures.
#pragma once
#include "paper.h"

namespace tinygrad::simulator {

/// What the user asked for, and the divisions that a search found, the fastest first.
struct Report {
  Model model;
  Cluster cluster;
  Job job;
  std::vector<Prediction> all;
  std::size_t top = 10;  ///< so many are printed
};
std::string as_text(const Report& report);
std::string as_json(const Report& report);

/// A paper's runs. `ranked` compares each division with all others of the run.
struct PaperReport {
  std::vector<Run> runs;
  Cluster cluster;
  bool ranked = false;
};
std::string as_text(const PaperReport& report);
std::string as_json(const PaperReport& report);

/// The timeline of a division: a row for each stage, time to the right. Of a step with more than
/// 20,000 passes, only those at the beginning are drawn, as many as there may be.
std::string as_svg(const Report& report, const Prediction& prediction, const Timeline& timeline);
/// A page with that picture, which can be made wider, and the table of the divisions.
std::string as_html(const Report& report, const Prediction& prediction, const Timeline& timeline);

}  // namespace tinygrad::simulator
