// SPDX-License-Identifier: MIT
// Tests that save_safetensors() writes the same bytes as the Hugging Face package
// (tests/golden/make_safetensors.py), and that load_safetensors() reads them.
#include "support/files.h"
#include "tinygrad/io.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

Tensor bytes(std::initializer_list<int> values) {
  return from_vector(std::vector<std::uint8_t>(values.begin(), values.end()), "cpu");
}

NamedTensors every_dtype() {
  return {{"bool", tensor({1, 0, 1}).to(boolean)},
          {"uint8", bytes({0, 128, 255})},
          {"int64", tensor({std::int64_t(1) << 40, -1})},
          {"int32", tensor({{7, -8}}).to(int32)},
          {"int8", tensor({1, -128, 127}).to(int8)},
          {"int16", tensor({{-2, 300}}).to(int16)},
          {"uint16", tensor({65535}).to(uint16)},
          {"uint32", tensor({std::int64_t(4294967295), 0}).to(uint32)},
          {"bfloat16", tensor({1., -3.}).to(bfloat16)},
          {"float16", tensor({1., 2., -3.}).to(float16)},
          {"float64", tensor({.5, -1.5}).to(float64)},
          {"float32", tensor({{0., 1., 2.}, {3., 4., 5.}})}};
}

Tensor find(const NamedTensors& tensors, const std::string& name) {
  for (auto& [key, tensor] : tensors)
    if (key == name) return tensor;
  return {};
}

class Golden : public Files {
 protected:
  /// Saved, the tensors are the package's file; loaded, that file is the tensors.
  void check(const std::string& name, const NamedTensors& tensors, const Metadata& metadata = {}) {
    const std::string theirs = source("tests/corpus/safetensors/package_" + name + ".safetensors");
    save_safetensors(tensors, path("ours"), metadata);
    EXPECT_EQ(get("ours"), bytes_of(theirs));
    for (bool map : {true, false})
      EXPECT_EQ(bits(load_safetensors(theirs, {.map = map})), bits(load(path("ours"))));
    EXPECT_EQ(load_safetensors_metadata(theirs), metadata);
    EXPECT_EQ(load_safetensors(theirs).size(), tensors.size());
    for (auto& [name, loaded] : load_safetensors(theirs))
      EXPECT_EQ(bits(loaded), bits(find(tensors, name))) << name;
  }
};

TEST_F(Golden, every_dtype) { check("every_dtype", every_dtype()); }
TEST_F(Golden, metadata) {
  check("one_metadata", {{"w", every_dtype().back().second}}, {{"format", "pt"}});
}
TEST_F(Golden, nothing) { check("nothing", {}); }
TEST_F(Golden, scalar_and_empty) {
  check("scalar_and_empty", {{"scalar", tensor(2.5)},
                             {"empty", zeros({0, 4})},
                             {"also_empty", zeros({3, 0}, {.dtype = int64})}});
}
TEST_F(Golden, odd_names) {
  check("odd_names",
        {{"b", bytes({1})},
         {"a.weight", bytes({2})},
         {"A", bytes({3})},
         {"quote\" back\\ tab\t line\n bell\a \x7f", bytes({4})},
         {"\u03c3 \U0001f600", bytes({5})},
         {"", bytes({6})}},
        {{"k\u00e9y \"", "v\x01\\/"}});
}
TEST_F(Golden, save_file) {
  check("save_file", {{"y", ones({2, 2})}, {"x", zeros({3}, {.dtype = int64})}});
}

}  // namespace
}  // namespace tinygrad::test
