// A file with a line of JSON for each epoch, and a last one.
#pragma once
#include <cstdint>
#include <string>

#include "progress.h"

namespace mnist {

struct Final {
  double test_accuracy = 0, samples_per_second = 0;
  std::size_t peak_memory_bytes = 0;
  std::string device;
  int threads = 0;
  std::uint64_t seed = 0;
};

class JsonLines {
 public:
  /// No path: writes nothing. Lines of epochs before `epoch` stay, where a run is resumed; all others go. Throws IoError.
  JsonLines(std::string path, int epoch);
  void write(int epoch, const Pass& train, const Pass& test);
  void write(const Final& last);

 private:
  void append(const std::string& line);
  std::string path_, text_;
};

}  // namespace mnist
