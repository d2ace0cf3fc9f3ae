// SPDX-License-Identifier: MIT
// Normalization: x̂ = (x − mean) rstd with rstd = 1 / sqrt(var + eps), then y = x̂ w + b. Batch
// norm takes mean and variance over all dimensions but the channels, layer norm over the last
// dimensions. The outputs mean and rstd are not differentiable and only kernels read them: the
// formulas of the derivatives compute them again, since they depend on x.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

struct Normalized {
  Tensor xhat, mean, rstd;
};
/// 1 / sqrt(⟨centred²⟩ + eps). Large elements are scaled: their squares may overflow where x̂
/// does not.
Tensor reciprocal_std(const Tensor& centred, const Dims& over, double eps) {
  if (centred.numel() == 0) return rsqrt(mean(square(centred), over, keepdim) + eps);
  const Tensor largest = amax(abs(centred.detach()), over, keepdim),
               scale = where(largest > 1e15, reciprocal(largest), 1);
  return scale * rsqrt(mean(square(centred * scale), over, keepdim) + eps * square(scale));
}
Normalized normalized(const Tensor& x, const Dims& over, double eps) {
  const Tensor m = mean(x, over, keepdim), centred = x - m;
  const Tensor rstd = reciprocal_std(centred, over, eps);
  return {centred * rstd, m, rstd};
}
/// x̂ w + b; w and b may be undefined.
Tensor scale_and_shift(Tensor xhat, const Tensor& w, const Tensor& b) {
  if (w.defined()) xhat = xhat * w;
  return b.defined() ? xhat + b : xhat;
}
/// dx = rstd (g − ⟨g⟩ − x̂ ⟨g x̂⟩) for g = dy w, where ⟨ ⟩ is the mean over `over`.
Tensor normalize_grad(const Tensor& g, const Normalized& n, const Dims& over) {
  return n.rstd * (g - mean(g, over, keepdim) - n.xhat * mean(g * n.xhat, over, keepdim));
}

/// All dimensions but the second, which is that of the channels.
Dims all_but_channels(int rank) {
  Dims over{0};
  for (int d = 2; d < rank; ++d) over.push_back(d);
  return over;
}
/// Reshapes w [C] -> [C, 1, 1], so that it broadcasts with x [N, C, H, W].
Tensor by_channel(const Tensor& w, int rank) { return w.defined() ? along(w, 0, rank - 1) : w; }

/// Output i of a kernel, or an empty view if there is no such output (no dw and db without w).
View output_or_none(Views out, std::size_t i) { return i < out.size() ? out[i] : View(); }
SmallVector<Output, 2> grad_outputs(const Tensor& x, const Tensor& w) {
  if (!w.defined()) return {{x.shape(), x.dtype()}};
  return {{x.shape(), x.dtype()}, {w.shape(), w.dtype()}, {w.shape(), w.dtype()}};
}
/// {dx, dw, db} from the results of the derivative op, which without w are only dx. db is summed in
/// the dtype of mean and rstd, which is that of the bias.
Tensors with_bias_grad(Tensors grads, Dy dy, const Dims& over, Saved s) {
  if (grads.size() == 3) return grads;
  return {grads[0], Tensor(), s.needed(2) ? sum(to(dy, s.output(1).dtype()), over) : Tensor()};
}

/// Returns dx for x [N, C, ...], and with w also dw = Σ dy x̂ and db = Σ dy for each channel.
Tensors batch_norm_grad(In dy, In x, In w, In mean, In rstd, double eps) {
  return apply({.name = "batch_norm_grad",
                .inputs = {dy, x, w, mean, rstd},
                .outputs = grad_outputs(x, w),
                .kernel =
                    [](Backend& b, Views in, Views out) {
                      return b.batch_norm_grad(in[0], in[1], in[2], in[3], in[4], out[0],
                                               output_or_none(out, 1), output_or_none(out, 2));
                    },
                .formula = [eps](const Tensors& in) -> Tensors {
                  const Tensor &dy = in[0], &x = in[1], &w = in[2];
                  const Dims over = all_but_channels(x.dim());
                  const Normalized n = normalized(x, over, eps);
                  if (!w.defined()) return normalize_grad(dy, n, over);
                  return {normalize_grad(dy * by_channel(w, x.dim()), n, over),
                          sum(dy * n.xhat, over), sum(dy, over)};
                }});
}

