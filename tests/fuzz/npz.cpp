// SPDX-License-Identifier: MIT
// Fuzzes .npz: the mapped and the read path must agree, and arrays that load must save and load
// again to the same bits, if their names do not lead out of the archive.
#include "tinygrad/io/npy.h"

#include "fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinygrad;
  const auto load = [](const std::string& path, bool map) {
    return load_npz(path, {.map = map, .raw = bfloat16});
  };
  const auto again = [=](NamedTensors tensors, const std::string& path) {
    for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].first = std::to_string(i);
    save_npz(tensors, path, tensors.size() % 2 == 0);
    return load(path, true);
  };
  test::check_round_trip(data, size, load, again);
  return 0;
}
