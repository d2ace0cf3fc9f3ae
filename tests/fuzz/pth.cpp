// SPDX-License-Identifier: MIT
// Fuzzes PyTorch's checkpoints: the mapped and the read path must agree, and tensors that load must
// save as safetensors and load again to the same bits.
#include "tinygrad/pytorch/pth.h"
#include "fuzz/round_trip.h"
#include "tinygrad/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tinygrad;
  const auto load = [](const std::string& path, bool map) {
    NamedTensors tensors = pytorch::load_pth(path, {.map = map});
    pytorch::load_pth_metadata(path);
    return tensors;
  };
  const auto again = [=](NamedTensors tensors, const std::string& path) {
    for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].first = std::to_string(i);
    save_safetensors(tensors, path);
    return load_safetensors(path);
  };
  test::check_round_trip(data, size, load, again);
  return 0;
}
