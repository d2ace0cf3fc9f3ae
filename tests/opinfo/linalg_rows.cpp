// SPDX-License-Identifier: MIT
// Rows: linear algebra, whose vectors have the signs of LAPACK's or are not compared; the gamma
// function's relatives; segments and bags.
#include "table.h"
#include "tinygrad/linalg/linalg.h"

namespace opinfo {
namespace {

template <class F> Row of_input(F f) {
  return [f](Sample& x) { return f(x.input()); };
}
#define OF_INPUT(name) of_input([](const Tensor& x) { return name(x); })

/// The norm named by ord; `otherwise` if it is None.
template <class F> Tensor by_norm(Sample& x, const char* name, double otherwise, const F& f) {
  const json* ord = x.find(0, name);
  if (ord && ord->is_string())
    return f(*ord == "nuc" ? linalg::MatrixNorm::nuc : linalg::MatrixNorm::fro);
  return f(ord ? scalar_of(*ord).real() : otherwise);
}
Tensor matrix_norm_row(Sample& x) {
  x.ignore("dtype");
  if (x.has(by_name, "dtype")) throw Skip{"a dtype"};
  const Dims dims = x.has(1, "dim") ? x.dims(1, "dim") : Dims{-2, -1};
  const bool keeps = x.flag(2, "keepdim");
  const Tensor a = movedim(x.input(), Axes(dims), {-2, -1});
  if (!x.has(0, "ord")) throw Skip{"no ord"};
  const Tensor y =
      by_norm(x, "ord", 0, [&](auto ord) { return linalg::matrix_norm(a, ord, keeps); });
  return keeps ? movedim(y, {-2, -1}, Axes(dims)) : y;
}
Tensor cond_row(Sample& x) {
  return by_norm(x, "p", 2, [&](auto p) { return linalg::cond(x.input(), p); });
}
Tensors lstsq_row(Sample& x) {
  x.find(1, "rcond");
  const string driver = x.text(by_name, "driver", "gelsy");
  const Tensor a = x.input(), b = x.tensor(0, "b"), y = linalg::lstsq(a, b);
  if (driver == "gelsy" || a.size(-2) <= a.size(-1)) return y;
  return {y, sum(square(matmul(a, y) - b), -2)};  // PyTorch also returns the residuals
}
std::optional<double> tolerance(Sample& x) {
  x.only(by_name, "hermitian", false);
  if (x.has(by_name, "atol") || x.has_tensor(by_name, "rtol"))
    throw Skip{"atol, or rtol as a tensor"};
  if (!x.has(by_name, "rtol")) return {};
  return x.real(by_name, "rtol", 0);
}
Tensor solve_triangular_row(Sample& x) {
  const bool upper = x.flag(by_name, "upper"), left = x.flag(by_name, "left", true);
  return linalg::solve_triangular(x.input(), x.tensor(0, "b"), upper, left,
                                  x.flag(by_name, "unitriangular"));
}

ScatterReduce reduce_named(const string& name) {
  return name == "sum"    ? ScatterReduce::sum
         : name == "mean" ? ScatterReduce::mean
         : name == "prod" ? ScatterReduce::prod
         : name == "min"  ? ScatterReduce::amin
                          : ScatterReduce::amax;
}
Tensor segment_row(Sample& x) {
  const Tensor offsets = x.tensor(by_name, "offsets"),
               counts = offsets.defined() ? diff(offsets) : x.tensor(by_name, "lengths");
  x.ignore("unsafe");
  x.only(by_name, "initial", nullptr);
  if (counts.dim() != 1) throw Skip{"lengths of rank 2"};
  return segment_reduce(x.input(), reduce_named(x.text(0, "reduce", "sum")), counts,
                        x.int_at(by_name, "axis", 0));
}
Tensor embedding_bag_row(Sample& x) {
  for (const char* name : {"max_norm", "scale_grad_by_freq", "sparse"})
    if (const json* value = x.find(by_name, name); value && *value != false)
      throw Skip{string("embedding_bag with ") + name};
  x.ignore("norm_type");
  EmbeddingBagOptions options{.mode = reduce_named(x.text(by_name, "mode", "mean")),
                              .per_sample_weights = x.tensor(by_name, "per_sample_weights"),
                              .include_last_offset = x.flag(by_name, "include_last_offset")};
  if (x.has(by_name, "padding_idx")) options.padding_idx = x.integer(by_name, "padding_idx", 0);
  return embedding_bag(x.tensor(0, "input"), x.input(), x.tensor(by_name, "offsets"), options);
}
Row polygamma_row() {
  return [](Sample& x) { return polygamma(x.int_at(0, "n", 0), x.input()); };
}

}  // namespace

Rows linalg_rows() {
  Rows rows = {
      {"linalg.cholesky",
       [](Sample& x) { return linalg::cholesky(x.input(), x.flag(by_name, "upper")); }},
      {"linalg.cond", cond_row},
      {"linalg.det", OF_INPUT(linalg::det)},
      {"linalg.inv", OF_INPUT(linalg::inv)},
      {"linalg.eigvalsh",
       [](Sample& x) { return linalg::eigvalsh(x.input(), x.text(0, "UPLO", "L") == "U"); }},
      {"linalg.svdvals", OF_INPUT(linalg::svdvals)},
      {"linalg.lstsq", lstsq_row},
      {"linalg.lstsq.grad_oriented", lstsq_row},
      {"linalg.matrix_norm", matrix_norm_row},
      {"linalg.matrix_rank",
       [](Sample& x) { return linalg::matrix_rank(x.input(), tolerance(x)); }},
      {"linalg.pinv", [](Sample& x) { return linalg::pinv(x.input(), tolerance(x)); }},
      {"pinverse", OF_INPUT(linalg::pinv)},
      {"linalg.qr",
       [](Sample& x) {
         const string mode = x.text(0, "mode", "reduced");
         if (mode == "r") throw Skip{"R alone"};
         const auto [q, r] = linalg::qr(x.input(), mode == "complete");
         return Tensors{q, r};
       }},
      {"linalg.slogdet",
       [](Sample& x) {
         const auto [sign, logabsdet] = linalg::slogdet(x.input());
         return Tensors{sign, logabsdet};
       }},
      {"linalg.solve",
       [](Sample& x) {
         const bool left = x.flag(by_name, "left", true);
         return linalg::solve(x.input(), x.tensor(0, "b"), left);
       }},
      {"linalg.solve_triangular", solve_triangular_row},
      {"lgamma", OF_INPUT(lgamma)},
      {"digamma", OF_INPUT(digamma)},
      {"erfinv", OF_INPUT(erfinv)},
      {"_segment_reduce.lengths", segment_row},
      {"_segment_reduce.offsets", segment_row},
      {"nn.functional.embedding_bag", embedding_bag_row}};
  for (int n : {0, 1, 2, 3, 4})
    rows["polygamma.polygamma_n_" + std::to_string(n)] = polygamma_row();
  for (int p : {1, 3, 5})
    rows["mvlgamma.mvlgamma_p_" + std::to_string(p)] = [](Sample& x) {
      return mvlgamma(x.input(), x.int_at(0, "p", 1));
    };
  return rows;
}

}  // namespace opinfo
