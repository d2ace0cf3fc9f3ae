// SPDX-License-Identifier: MIT
// A file with a line of JSON for each epoch, and a last one; the same values for TensorBoard.
#pragma once
#include <tinygrad/trace/tensorboard.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/options.h"

namespace common {

class JsonLines {
 public:
  /// No --json: writes no lines; "-": to standard output. If a run is resumed, lines of epochs
  /// before `epoch` stay; all others go. Throws IoError.
  JsonLines(const Options& options, int epoch);
  /// An object with "epoch", which is counted from 1; else 0. Its other numbers are scalars of that
  /// step for TensorBoard.
  void write(const nlohmann::ordered_json& line);
  /// A value of that step for TensorBoard alone.
  void add_scalar(const std::string& name, double value, std::int64_t step);
  /// The last line: "final", the results, and the device, the threads and the seed of the run.
  void write_final(const nlohmann::ordered_json& results, std::uint64_t seed);
  /// "samples_per_second" of the last epoch that stayed; 0 if none did.
  double last_speed() const { return last_speed_; }

 private:
  void write_line(const nlohmann::ordered_json& line);
  std::string path_, text_;
  std::unique_ptr<tinygrad::SummaryWriter> summaries_;
  double last_speed_ = 0;
};

}  // namespace common
