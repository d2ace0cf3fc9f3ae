// SPDX-License-Identifier: MIT
// Tests that a program that links tinygrad::pytorch, and calls nothing of it, loads checkpoints.
#include "tinygrad/io/load.h"

#include "support/files.h"

namespace tinygrad::test {
namespace {

TEST(Load, KnowsTheFormatsOfLinkedComponents) {
  for (const char* name : {"small", "small_stream"}) {
    const auto tensors =
        load(std::string(TINYGRAD_SOURCE_DIR "/tests/corpus/pth/") + name + ".pth");
    EXPECT_EQ(bits(tensors), bits(NamedTensors{{"w", ones(2)}}));
  }
}

}  // namespace
}  // namespace tinygrad::test
