// SPDX-License-Identifier: MIT
// The formulas for the operations of ops, and the bytes of their views.
#include "costs.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace tinygrad::tracing {
namespace {

double of_product(const OpEvent& op) {
  return 2 * double(op.outputs[0].count()) * double(op.inputs[0].size(-1));
}

/// Of all three ops of a convolution: y [N, O, ...] has a sum over a filter of w for each element.
double of_filters(const View& y, const View& w) {
  return w.count() ? 2 * double(y.count()) * double(w.count() / w.size(0)) : 0;
}
double of_conv(const OpEvent& op) { return of_filters(op.outputs[0], op.inputs[1]); }
double of_conv_input_grad(const OpEvent& op) { return of_filters(op.inputs[0], op.inputs[1]); }
double of_conv_weight_grad(const OpEvent& op) { return of_filters(op.inputs[0], op.outputs[0]); }

/// For each pair of a query and a key, the products of as many elements of q or k, and of v; the
/// pairs that a mask excludes count too.
double of_pairs(const View& q, const View& k, const View& v, double of_keys, double of_values) {
  const double pairs =
      double(q.count() / std::max<std::int64_t>(q.size(-1), 1)) * double(k.size(-2));
  return 2 * pairs * (of_keys * double(q.size(-1)) + of_values * double(v.size(-1)));
}
/// q kᵀ and w v.
double of_attention(const OpEvent& op) {
  return of_pairs(op.inputs[0], op.inputs[1], op.inputs[2], 1, 1);
}
/// q kᵀ again, dy vᵀ, ds k, dsᵀ q and wᵀ dy.
double of_attention_grad(const OpEvent& op) {
  return of_pairs(op.inputs[1], op.inputs[2], op.inputs[3], 3, 2);
}

double of_elements(const OpEvent& op) { return double(op.outputs[0].count()); }

const std::unordered_map<std::string_view, CountFlops>& formulas() {
  static const auto& all = *new std::unordered_map<std::string_view, CountFlops>{
      {"matmul", of_product},
      {"linear", of_product},
      {"conv1d", of_conv},
      {"conv2d", of_conv},
      {"conv3d", of_conv},
      {"conv1d_input_grad", of_conv_input_grad},
      {"conv2d_input_grad", of_conv_input_grad},
      {"conv3d_input_grad", of_conv_input_grad},
      {"conv1d_weight_grad", of_conv_weight_grad},
      {"conv2d_weight_grad", of_conv_weight_grad},
      {"conv3d_weight_grad", of_conv_weight_grad},
      {"attention", of_attention},
      {"attention_grad", of_attention_grad},
#define OF_ELEMENTS(name) \
  {#name, of_elements}, {#name "_", of_elements}, {#name "_grad", of_elements},
#define UNARY(name, ...) OF_ELEMENTS(name)
#define BINARY(name, ...) OF_ELEMENTS(name)
#define COMPARE(name, ...) OF_ELEMENTS(name)
#define TERNARY(name, ...) OF_ELEMENTS(name)
#include "tinygrad/elementwise.def"
#undef OF_ELEMENTS
  };
  return all;
}

bool is_same(const View& a, const View& b) {
  return a.memory().handle == b.memory().handle && a.offset() == b.offset() &&
         a.shape() == b.shape() && a.strides() == b.strides();
}

double bytes_of(const View& v) {
  if (!v || v.count() == 0) return 0;
  double bytes = double(size_of(v.dtype()));
  for (int i = 0; i < v.rank(); ++i)
    if (v.stride(i) != 0) bytes *= double(v.size(i));
  return bytes;
}

}  // namespace

CountFlops flops_of(const char* name) {
  const auto found = formulas().find(name);
  return found == formulas().end() ? nullptr : found->second;
}

double bytes_of(const OpEvent& op) {
  double bytes = 0;
  for (auto v = op.inputs.begin(); v != op.inputs.end(); ++v)
    if (std::none_of(op.inputs.begin(), v, [&](const View& w) { return is_same(*v, w); }))
      bytes += bytes_of(*v);
  for (const View& v : op.outputs) bytes += bytes_of(v);
  return bytes;
}

}  // namespace tinygrad::tracing
