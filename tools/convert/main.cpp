// SPDX-License-Identifier: MIT
// tinygrad-convert: writes the tensors of a model file in another format. The content of IN tells
// its format, the extension of OUT the new one. Exit status: 0, or 2 with one line.
#include <tinygrad/io/load.h>
#include <tinygrad/ops/copy.h>
#include <tinygrad/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>

namespace {

namespace tg = tinygrad;

struct Options {
  std::string in, out, dtype;
};

std::map<std::string, tg::DType> floating_dtypes() {
  std::map<std::string, tg::DType> all;
  for (const tg::DType dtype : tg::all_dtypes)
    if (tg::is_floating(dtype)) all.emplace(to_string(dtype), dtype);
  return all;
}

void add_options(CLI::App& app, Options& o) {
  std::string extensions, dtypes;
  for (const tg::FileFormat& format : tg::file_formats())
    if (format.save) extensions += (extensions.empty() ? "" : " ") + format.extension;
  app.set_version_flag("--version", std::string("tinygrad ") + tg::version());
  app.add_option("IN", o.in, "a model file, or the index of a sharded model")->required();
  app.add_option("OUT", o.out, "the new file; its extension is one of " + extensions)->required();
  app.add_option("--dtype", o.dtype, "convert floating tensors to this dtype")
      ->type_name("NAME")
      ->check(CLI::IsMember(floating_dtypes()).description(""));
}

/// The metadata of safetensors is text, which no other format has.
tg::Metadata metadata(const Options& o) {
  const bool both = o.in.ends_with(".safetensors") && o.out.ends_with(".safetensors");
  return both ? tg::load_safetensors_metadata(o.in, {}) : tg::Metadata();
}

void convert(const Options& o) {
  tg::NamedTensors tensors = tg::load(o.in, {.device = tg::Device("cpu")}, {});
  for (auto& [name, tensor] : tensors) {
    if (name.empty()) name = std::filesystem::path(o.in).stem().string();  // the array of a .npy
    if (!o.dtype.empty() && is_floating(tensor.dtype()))
      tensor = tensor.to(floating_dtypes().at(o.dtype));
  }
  tg::save(tensors, o.out, metadata(o), {});
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Writes the tensors of a model file in another format.", "tinygrad-convert");
  add_options(app, options);
  try {
    app.parse(argc, argv);
    convert(options);
    return 0;
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tinygrad-convert: %s\n", e.what());
    return 2;
  }
}