/// Returns y = (x − mean) rstd w + b for each channel, and mean and rstd [C] of `dtype`.
Tensors batch_norm_training(In x, In w, In b, DType dtype, double eps, SourceLocation location) {
  const Output statistics = non_differentiable({x->shape()[1]}, dtype);
  return apply(
      {.name = "batch_norm",
       .inputs = {{*x, *w, *b}, location},
       .outputs = {{x->shape(), x->dtype()}, statistics, statistics},
       .kernel =
           [&](Backend& backend, Views in, Views out) {
             return backend.batch_norm(in[0], in[1], in[2], eps, out[0], out[1], out[2]);
           },
       .formula = [&](const Tensors& in) -> Tensors {
         const int rank = in[0].dim();
         const Normalized n = normalized(in[0], all_but_channels(rank), eps);
         const Tensor y = scale_and_shift(n.xhat, by_channel(in[1], rank), by_channel(in[2], rank));
         return {y, reshape(n.mean, statistics.shape), reshape(n.rstd, statistics.shape)};
       },
       .keep = {Keep::input(0), Keep::input(1), Keep::output(1), Keep::output(2)},
       .derivatives = {[eps](const Tensors& dys, Saved s) {
         const Tensor &dy = dys[0], x = s.input(0);
         return with_bias_grad(batch_norm_grad(dy, x, s.input(1), s.output(1), s.output(2), eps),
                               dy, all_but_channels(x.dim()), s);
       }}});
}

/// Returns dx for x [R, D], and with w also dw = Σ_r dy x̂ and db = Σ_r dy.
Tensors layer_norm_grad(In dy, In x, In w, In mean, In rstd, double eps) {
  return apply({.name = "layer_norm_grad",
                .inputs = {dy, x, w, mean, rstd},
                .outputs = grad_outputs(x, w),
                .kernel =
                    [](Backend& b, Views in, Views out) {
                      return b.layer_norm_grad(in[0], in[1], in[2], in[3], in[4], out[0],
                                               output_or_none(out, 1), output_or_none(out, 2));
                    },
                .formula = [eps](const Tensors& in) -> Tensors {
                  const Tensor &dy = in[0], &w = in[2];
                  const Normalized n = normalized(in[1], {1}, eps);
                  if (!w.defined()) return normalize_grad(dy, n, {1});
                  return {normalize_grad(dy * w, n, {1}), sum(dy * n.xhat, 0), sum(dy, 0)};
                }});
}

/// y = (x − mean) rstd w + b for each row of x [R, D]; w and b are [D]. The other outputs are mean
/// and rstd [R].
Tensor layer_norm_rows(In x, In w, In b, double eps, SourceLocation location) {
  const Output statistics = non_differentiable({x->shape()[0]}, x->dtype());
  return apply({.name = "layer_norm",
                .inputs = {{*x, *w, *b}, location},
                .outputs = {{x->shape(), x->dtype()}, statistics, statistics},
                .kernel =
                    [&](Backend& backend, Views in, Views out) {
                      return backend.layer_norm(in[0], in[1], in[2], eps, out[0], out[1], out[2]);
                    },
                .formula = [&](const Tensors& in) -> Tensors {
                  const Normalized n = normalized(in[0], {1}, eps);
                  return {scale_and_shift(n.xhat, in[1], in[2]), reshape(n.mean, statistics.shape),
                          reshape(n.rstd, statistics.shape)};
                },
                .keep = {Keep::input(0), Keep::input(1), Keep::output(1), Keep::output(2)},
                .derivatives = {[eps](const Tensors& dys, Saved s) {
                  return with_bias_grad(layer_norm_grad(dys[0], s.input(0), s.input(1), s.output(1),
                                                        s.output(2), eps),
                                        dys[0], {0}, s);
                }}});
}

// ------------------------------------------------------------ checks

void check_channels(const Call& call, const Tensor& x, const Tensor& t, const char* name) {
  if (!t.defined()) return;
  require<ShapeError>(t.dim() == 1 && t.shape()[0] == x.shape()[1], call, name, " has shape ",
                      t.shape(), ", x has ", x.shape()[1], " channels: ", Marked{x.shape(), 1});
  const bool is_mixed = is_half(x.dtype()) && t.dtype() == DType::float32;
  if (!is_mixed) check_parameter(call, x, t, name);
}
void check_batch(const Call& call, const Tensor& x, double eps) {
  require<ShapeError>(x.dim() >= 2, call, "expected x of shape [N, C, ...], got ", x.shape());
  require(eps >= 0, call, "eps must not be negative, got ", eps);
}
/// The floating dtype to which all of them are promoted.
DType common_dtype(const Tensor& x, std::initializer_list<const Tensor*> others) {
  DType dtype = x.dtype();
  for (const Tensor* t : others)
    if (t->defined()) dtype = promote(dtype, t->dtype());
  return dtype;
}
/// The dtype of y: that of x if x is float16 or bfloat16 and the computation is in float32, as
/// under an Autocast; otherwise the common dtype.
DType batch_norm_dtype(DType x, DType common) {
  return is_half(x) && common == DType::float32 ? x : common;
}

