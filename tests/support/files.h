// SPDX-License-Identifier: MIT
// Tests about files share the functions of this file: a folder that is removed when the test ends,
// functions that write and read bytes, and a check that a call is refused.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tinygrad/error.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad::test {

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "tinygrad-test-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Files() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string get(const std::string& name) const { return bytes_of(path(name)); }
  int count() const { return int(std::distance(std::filesystem::directory_iterator(folder_), {})); }

  static std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// A file of the repository.
  static std::string source(const std::string& name) { return TINYGRAD_SOURCE_DIR "/" + name; }

  std::string folder_;
};

/// Calls f, which must throw an E whose message contains `text`.
template <class E, class F> void expect_error(F f, const std::string& text) {
  try {
    f();
    FAIL() << "nothing was thrown; expected: " << text;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
        << "expected: " << text << "\ngot: " << error.what();
  }
}

/// The elements as they lie in memory, with dtype and shape: equal for equal bits.
inline std::string bits(const Tensor& t) {
  std::string bytes(std::size_t(t.numel()) * size_of(t.dtype()), '\0');
  t.read(bytes.data(), t.dtype());
  return std::string(to_string(t.dtype())) + to_string(t.shape()) + bytes;
}
inline std::string bits(const NamedTensors& tensors) {
  std::string all;
  for (auto& [name, tensor] : tensors) all += name + "=" + bits(tensor) + ";";
  return all;
}

}  // namespace tinygrad::test
