// SPDX-License-Identifier: MIT
// A file in memory with a path, which a fuzz target passes to functions that open files.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace tinygrad::test {

class MemoryFile {
 public:
  MemoryFile() : number_(memfd_create("fuzz", MFD_CLOEXEC)) { check(number_ >= 0); }
  MemoryFile(const MemoryFile&) = delete;
  ~MemoryFile() { close(number_); }
  void set(const std::uint8_t* data, std::size_t size) {
    check(ftruncate(number_, 0) == 0);
    for (std::size_t done = 0; done < size;) {
      const auto count = pwrite(number_, data + done, size - done, off_t(done));
      check(count > 0);
      done += std::size_t(count);
    }
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }
  /// Checks a condition that must hold; a fuzzer reports an abort.
  static void check(bool ok) {
    if (!ok) std::abort();
  }

 private:
  int number_;
};

}  // namespace tinygrad::test
