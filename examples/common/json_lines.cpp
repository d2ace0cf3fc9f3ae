// SPDX-License-Identifier: MIT
// Writes lines of JSON so that other programs never see half a line.
#include "common/json_lines.h"

#include <tinygrad/tinygrad.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace common {

JsonLines::JsonLines(const Options& options, int epoch) : path_(options.json) {
  if (!options.tensorboard.empty())
    summaries_ = std::make_unique<tinygrad::SummaryWriter>(options.tensorboard);
  if (path_.empty() || path_ == "-" || epoch <= 1) return;
  std::ifstream old(path_);
  for (std::string line; std::getline(old, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("epoch") || !json["epoch"].is_number_integer() ||
        json["epoch"] >= epoch)
      continue;
    text_ += line + "\n";
    if (const auto speed = json.find("samples_per_second");
        speed != json.end() && speed->is_number())
      last_speed_ = *speed;
  }
}

void JsonLines::write(const nlohmann::ordered_json& line) {
  const auto epoch = line.value("epoch", std::int64_t(0));
  for (auto& [name, value] : line.items())
    if (name != "epoch" && value.is_number()) add_scalar(name, value.get<double>(), epoch);
  write_line(line);
}

void JsonLines::add_scalar(const std::string& name, double value, std::int64_t step) {
  if (summaries_) summaries_->add_scalar(name, value, step);
}

void JsonLines::write_line(const nlohmann::ordered_json& line) {
  if (path_.empty()) return;
  if (path_ == "-") {
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
    return;
  }
  text_ += line.dump() + "\n";
  tinygrad::write_file(path_, text_, {"--json", {}});  // as a whole: nobody reads half a line
}

void JsonLines::write_final(const nlohmann::ordered_json& results, std::uint64_t seed) {
  nlohmann::ordered_json line = {{"final", true}};
  line.update(results);
  line.update({{"device", to_string(tinygrad::default_device())},
               {"threads", tinygrad::num_threads()},
               {"seed", seed}});
  write_line(line);
}

}  // namespace common
