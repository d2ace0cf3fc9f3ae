// SPDX-License-Identifier: MIT
// Networks that save() writes and load() reads compute what they did before.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "onnx/export_nets.h"
#include "tinygrad/onnx/load.h"
#include "tinygrad/onnx/save.h"

namespace tinygrad {
namespace {

/// The largest difference, relative to values above 1.
double difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.dtype(), b.dtype());
  const Tensor x = a.to(float64), y = b.to(float64);
  return (abs(x - y) / maximum(abs(y), 1)).max().item<double>();
}

/// What is not written with the ops that the module runs: attention, group norm, interpolation and
/// functions that ONNX lacks. These round in other places; all others give the same bits.
bool rounds_otherwise(const std::string& name) {
  const std::set<std::string> names = {"encoder",
                                       "gpt",
                                       "llama",
                                       "windows",
                                       "functions_remainders",
                                       "functions_sigmoids",
                                       "functions_logarithms",
                                       "functions_clamped",
                                       "functions_interpolated",
                                       "functions_aligned"};
  return names.contains(name);
}

TEST(onnx_round_trip, networks) {
  const NoGrad off;
  const auto folder = std::filesystem::temp_directory_path();
  for (const auto& net : export_nets::all()) {
    SCOPED_TRACE(net.name);
    const std::string path = (folder / ("round_trip_" + net.name + ".onnx")).string();
    onnx::save(*net.module, net.inputs(3), net.call, path, {.batch_dims = net.batch_dims});
    const auto model = onnx::load(path);
    for (const int batch : {2, 5}) {
      const Tensors x = net.inputs(batch), y = net.call(x);
      NamedTensors inputs;
      for (std::size_t i = 0; i < x.size(); ++i) inputs.emplace_back(model->inputs()[i].name, x[i]);
      const NamedTensors outputs = model->run(inputs);
      ASSERT_EQ(outputs.size(), y.size());
      for (std::size_t i = 0; i < y.size(); ++i)
        EXPECT_LE(difference(outputs[i].second, y[i]), rounds_otherwise(net.name) ? 3e-6 : 0);
    }
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace tinygrad
