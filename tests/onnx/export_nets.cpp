// SPDX-License-Identifier: MIT
// Writes the networks of export_nets.h as ONNX files, with inputs and outputs of two batch sizes:
// FOLDER/NAME.onnx and NAME.safetensors (x0.2, y0.2, ...), which check_export.py gives to other
// programs.
//   export_nets FOLDER [OPSET]
#include "export_nets.h"

#include <tinygrad/onnx/save.h>

#include <cstdlib>
#include <iostream>

namespace tg = tinygrad;

static void write(const export_nets::Net& net, const std::string& path, int opset) {
  tg::onnx::save(*net.module, net.inputs(3), net.call, path + ".onnx",
                 {.opset = opset, .batch_dims = net.batch_dims});
  tg::NamedTensors values;
  const auto add = [&](const char* name, const tg::Tensors& all, int batch) {
    for (std::size_t i = 0; i < all.size(); ++i)
      values.emplace_back(name + std::to_string(i) + "." + std::to_string(batch),
                          all[i].contiguous());
  };
  for (const int batch : {2, 5}) {
    const tg::Tensors x = net.inputs(batch);
    add("x", x, batch), add("y", net.call(x), batch);
  }
  tg::save(values, path + ".safetensors");
}

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "usage: export_nets FOLDER [OPSET]\n", 2;
  const tg::NoGrad off;
  for (const auto& net : export_nets::all())
    write(net, argv[1] + ("/" + net.name), argc > 2 ? std::atoi(argv[2]) : 20);
}
