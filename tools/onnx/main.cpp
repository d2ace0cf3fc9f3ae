// SPDX-License-Identifier: MIT
// tinygrad-onnx: prints the network of an ONNX file as a class of C++, to be read, changed and
// trained. Its weights go to a safetensors file.
#include <tinygrad/io.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "program.h"

namespace tg = tinygrad;

int main(int argc, char** argv) {
  std::string model, header, weights;
  CLI::App app("Prints the network of an ONNX file as a class of C++.", "tinygrad-onnx");
  app.add_option("MODEL", model, "an ONNX file")->required();
  app.add_option("-o,--output", header, "the header to write; else it is printed")
      ->type_name("FILE");
  app.add_option("--weights", weights,
                 "the safetensors file to write, for Model().load_state_dict(tg::load(FILE))")
      ->type_name("FILE");
  CLI11_PARSE(app, argc, argv);
  try {
    const tg::onnx::Graph graph = tg::onnx::read(model);
    onnx_printer::Program program(graph);
    const std::string text = program.print(std::filesystem::path(model).filename().string());
    if (header.empty()) std::cout << text;
    else tg::write_file(header, text);
    if (!weights.empty()) tg::save_safetensors(program.weights(), weights);
  } catch (const tg::Error& e) {
    std::cerr << "tinygrad-onnx: " << e.what() << "\n";
    return 1;
  }
}
