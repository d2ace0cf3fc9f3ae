// SPDX-License-Identifier: MIT
// Assembles the source of a program, compiles it or loads it from the cache, and keeps its kernel.
#include "backends/opencl/program.h"

#include <sstream>

#include "backends/opencl/errors.h"
#include "backends/opencl/sources.h"
#include "core/call.h"
#include "tinygrad/error.h"

namespace tinygrad::opencl {
namespace {

const char* find_source(const std::string& name) {
  if (name == "formula_rows.cl") return formula_rows();
  for (const Source* source = sources(); source->name; ++source)
    if (name == source->name) return source->text;
  fail<DeviceError>("opencl", "the library contains no source named ", name);
}

/// Returns the name in a line #include "name"; empty for any other line.
std::string included(const std::string& line) {
  const std::string start = "#include \"";
  return line.starts_with(start) ? line.substr(start.size(), line.rfind('"') - start.size()) : "";
}

/// A #line directive, so that compilers and debuggers report positions in the .cl file.
std::string line_directive(int number, const std::string& file) {
  return "#line " + std::to_string(number) + " \"" + file + "\"\n";
}

std::string first_lines(const std::string& text, int lines) {
  std::istringstream in(text);
  std::string all, line;
  while (lines-- > 0 && std::getline(in, line)) all += "\n  " + line;
  return all;
}

}  // namespace

std::string program_source(const std::string& file) {
  std::istringstream in(find_source(file));
  std::string text = line_directive(1, file), line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string name = included(line);
    text += name.empty() ? line + "\n" : program_source(name) + line_directive(number + 1, file);
  }
  return text;
}

std::string identity(const Properties& device) {
  return device.name + "\n" + device.version + "\n" + device.driver + "\n" + device.platform +
         "\n" + device.platform_version + "\n";
}

Programs::Programs(cl::Context context, cl::Device device, const Properties& p,
                   const Traits& traits, std::string cache_folder)
    : context_(std::move(context)),
      device_(std::move(device)),
      name_(p.name),
      identity_(identity(p)),
      options_(traits.build_options),
      cache_(std::move(cache_folder)) {}

cl::Kernel& Programs::kernel(const char* file, const char* function, const std::string& defines) {
  std::string key = std::string(file) + ":" + function + "\n" + defines;
  const auto found = kernels_.find(key);
  if (found != kernels_.end()) return found->second;
  const cl::Program program =
      build(file, std::string("#define KERNEL_") + function + "\n" + defines);
  return kernels_.emplace(std::move(key), cl::Kernel(program, function)).first->second;
}

cl::Program Programs::build(const std::string& file, const std::string& defines) {
  // If a program uses no double, its constants must not be doubles either, so that a device without
  // doubles accepts it.
  const bool doubles = defines.find(" double\n") != std::string::npos;
  const std::string options = options_ + (doubles ? "" : " -cl-single-precision-constant"),
                    source = defines + program_source(file);
  const std::string key = identity_ + options + "\n" + source;
  cl::Program program;
  if (from_cache(key, options, program)) return program;
  program = cl::Program(context_, source);
  const cl_device_id device = device_();
  // Not program.build(): it replaces the error of the build by that of reading the log.
  const cl_int error =
      tinygrad_clBuildProgram(program(), 1, &device, options.c_str(), nullptr, nullptr);
  require<DeviceError>(
      error == CL_SUCCESS, running_call(), "the driver of ", name_, " did not compile ", file, ": ",
      error_name(error), advice(error),
      error == CL_BUILD_PROGRAM_FAILURE ? first_lines(build_log(program), 12) : "");
  ++compiled_;
  to_cache(key, program);
  return program;
}

std::string Programs::build_log(const cl::Program& program) const try {
  return program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device_);
} catch (const cl::Error&) { return {}; }

bool Programs::from_cache(const std::string& key, const std::string& options,
                          cl::Program& program) const try {
  const auto binary = cache_.load(key);
  if (binary.empty()) return false;
  program = cl::Program(context_, {device_}, {binary});
  program.build(device_, options.c_str());
  return true;
} catch (const cl::Error&) {  // the driver no longer accepts the binary, so it is compiled again
  return false;
}

void Programs::to_cache(const std::string& key, const cl::Program& program) const try {
  if (!cache_.is_on()) return;  // some drivers take long to produce a binary
  const auto binaries = program.getInfo<CL_PROGRAM_BINARIES>();
  if (binaries.size() == 1) cache_.store(key, binaries[0]);
} catch (const cl::Error&) {  // a driver without binaries
}

}  // namespace tinygrad::opencl