/// Throws unless the last sizes of x are `shape`, and those of weight and bias.
void check_last_sizes(const Call& call, const Tensor& x, const Shape& shape,
                      std::initializer_list<const Tensor*> weights) {
  require<ShapeError>(shape.rank() > 0 && shape.rank() <= x.dim(), call,
                      "expected the sizes of the last dimensions of x ", x.shape(), ", got ",
                      shape);
  for (int i = 1; i <= shape.rank(); ++i)
    require<ShapeError>(shape[-i] == x.shape()[-i], call,
                        "the last sizes of x must be the given shape: ", Marked{x.shape(), -i},
                        " and ", Marked{shape, -i});
  for (const Tensor* t : weights)
    require<ShapeError>(!t->defined() || t->shape() == shape, call,
                        "expected weight and bias of shape ", shape, ", got ",
                        t->defined() ? t->shape() : shape);
}

/// var = 1 / rstd² − eps, from the output of the kernel. The error is about 1e-7 of var + eps.
Tensor variance(const Tensor& rstd, double eps) {
  return apply(
      {.name = "batch_norm_variance", .inputs = {rstd}, .formula = [eps](const Tensors& in) {
         return maximum(square(reciprocal(in[0])) - eps, 0.0);
       }});
}

}  // namespace

BatchNormResult batch_norm(In x, In w, In b, double eps) {
  const Call call{"batch_norm", x.location};
  check_batch(call, x, eps), check_floating(call, x);
  check_channels(call, x, w, "the weight"), check_channels(call, x, b, "the bias");
  const DType dtype = promote(common_dtype(x, {&*w, &*b}), wide_precision(x->dtype()));
  const Tensor image = cast(*x, batch_norm_dtype(x->dtype(), dtype));
  const Tensors out = batch_norm_training(image, cast_given(w, dtype), cast_given(b, dtype), dtype,
                                          eps, x.location);
  return {out[0], out[1], variance(out[2], eps)};
}

/// y = (x − mean) / sqrt(var + eps) w + b, computed as x factor + summand for each channel.
Tensor batch_norm_inference(In x, In mean, In var, In w, In b, double eps) {
  const Call call{"batch_norm_inference", x.location};
  check_batch(call, x, eps);
  check_floating(call, x);
  require(mean.defined() && var.defined(), call, "running_mean and running_var must be given");
  check_channels(call, x, mean, "the mean"), check_channels(call, x, var, "the variance");
  check_channels(call, x, w, "the weight"), check_channels(call, x, b, "the bias");
  const DType dtype = common_dtype(x, {&*mean, &*var, &*w, &*b});
  const Tensor image = cast(*x, batch_norm_dtype(x->dtype(), dtype));
  const Tensors inputs{image, cast(*mean, dtype), cast(*var, dtype), cast_given(w, dtype),
                       cast_given(b, dtype)};
  const Output like{image.shape(), image.dtype()};
  return apply({.name = "batch_norm",
                .inputs = {inputs, x.location},
                .outputs = {like},
                .formula = [eps](const Tensors& in) {
                  Tensor factor = rsqrt(in[2] + eps);
                  if (in[3].defined()) factor = factor * in[3];
                  const Tensor summand =
                      in[4].defined() ? in[4] - in[1] * factor : neg(in[1] * factor);
                  return in[0] * by_channel(factor, in[0].dim()) + by_channel(summand, in[0].dim());
                }});
}

