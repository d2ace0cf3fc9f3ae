// SPDX-License-Identifier: MIT
// SummaryWriter: files of events for TensorBoard.
#include "tinygrad/trace/tensorboard.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "records.h"
#include "summaries.h"
#include "tinygrad/graph.h"
#include "tinygrad/ops.h"

namespace tinygrad {

struct SummaryWriter::File {
  std::FILE* stream = nullptr;
  ~File() {
    if (stream) std::fclose(stream);
  }
};

namespace {

std::string host_name() {
#if defined(_WIN32)
  const char* name = std::getenv("COMPUTERNAME");
  return name ? name : "";
#else
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
#endif
}

/// A name that no other writer has.
std::string file_name() {
  static std::atomic<int> count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return "events.out.tfevents." +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "." +
         host_name() + "." + std::to_string(getpid()) + "." + std::to_string(count++);
}

/// [C, H, W] or [H, W] as uint8 [H, W, C] on the CPU.
Tensor as_pixels(const Call& call, const Tensor& image) {
  const Tensor x = image.detach().to("cpu"), channels_first = x.dim() == 2 ? unsqueeze(x, 0) : x;
  const bool is_image = channels_first.dim() == 3 && x.numel() > 0;
  const std::int64_t channels = is_image ? channels_first.size(0) : 0;
  require<ShapeError>(channels == 1 || channels == 3 || channels == 4, call,
                      "expected an image [C, H, W] with 1, 3 or 4 channels, or [H, W], got ",
                      image.shape());
  require<DTypeError>(x.dtype() == DType::uint8 || is_floating(x.dtype()), call,
                      "expected uint8 or floats in 0 ... 1, got ", to_string(x.dtype()));
  const Tensor pixels = permute(channels_first, {1, 2, 0});
  if (x.dtype() == DType::uint8) return pixels;
  return round(clamp(pixels.to(DType::float32), 0, 1) * 255).to(DType::uint8);
}

}  // namespace

SummaryWriter::SummaryWriter(const std::string& log_dir, SourceLocation location)
    : folder_(log_dir), path_((std::filesystem::path(log_dir) / file_name()).string()) {
  std::error_code error;
  std::filesystem::create_directories(log_dir, error);
  file_ = std::make_unique<File>();
  file_->stream = error ? nullptr : std::fopen(path_.c_str(), "wbxe");
  require<IoError>(file_->stream, {"SummaryWriter", location}, "cannot make ", path_, ": ",
                   error ? error.message() : std::strerror(errno));
  std::setvbuf(file_->stream, nullptr, _IONBF, 0);
  write("SummaryWriter", location, tracing::new_event(0).text(3, "brain.Event:2").bytes());
}
SummaryWriter::~SummaryWriter() = default;

/// What was written of a record that failed is taken back.
void SummaryWriter::write(const char* function, SourceLocation location, const std::string& event) {
  const Call call{function, location};
  require(file_ != nullptr, call, "the SummaryWriter of ", path_, " is closed");
  const std::string bytes = tracing::record(event);
  std::FILE* const stream = file_->stream;
  const long before = std::ftell(stream);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size()) return;
  const std::string reason = std::strerror(errno);
  if (before >= 0 && ftruncate(fileno(stream), before) == 0) std::fseek(stream, before, SEEK_SET);
  fail<IoError>(call, "cannot write ", path_, ": ", reason);
}

void SummaryWriter::add_scalar(const std::string& tag, double value, std::int64_t step,
                               SourceLocation location) {
  write("add_scalar", location, tracing::summary_event(tag, tracing::scalar(value), step));
}

void SummaryWriter::add_scalars(const std::string& main_tag,
                                const std::vector<std::pair<std::string, double>>& values,
                                std::int64_t step, SourceLocation location) {
  for (auto& [name, value] : values) {
    std::string folder = main_tag;
    folder += "_" + name;
    for (char& c : folder)
      if (c == '/') c = '_';
    auto& curve = curves_[folder];
    if (!curve)
      curve = std::make_unique<SummaryWriter>((std::filesystem::path(folder_) / folder).string(),
                                              location);
    curve->add_scalar(main_tag, value, step, location);
  }
}

void SummaryWriter::add_histogram(const std::string& tag, const Tensor& values, std::int64_t step,
                                  SourceLocation location) {
  write("add_histogram", location,
        tracing::summary_event(tag, tracing::histogram(values.detach().to_vector<double>()), step));
}

void SummaryWriter::add_image(const std::string& tag, const Tensor& image, std::int64_t step,
                              SourceLocation location) {
  const Tensor pixels = as_pixels({"add_image", location}, image);
  const auto bytes = pixels.to_vector<std::uint8_t>();
  write("add_image", location,
        tracing::summary_event(tag,
                               tracing::image({bytes.begin(), bytes.end()}, pixels.size(0),
                                              pixels.size(1), pixels.size(2)),
                               step));
}

void SummaryWriter::add_text(const std::string& tag, const std::string& text, std::int64_t step,
                             SourceLocation location) {
  write("add_text", location, tracing::summary_event(tag, tracing::text(text), step));
}

void SummaryWriter::add_graph(const Tensor& output, const NamedTensors& parameters,
                              SourceLocation location) {
  require<AutogradError>(bool(graph::node(output)), {"add_graph", location},
                         "the tensor needs no gradient, so no graph was recorded; call it outside "
                         "NoGrad, with parameters that require gradients");
  write("add_graph", location,
        tracing::new_event(0).message(4, tracing::graph(output, parameters)).bytes());
}

void SummaryWriter::flush(SourceLocation location) {
  const Call call{"flush", location};
  require(file_ != nullptr, call, "the SummaryWriter of ", path_, " is closed");
  require<IoError>(fsync(fileno(file_->stream)) == 0, call, "cannot write ", path_, ": ",
                   std::strerror(errno));
  for (auto& [folder, curve] : curves_) curve->flush(location);
}

void SummaryWriter::close() { file_.reset(), curves_.clear(); }

}  // namespace tinygrad
