// SPDX-License-Identifier: MIT
// Writes a module as an ONNX file: two runs on batches of two and three rows are recorded and
// translated together.
#include "export_file.h"
#include "export_translation.h"
#include "tinygrad/autograd.h"
#include "tinygrad/io/file.h"
#include "tinygrad/ops.h"

namespace tinygrad::onnx {
namespace {

int batch_dim(const SaveOptions& options, std::size_t input) {
  return input < options.batch_dims.size() ? options.batch_dims[input] : 0;
}

/// `rows` rows of each example, which begin again if there are fewer.
Tensors with_rows(const Tensors& examples, std::int64_t rows, const SaveOptions& options) {
  Tensors all;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Tensor& x = examples[i];
    const TensorOptions integers{.dtype = DType::int64, .device = x.device()};
    const int dim = batch_dim(options, i);
    all.push_back(index_select(x, dim, remainder(arange(0, rows, 1, integers), x.size(dim))));
  }
  return all;
}

RecordedCall record(const Tensors& inputs, std::int64_t batch, const Forward& call) {
  RecordedCall recording{batch, inputs, {}, {}};
  ExportRecorder recorder;
  {
    const NoGrad off;
    const ObserverScope scope(recorder);
    recording.outputs = call(inputs);
  }
  recording.ops = recorder.ops();
  return recording;
}

void check(const Call& call, const nn::Module& module, const Tensors& examples,
           const SaveOptions& options) {
  require(options.opset >= 17 && options.opset <= 23, call, "the opset must be in 17 ... 23, got ",
          options.opset);
  require(!module.training(), call, "the module is in training mode; call eval()");
  require(!examples.empty(), call, "a graph needs an input");
  require(options.batch_dims.empty() || options.batch_dims.size() == examples.size(), call,
          "expected ", examples.size(), " batch_dims, got ", options.batch_dims.size());
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Tensor& x = examples[i];
    const int dim = batch_dim(options, i);
    require(x.defined(), call, "example ", i, " is undefined");
    require<ShapeError>(!options.dynamic_batch || (dim >= 0 && dim < x.dim() && x.size(dim) > 0),
                        call, "example ", i, " of shape ", x.shape(), " has no batch in dimension ",
                        dim, "; use {.dynamic_batch = false}");
  }
}

/// 2 GiB, which a message of Protocol Buffers must not exceed.
constexpr std::size_t largest_file = std::size_t(1) << 31;

}  // namespace

void save(nn::Module& module, const Tensors& examples, const Forward& forward,
          const std::string& path, const SaveOptions& options, SourceLocation location) {
  const Call call{"onnx::save", location};
  check(call, module, examples, options);
  const bool varies = options.dynamic_batch;
  const RecordedCall first =
      record(varies ? with_rows(examples, 2, options) : examples, 2, forward);
  const RecordedCall second =
      varies ? record(with_rows(examples, 3, options), 3, forward) : RecordedCall(first);
  Translation translation(call, options, first, second, module.state_dict());
  const std::string file = file_of(translation.run());
  require<IoError>(file.size() < largest_file, call, in_quotes(path), " would have ", file.size(),
                   " bytes, and ONNX files end at 2 GiB");
  write_file(path, file, call);
}

void save(nn::Module& module, const Tensor& example, const std::string& path,
          const SaveOptions& options, SourceLocation location) {
  save(
      module, Tensors(example), [&](const Tensors& in) { return Tensors(module(in[0])); }, path,
      options, location);
}

}  // namespace tinygrad::onnx
