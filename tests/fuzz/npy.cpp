// SPDX-License-Identifier: MIT
// Fuzzes .npy: the mapped and the read path must agree, and an array that loads must save and load
// again to the same bits.
#include "tinygrad/io/npy.h"

#include "fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinygrad;
  const auto load = [](const std::string& path, bool map) {
    return NamedTensors{{"", load_npy(path, {.map = map, .raw = bfloat16})}};
  };
  const auto again = [=](const NamedTensors& tensors, const std::string& path) {
    save_npy(tensors[0].second, path);
    return load(path, true);
  };
  test::check_round_trip(data, size, load, again);
  return 0;
}