Tensor layer_norm(In x, const Shape& shape, In w, In b, double eps) {
  const Call call{"layer_norm", x.location};
  check_last_sizes(call, x, shape, {&*w, &*b});
  require(eps >= 0, call, "eps must not be negative, got ", eps);
  check_floating(call, x);
  check_parameter(call, x, w, "the weight"), check_parameter(call, x, b, "the bias");
  const DType dtype = common_dtype(x, {&*w, &*b});
  Shape rows;
  for (int d = 0; d < x->dim() - shape.rank(); ++d) rows.push_back(x->shape()[d]);
  auto flat = [&](const Tensor& t) {
    return t.defined() ? reshape(cast(t, dtype), {shape.count()}) : t;
  };
  return reshape(layer_norm_rows(reshape(cast(*x, dtype), {rows.count(), shape.count()}), flat(w),
                                 flat(b), eps, x.location),
                 x->shape());
}

// ------------------------------------------------------------ formulas of the others

/// x [N, C, ...] as rows of `groups` groups a sample, normalized, and scaled by channel.
static Tensor normalize_groups(const Call& call, const In& x, std::int64_t groups, const In& w,
                               const In& b, double eps) {
  check_batch(call, x, eps), check_floating(call, x);
  check_channels(call, x, w, "the weight"), check_channels(call, x, b, "the bias");
  const std::int64_t channels = x->shape()[1];
  require<ShapeError>(groups > 0 && channels % groups == 0, call, groups,
                      " groups do not divide the channels of x ", Marked{x->shape(), 1});
  const std::int64_t elements = Shape(x->shape().begin() + 1, x->dim() - 1).count();
  require<ShapeError>(elements > 0, call, "expected samples that have elements, got shape ",
                      x->shape());
  const DType dtype = common_dtype(x, {&*w, &*b});
  const std::int64_t size = elements / groups;
  Tensor y = reshape({cast(*x, dtype), x.location}, {x->shape()[0] * groups, size});
  y = reshape(layer_norm(y, {size}, {}, {}, eps), x->shape());
  if (w.defined()) y = y * by_channel(cast(*w, dtype), x->dim());
  return b.defined() ? y + by_channel(cast(*b, dtype), x->dim()) : y;
}

/// The distance from 1 to the next larger value of a floating dtype.
static double epsilon_of(DType dtype) {
  switch (dtype) {
    case DType::float64: return 0x1p-52;
    case DType::float16: return 0x1p-10;
    case DType::bfloat16: return 0x1p-7;
    default: return 0x1p-23;
  }
}

Tensor group_norm(In x, std::int64_t groups, In w, In b, double eps) {
  return normalize_groups({"group_norm", x.location}, x, groups, w, b, eps);
}
Tensor instance_norm(In x, In w, In b, double eps) {
  const Call call{"instance_norm", x.location};
  check_batch(call, x, eps);
  return normalize_groups(call, x, x->shape()[1], w, b, eps);
}

Tensor rms_norm(In x, const Shape& shape, In w, std::optional<double> eps) {
  const Call call{"rms_norm", x.location};
  check_floating(call, x);
  check_last_sizes(call, x, shape, {&*w});
  check_parameter(call, x, w, "the weight");
  const DType dtype = common_dtype(x, {&*w});
  const double given = eps.value_or(epsilon_of(dtype));
  require(given >= 0, call, "eps must not be negative, got ", given);
  Dims last;
  for (int i = x->dim() - shape.rank(); i < x->dim(); ++i) last.push_back(i);
  return apply({.name = "rms_norm",
                .inputs = {{cast(*x, dtype), cast_given(w, dtype)}, x.location},
                .formula = [last, given](const Tensors& in) {
                  const Tensor y = in[0] * reciprocal_std(in[0], last, given);
                  return in[1].defined() ? y * in[1] : y;
                }});
}

Tensor local_response_norm(In x, std::int64_t size, double alpha, double beta, double k) {
  const Call call{"local_response_norm", x.location};
  check_floating(call, x);
  require<ShapeError>(x->dim() >= 3, call, "expected x of shape [N, C, L, ...], got ", x->shape());
  require(size > 0, call, "size must be positive, got ", size);
  Dims around = Dims::filled(2 * x->dim() - 2, 0);
  around[-2] = size / 2, around[-1] = (size - 1) / 2;
  return apply({.name = call.op, .inputs = {x}, .formula = [=](const Tensors& in) {
                  const Tensor near = unfold(pad(square(in[0]), around), 1, size, 1);
                  return in[0] / pow(mean(near, -1) * alpha + k, beta);
                }});
}
Tensor normalize(In x, double p, int dim, double eps) {
  check_floating({"normalize", x.location}, x);
  const Tensor length = norm({*x, x.location}, p, dim, keepdim);
  return *x / maximum(length, eps);
}

}  // namespace tinygrad
