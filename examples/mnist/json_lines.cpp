#include "json_lines.h"

#include <tinygrad/error.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace mnist {

JsonLines::JsonLines(std::string path, int epoch) : path_(std::move(path)) {
  if (path_.empty() || epoch <= 1) return;
  std::ifstream old(path_);
  for (std::string line; std::getline(old, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.contains("epoch") && json["epoch"].is_number_integer() && json["epoch"] < epoch) text_ += line + "\n";
  }
}

void JsonLines::write(int epoch, const Pass& train, const Pass& test) {
  append(nlohmann::ordered_json{{"epoch", epoch},
                                {"train_loss", train.loss},
                                {"train_accuracy", train.accuracy},
                                {"test_loss", test.loss},
                                {"test_accuracy", test.accuracy},
                                {"samples_per_second", train.samples_per_second}}
             .dump());
}

void JsonLines::write(const Final& last) {
  append(nlohmann::ordered_json{{"final", true},
                                {"test_accuracy", last.test_accuracy},
                                {"samples_per_second", last.samples_per_second},
                                {"peak_memory_bytes", last.peak_memory_bytes},
                                {"device", last.device},
                                {"threads", last.threads},
                                {"seed", last.seed}}
             .dump());
}

/// The whole file anew beside the old one, then its name: a reader never sees half a line.
void JsonLines::append(const std::string& line) {
  if (path_.empty()) return;
  text_ += line + "\n";
  const std::string temporary = path_ + ".part";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text_;
  out.close();
  const bool done = out && std::rename(temporary.c_str(), path_.c_str()) == 0;
  const std::string reason = std::strerror(errno);
  if (!done) std::remove(temporary.c_str());
  tinygrad::require<tinygrad::IoError>(done, "--json", "cannot write ", path_, ": ", reason);
}

}  // namespace mnist
