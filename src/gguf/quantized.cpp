// SPDX-License-Identifier: MIT
// QuantizedMatrix, and what multiplies by it: linear(), embedding(), QuantizedLinear.
#include "tinygrad/gguf/quantized.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "activations.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/parallel.h"
#include "types.h"

namespace tinygrad::gguf {

// ------------------------------------------------------------ the matrix

QuantizedMatrix::QuantizedMatrix(Type type, std::int64_t columns, std::span<const std::byte> bytes,
                                 std::shared_ptr<const void> owner, SourceLocation location)
    : type_(type), columns_(columns), bytes_(bytes), owner_(std::move(owner)) {
  const Call call{"QuantizedMatrix", location};
  require(type == Type::Q8_0 || type == Type::Q4_0 || type == Type::Q4_1, call,
          "expected the type Q8_0, Q4_0 or Q4_1, got ", to_string(type));
  require<ShapeError>(columns > 0 && columns % 32 == 0, call,
                      "the number of columns must be a multiple of 32, got ", columns);
  const std::int64_t row = columns / 32 * block_size(type).bytes;
  require<ShapeError>(std::int64_t(bytes.size()) % row == 0, call, bytes.size(),
                      " bytes are no rows of ", row, " bytes");
  rows_ = std::int64_t(bytes.size()) / row;
}

QuantizedMatrix QuantizedMatrix::quantize(const Tensor& matrix, Type type,
                                          SourceLocation location) {
  const Call call{"QuantizedMatrix::quantize", location};
  require(encoder(type) != nullptr, call, "expected the type Q8_0 or Q4_0, got ", to_string(type));
  require<ShapeError>(matrix.dim() == 2 && matrix.size(1) % 32 == 0, call,
                      "expected a matrix with a multiple of 32 columns, got shape ",
                      matrix.shape());
  const auto values = matrix.to_vector<float>();
  const std::int64_t blocks = matrix.numel() / 32;
  const auto bytes =
      std::make_shared<std::vector<std::byte>>(std::size_t(blocks * block_size(type).bytes));
  require(encoder(type)(values.data(), blocks, bytes->data()), call,
          "the matrix has elements that ", to_string(type),
          " cannot hold: infinite, NaN, or too large for a float16 scale");
  return {type, matrix.size(1), *bytes, bytes, location};
}

Tensor QuantizedMatrix::dequantize(const Device& device) const {
  const Tensor out = empty({rows_, columns_}, {.dtype = float32, .device = "cpu"});
  decode_all(type_, bytes_, view_of(out).data<float>());
  return out.to(device);
}

QuantizedMatrix QuantizedMatrix::index_select(const std::vector<std::int64_t>& order,
                                              SourceLocation location) const {
  const std::size_t row = std::size_t(columns_ / 32 * block_size(type_).bytes);
  const auto bytes = std::make_shared<std::vector<std::byte>>(order.size() * row);
  for (std::size_t i = 0; i < order.size(); ++i) {
    require<IndexError>(order[i] >= 0 && order[i] < rows_,
                        Call{"QuantizedMatrix::index_select", location}, "row ", order[i],
                        " is outside of a matrix of ", rows_, " rows");
    std::memcpy(bytes->data() + i * row, bytes_.data() + std::size_t(order[i]) * row, row);
  }
  return {type_, columns_, *bytes, bytes, location};
}

// ------------------------------------------------------------ the product

/// The kernels of this build and machine, the best first.
static std::vector<const ProductKernels*> all_kernels() {
  std::vector<const ProductKernels*> all;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (avx512_kernels && __builtin_cpu_supports("avx512vnni") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    all.push_back(avx512_kernels);
  // Processors with AVX2 and FMA also have F16C.
  if (avx2_kernels && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    all.push_back(avx2_kernels);
#endif
  all.push_back(baseline_kernels);
  return all;
}

std::vector<std::string> product_kernels() {
  std::vector<std::string> names;
  for (auto kernels : all_kernels()) names.emplace_back(kernels->name);
  return names;
}

/// The kernels of this name; null if there are none.
static const ProductKernels* kernels_named(std::string_view name) {
  for (auto kernels : all_kernels())
    if (kernels->name == name) return kernels;
  return nullptr;
}

static const ProductKernels& best_kernels() {
  static const ProductKernels& best = [&]() -> const ProductKernels& {
    const char* const asked = std::getenv("TINYGRAD_CPU");
    const ProductKernels* const kernels = asked ? kernels_named(asked) : nullptr;
    return kernels ? *kernels : *all_kernels()[0];
  }();
  return best;
}

/// y [n, rows] = x [n, columns] Wᵀ, both dense and on the host.
static void multiply(const ProductKernels& kernels, const QuantizedMatrix& w, const float* x,
                     std::int64_t n, float* y) {
  const Product product = w.type() == Type::Q8_0   ? kernels.q8_0
                          : w.type() == Type::Q4_0 ? kernels.q4_0
                                                   : kernels.q4_1;
  const RoundedRows rounded(x, n, w.columns());
  const std::int64_t blocks = w.columns() / 32, row = blocks * block_size(w.type()).bytes;
  const std::int64_t part = std::clamp<std::int64_t>((1 << 15) / row, 1, 1 << 10);  // 32 kB
  parallel_for((w.rows() + part - 1) / part, [&](std::int64_t i) {
    const auto begin = reinterpret_cast<const std::uint8_t*>(w.bytes().data());
    product({begin + i * part * row, begin + w.rows() * row, std::min(part, w.rows() - i * part),
             blocks},
            rounded.view(), y + i * part, w.rows());
  });
}

Tensor linear(In x, const QuantizedMatrix& w, const ProductOptions& options) {
  const Call call{"gguf::linear", x.location};
  const int rank = x->dim();
  require<ShapeError>(rank > 0 && x->size(-1) == w.columns(), call, "expected x of shape [..., ",
                      w.columns(), "], got ", x->shape());
  require<DTypeError>(is_floating(x->dtype()), call, "expected a floating x, got ",
                      to_string(x->dtype()));
  const ProductKernels* const kernels =
      options.kernels.empty() ? &best_kernels() : kernels_named(options.kernels);
  require(kernels != nullptr, call, "this build or machine has no kernels ", options.kernels);
  Shape shape = x->shape();
  shape[-1] = w.rows();
  return apply({.name = "quantized_linear",
                .inputs = {contiguous({*x, x.location}), x.location},
                .outputs = {{shape, x->dtype()}},
                .kernel =
                    [=](Backend& backend, Views in, Views out) {
                      if (!backend.is_host() || in[0].dtype() != float32 || !in[0].is_dense() ||
                          !out[0].is_dense())
                        return false;
                      multiply(*kernels, w, in[0].data<float>(), in[0].count() / w.columns(),
                               out[0].data<float>());
                      return true;
                    },
                .formula = [=](const Tensors& in) -> Tensors {
                  return tinygrad::linear(in[0], w.dequantize(in[0].device()).to(in[0].dtype()));
                }});
}

Tensor embedding(In index, const QuantizedMatrix& w) {
  const Call call{"gguf::embedding", index.location};
  require<DTypeError>(index->dtype() == int64, call, "expected an int64 index, got ",
                      to_string(index->dtype()));
  Shape shape = index->shape();
  shape.push_back(w.columns(), index.location);
  const Tensor rows =
      w.index_select(index->to_vector<std::int64_t>(), index.location).dequantize("cpu");
  return rows.reshape(shape).to(index->device());
}

QuantizedLinear::QuantizedLinear(QuantizedMatrix matrix, const Tensor& bias_values)
    : weight(std::move(matrix)),
      bias(bias_values.defined() ? add_buffer("bias", bias_values) : nn::Buffer()) {}

Tensor QuantizedLinear::forward(const Tensor& x) {
  const Tensor y = linear(x, weight);
  return bias.defined() ? y + bias : y;
}

}  // namespace tinygrad::gguf
