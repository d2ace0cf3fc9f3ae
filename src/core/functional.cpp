// SPDX-License-Identifier: MIT
// Derivatives of functions, each a few calls of grad().
#include "tinygrad/functional.h"

#include "check.h"
#include "node.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// f(xs) for copies xs of the inputs that are leaves, or, if create_graph is set, views of the
/// inputs: the derivatives with respect to them are not those with respect to what the inputs came
/// from.
struct Traced {
  Tensors xs;
  Tensor y;
};
Traced trace(const Call& call, const TensorFunction& f, const Tensors& inputs, bool create_graph) {
  require(!inputs.empty(), call, "no inputs were given");
  Traced t;
  for (const Tensor& x : inputs) {
    check_floating(call, x);
    t.xs.push_back(create_graph && x.requires_grad() ? stopped(x) : x.detach().requires_grad_());
  }
  t.y = f(t.xs);
  return t;
}

/// The gradients of `of`, weighted by v, with respect to xs. Those that are missing are zeros.
Tensors gradients_of(const Tensor& of, const Tensor& v, const Tensors& xs, bool create_graph,
                     bool retain_graph, SourceLocation location) {
  Tensors found;
  if (of.requires_grad())
    found = grad(of, xs,
                 {.grad_outputs = v,
                  .create_graph = create_graph,
                  .retain_graph = retain_graph,
                  .allow_unused = true},
                 location);
  found.resize(xs.size());
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (!found[i].defined()) found[i] = zeros_like(xs[i]);
  return found;
}

void check_shapes(const Call& call, const char* what, const Tensors& given, const Tensors& like) {
  require(given.size() == like.size(), call, like.size(), " inputs but ", given.size(), " ", what);
  for (std::size_t i = 0; i < like.size(); ++i)
    require<ShapeError>(given[i].shape() == like[i].shape(), call, what, " ", i, " of shape ",
                        given[i].shape(), " does not have the shape of its input, ",
                        like[i].shape());
}
void check_single(const Call& call, const Tensor& y) {
  require<ShapeError>(y.numel() == 1, call, "the function must return a single element, not shape ",
                      y.shape(), "; reduce it, or use jacobian()");
}
/// Σ_i ⟨a_i, b_i⟩, in y's dtype.
Tensor inner_products(const Tensors& a, const Tensors& b, const Tensor& y) {
  Tensor total = zeros({}, {.dtype = y.dtype(), .device = y.device()});
  for (std::size_t i = 0; i < a.size(); ++i) total = total + sum(a[i] * b[i]);
  return total;
}
Tensor outside(const Tensor& x, bool create_graph) { return create_graph ? x : x.detach(); }

}  // namespace

VjpResult vjp(const TensorFunction& f, const Tensors& inputs, const Tensor& v,
              const FunctionalOptions& options, SourceLocation location) {
  const Call call{"vjp", location};
  const GradMode on(true);
  const Traced t = trace(call, f, inputs, options.create_graph);
  check_shapes(call, "vectors", v, t.y);
  return {outside(t.y, options.create_graph),
          gradients_of(t.y, v, t.xs, options.create_graph, false, location)};
}

JvpResult jvp(const TensorFunction& f, const Tensors& inputs, const Tensors& tangents,
              const FunctionalOptions& options, SourceLocation location) {
  const Call call{"jvp", location};
  const GradMode on(true);
  check_shapes(call, "tangents", tangents, inputs);
  const Traced t = trace(call, f, inputs, options.create_graph);
  const Tensor u = zeros_like(t.y).requires_grad_();
  const Tensors pulled = gradients_of(t.y, u, t.xs, true, true, location);  // Jᵀ u
  const Tensor product = inner_products(pulled, tangents, t.y);
  const Tensors tangent = gradients_of(product, {}, u, options.create_graph, false, location);
  return {outside(t.y, options.create_graph), tangent[0]};
}

Tensors jacobian(const TensorFunction& f, const Tensors& inputs, const FunctionalOptions& options,
                 SourceLocation location) {
  const Call call{"jacobian", location};
  const GradMode on(true);
  const Traced t = trace(call, f, inputs, options.create_graph);
  const std::int64_t n = t.y.numel();
  const Tensor flat = flatten(t.y);
  std::vector<Tensors> rows(t.xs.size());
  for (std::int64_t i = 0; i < n; ++i) {
    const Tensors row = gradients_of(flat[i], {}, t.xs, options.create_graph, true, location);
    for (std::size_t k = 0; k < rows.size(); ++k) rows[k].push_back(row[k]);
  }
  Tensors result;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    Shape shape = t.y.shape();
    for (std::int64_t size : t.xs[k].shape()) shape.push_back(size);
    result.push_back(n == 0 ? zeros(shape, {.dtype = t.y.dtype(), .device = t.y.device()})
                            : reshape(stack(rows[k]), shape));
  }
  return result;
}

Tensor hessian(const TensorFunction& f, const Tensor& input, const FunctionalOptions& options,
               SourceLocation location) {
  const Call call{"hessian", location};
  const auto gradient = [&](const Tensors& in) -> Tensor {
    const Tensor y = f(in);
    check_single(call, y);
    return gradients_of(y, {}, in, true, true, location)[0];
  };
  return jacobian(gradient, input, options, location)[0];
}

VjpResult hvp(const TensorFunction& f, const Tensors& inputs, const Tensors& vectors,
              const FunctionalOptions& options, SourceLocation location) {
  const Call call{"hvp", location};
  const GradMode on(true);
  check_shapes(call, "vectors", vectors, inputs);
  const Traced t = trace(call, f, inputs, options.create_graph);
  check_single(call, t.y);
  const Tensors first = gradients_of(t.y, {}, t.xs, true, true, location);
  const Tensor slope = inner_products(first, vectors, t.y);
  return {outside(t.y, options.create_graph),
          gradients_of(slope, {}, t.xs, options.create_graph, false, location)};
}

Tensors per_sample_grads(const TensorFunction& f, const Tensors& parameters, const Tensors& batch,
                         SourceLocation location) {
  const Call call{"per_sample_grads", location};
  const GradMode on(true);
  const std::int64_t n = batch.empty() || batch[0].dim() == 0 ? 0 : batch[0].shape()[0];
  require(n > 0, call, "expected a batch of at least one sample");
  std::vector<Tensors> all(parameters.size());
  for (std::int64_t i = 0; i < n; ++i) {
    Tensors sample;
    for (const Tensor& x : batch) {
      require<ShapeError>(x.dim() > 0 && x.shape()[0] == n, call, "the batch has tensors of ", n,
                          " samples and of shape ", x.shape());
      sample.push_back(narrow(x, 0, i, 1));
    }
    const Tensor loss = f(sample);
    check_single(call, loss);
    const Tensors found = gradients_of(loss, {}, parameters, false, false, location);
    for (std::size_t k = 0; k < all.size(); ++k) all[k].push_back(found[k]);
  }
  Tensors result;
  for (const Tensors& of_parameter : all) result.push_back(stack(of_parameter));
  return result;
}

}  // namespace tinygrad
