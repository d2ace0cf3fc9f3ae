// SPDX-License-Identifier: MIT
// Compares model files: one trained net is written in every format that the library writes. How
// large is the file, how far are the weights that come back, and does the net still read digits?
#include <tinygrad/gguf/gguf.h>
#include <tinygrad/io/load.h>
#include <tinygrad/io/npy.h>
#include <tinygrad/onnx/load.h>
#include <tinygrad/onnx/save.h>
#include <unistd.h>

#include <filesystem>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

/// 32 x 32 pixels, so that a row of weights is 32 blocks of 32.
lab::Net net() {
  return lab::Net(tg::nn::Lambda([](const Tensor& x) {
                    return tg::pad(x, {2, 2, 2, 2});
                  }),
                  tg::nn::Flatten(), tg::nn::Linear(1024, 128), tg::nn::ReLU(),
                  tg::nn::Linear(128, 10));
}

tg::NamedTensors in_float16(tg::NamedTensors state) {
  for (auto& [name, t] : state) t = t.to(tg::float16);
  return state;
}

/// A way to write a net into a file; the extension tells load() nothing.
struct Form {
  const char *name, *extension;
  void (*save)(lab::Net& net, const std::string& path);
};
template <auto type> void save_gguf(lab::Net& net, const std::string& path) {
  tg::gguf::save(net.state_dict(), path, {}, {.type = type});
}
using tg::gguf::Type;
const Form forms[] = {
    {"safetensors float32", ".safetensors",
     [](auto& net, auto& path) { tg::save_safetensors(net.state_dict(), path); }},
    {"safetensors float16", ".safetensors",
     [](auto& net, auto& path) { tg::save_safetensors(in_float16(net.state_dict()), path); }},
    {"npz", ".npz", [](auto& net, auto& path) { tg::save_npz(net.state_dict(), path); }},
    {"npz deflated", ".npz",
     [](auto& net, auto& path) { tg::save_npz(net.state_dict(), path, true); }},
    {"GGUF F16", ".gguf", save_gguf<Type::F16>},
    {"GGUF Q8_0", ".gguf", save_gguf<Type::Q8_0>},
    {"GGUF Q4_0", ".gguf", save_gguf<Type::Q4_0>},
    {"ONNX with the graph", ".onnx",
     [](auto& net, auto& path) {
       tg::onnx::save(net, tg::zeros({1, 1, 28, 28}), path);
     }},
};

double largest_change(const tg::NamedTensors& a, const tg::NamedTensors& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    most = std::max(most, abs(a[i].second - b[i].second.to(tg::float32)).max().item<double>());
  return most;
}

/// The row of a form: the file is written, and read into a new net.
lab::Row row(const Form& form, lab::Net& trained, const lab::Digits& data,
             const std::string& folder) {
  const std::string path = folder + "/net" + form.extension;
  form.save(trained, path);
  lab::Net read = net();
  read.load_state_dict(path.ends_with(".onnx") ? tg::onnx::load(path)->state_dict()
                                               : tg::load(path));
  read.eval();
  return {form.name, double(std::filesystem::file_size(path)),
          largest_change(trained.state_dict(), read.state_dict()),
          lab::accuracy([&](const Tensor& x) { return read(x); }, data.test)};
}

void run(lab::Lab& lab) {
  const auto data = lab::digits(lab, lab.choose(60000, 2000), lab.choose(10000, 500));
  tg::manual_seed(lab.seed());
  lab::Net trained = net();
  tg::optim::Adam adam(trained.parameters(), {.lr = 1e-3});
  lab::train([&](const Tensor& x) { return trained(x); }, adam, data.train,
             {.epochs = lab.choose(3, 1), .seed = lab.seed()});
  trained.eval();
  const auto folder =
      std::filesystem::temp_directory_path() / ("model_files." + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  std::vector<lab::Row> rows;
  for (const Form& form : forms) rows.push_back(row(form, trained, data, folder));
  std::filesystem::remove_all(folder);
  lab.table("formats",
            {{"file"},
             {"bytes", "{:.0f}", 4000},
             {"largest change of a weight", "{:.1e}", lab::any},
             {"test accuracy, %", "{:.2f}", 1}},
            rows);
  const auto value = [&](int form, int column) {
    return std::get<double>(rows[std::size_t(form)][std::size_t(column)]);
  };
  lab.claim("formats that keep float32 give the same bits back",
            value(0, 2) == 0 && value(2, 2) == 0 && value(3, 2) == 0 && value(7, 2) == 0);
  lab.claim("blocks of 4 bits take less than a sixth of float32", value(6, 1) < value(0, 1) / 6);
  lab.claim("and cost less than 2 % of the accuracy", value(6, 3) > value(0, 3) - 2);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("model_files", "What does a model file cost?", argc, argv, run);
}
