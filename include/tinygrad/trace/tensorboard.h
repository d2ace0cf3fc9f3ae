// SPDX-License-Identifier: MIT
// SummaryWriter, which writes what a run produces into a file that TensorBoard shows.
//
//   SummaryWriter writer("runs/first");
//   for (int epoch = 0; epoch < epochs; ++epoch) writer.add_scalar("loss/train", train(), epoch);
//
// then `tensorboard --logdir runs`. The names are those of torch.utils.tensorboard.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Writes a file of its own, events.out.tfevents.TIME.HOST.PROCESS.COUNT, into a folder, which may
/// hold files of earlier runs. Each call writes its record whole and at once: a program that is
/// killed leaves all records before. Not for use by several threads at once. All functions throw
/// IoError if the file cannot be written, and ArgumentError after close().
class TINYGRAD_API SummaryWriter {
 public:
  /// Makes the folder if it is not there.
  explicit SummaryWriter(const std::string& log_dir,
                         SourceLocation location = SourceLocation::current());
  ~SummaryWriter();
  SummaryWriter(const SummaryWriter&) = delete;
  const std::string& path() const { return path_; }

  /// A value of a curve. Tags that begin alike up to a '/' are shown together.
  void add_scalar(const std::string& tag, double value, std::int64_t step = 0,
                  SourceLocation location = SourceLocation::current());
  /// Values of several curves in one diagram: each curve is written by a writer of its own, into
  /// the folder log_dir/main_tag_name ('/' becomes '_').
  void add_scalars(const std::string& main_tag,
                   const std::vector<std::pair<std::string, double>>& values, std::int64_t step = 0,
                   SourceLocation location = SourceLocation::current());
  /// How the elements of a tensor are distributed: how many lie in each of about 1500 buckets, each
  /// 10 % wider than the next one towards 0. NaN and infinities are left out. Any dtype and device.
  void add_histogram(const std::string& tag, const Tensor& values, std::int64_t step = 0,
                     SourceLocation location = SourceLocation::current());
  /// An image [C, H, W] with 1, 3 or 4 channels, or [H, W]: uint8, or floats in 0 ... 1, which
  /// are clamped. Throws ShapeError and DTypeError for others.
  void add_image(const std::string& tag, const Tensor& image, std::int64_t step = 0,
                 SourceLocation location = SourceLocation::current());
  /// A text in Markdown.
  void add_text(const std::string& tag, const std::string& text, std::int64_t step = 0,
                SourceLocation location = SourceLocation::current());
  /// The graph that `output` was computed by (graph.h), its ops under the modules that ran them.
  /// parameters: the names of leaves, such as those of named_parameters(). Throws AutogradError if
  /// output needs no gradient.
  void add_graph(const Tensor& output, const NamedTensors& parameters = {},
                 SourceLocation location = SourceLocation::current());
  /// Waits until what was written is on the disk.
  void flush(SourceLocation location = SourceLocation::current());
  void close();

 private:
  void write(const char* function, SourceLocation location, const std::string& event);
  std::string folder_, path_;
  struct File;
  std::unique_ptr<File> file_;  ///< null when closed
  std::map<std::string, std::unique_ptr<SummaryWriter>> curves_;
};

}  // namespace tinygrad
