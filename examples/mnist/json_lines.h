// A file with a line of JSON for each epoch, and a last one.
#pragma once
#include <cstdint>
#include <string>

#include "progress.h"

namespace mnist {

struct Final {
  std::string dataset;  ///< what was trained on: digits where MNIST was not found
  double test_accuracy = 0, samples_per_second = 0;
  std::size_t peak_memory_bytes = 0;
  std::string device;
  int threads = 0;
  std::uint64_t seed = 0;
};

class JsonLines {
 public:
  /// No path: writes nothing. Lines of epochs before `epoch` stay, where a run is resumed; all
  /// others go. Throws IoError.
  JsonLines(std::string path, int epoch);
  void write(int epoch, const Pass& train, const Pass& test);
  void write(const Final& last);
  /// Samples per second of the last epoch that stayed; 0 where none did.
  double last_speed() const { return last_speed_; }

 private:
  void append(const std::string& line);
  std::string path_, text_;
  double last_speed_ = 0;
};

}  // namespace mnist
