// SPDX-License-Identifier: MIT
// Writes lines of JSON so that other programs never see half a line.
#include "common/json_lines.h"

#include <tinygrad/tinygrad.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace common {

namespace fs = std::filesystem;

JsonLines::JsonLines(const Options& options, int epoch) : path_(options.json) {
  if (!options.tensorboard.empty())
    summaries_ = std::make_unique<tinygrad::SummaryWriter>(options.tensorboard);
  std::error_code none;
  if (fs::is_symlink(path_, none)) path_ = fs::weakly_canonical(path_);
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
  if (summaries_)
    for (auto& [name, value] : line.items())
      if (name != "epoch" && value.is_number())
        summaries_->add_scalar(name, value.get<double>(), line["epoch"].get<std::int64_t>());
  write_line(line);
}

/// The whole file is written anew beside the old one and then takes its name and mode: other
/// programs never see half a line. "x": no file of the user's is written over.
void JsonLines::write_line(const nlohmann::ordered_json& line) {
  if (path_.empty()) return;
  if (path_ == "-") {
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
    return;
  }
  text_ += line.dump() + "\n";
  const std::string temporary = path_ + "." + std::to_string(getpid()) + ".part";
  std::FILE* out = std::fopen(temporary.c_str(), "wbx");
  bool done = out && std::fwrite(text_.data(), 1, text_.size(), out) == text_.size();
  if (out) done = std::fclose(out) == 0 && done;
  std::error_code none;
  if (const auto old = fs::status(path_, none); done && fs::exists(old))
    fs::permissions(temporary, old.permissions(), none);
  done = done && std::rename(temporary.c_str(), path_.c_str()) == 0;
  const std::string reason = std::strerror(errno);
  if (out && !done) std::remove(temporary.c_str());
  tinygrad::require<tinygrad::IoError>(done, "--json", "cannot write ", path_, ": ", reason);
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
