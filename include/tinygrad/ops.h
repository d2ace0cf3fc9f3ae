// The differentiable functions. Each is one place in src/core/ops/: its checks, its formula, its
// kernel and its derivative.
//
// Said once: dimensions may be negative and count from the end. Shapes broadcast as in NumPy,
// dtypes are promoted as in PyTorch. Tensors of one call are on one device. A shape that does not
// fit throws ShapeError, a dtype DTypeError, a dimension or an index out of range IndexError, any
// other argument ArgumentError: before anything is computed. Empty tensors are fine wherever the
// formula has a value. NaN in gives NaN out.
#pragma once
#include <vector>

#include "tinygrad/random.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

// ------------------------------------------------------------ elementwise (elementwise.def)
// x may be of any dtype; functions over the reals turn integers into float32 first.
TINYGRAD_API Tensor neg(In x);
TINYGRAD_API Tensor abs(In x);
/// 1, 0 or -1.
TINYGRAD_API Tensor sign(In x);
TINYGRAD_API Tensor square(In x);
TINYGRAD_API Tensor exp(In x);
/// exp(x) - 1, exact near 0.
TINYGRAD_API Tensor expm1(In x);
TINYGRAD_API Tensor log(In x);
/// log(1 + x), exact near 0.
TINYGRAD_API Tensor log1p(In x);
TINYGRAD_API Tensor sqrt(In x);
/// 1 / sqrt(x).
TINYGRAD_API Tensor rsqrt(In x);
TINYGRAD_API Tensor reciprocal(In x);
TINYGRAD_API Tensor sin(In x);
TINYGRAD_API Tensor cos(In x);
TINYGRAD_API Tensor tanh(In x);
TINYGRAD_API Tensor erf(In x);
TINYGRAD_API Tensor floor(In x);
TINYGRAD_API Tensor ceil(In x);
/// To the nearest integer, halves to even.
TINYGRAD_API Tensor round(In x);
/// min(max(x, low), high).
TINYGRAD_API Tensor clamp(In x, Scalar low, Scalar high);
/// 1 / (1 + exp(-x)).
TINYGRAD_API Tensor sigmoid(In x);
/// max(x, 0); its derivative at 0 is 0.
TINYGRAD_API Tensor relu(In x);
/// x, or slope * x below 0.
TINYGRAD_API Tensor leaky_relu(In x, double slope = 0.01);
/// x, or alpha (exp(x) - 1) below 0. Clevert et al. 2015.
TINYGRAD_API Tensor elu(In x, double alpha = 1);
/// Klambauer et al. 2017.
TINYGRAD_API Tensor selu(In x);
/// x Φ(x), with the exact normal distribution function. Hendrycks and Gimpel 2016.
TINYGRAD_API Tensor gelu(In x);
/// x sigmoid(x).
TINYGRAD_API Tensor silu(In x);
/// log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
TINYGRAD_API Tensor softplus(In x, double beta = 1, double threshold = 20);
/// clamp whose derivative at the borders is 0.
TINYGRAD_API Tensor hardtanh(In x, double low = -1, double high = 1);
/// x tanh(softplus(x)). Misra 2019.
TINYGRAD_API Tensor mish(In x);

TINYGRAD_API Tensor add(In a, In b);
TINYGRAD_API Tensor sub(In a, In b);
TINYGRAD_API Tensor mul(In a, In b);
/// True division: integers become float32.
TINYGRAD_API Tensor div(In a, In b);
TINYGRAD_API Tensor pow(In a, In b);
/// Equal elements share the gradient. NaN wins.
TINYGRAD_API Tensor maximum(In a, In b);
TINYGRAD_API Tensor minimum(In a, In b);
TINYGRAD_API Tensor add(In a, Scalar b);
TINYGRAD_API Tensor sub(In a, Scalar b);
TINYGRAD_API Tensor mul(In a, Scalar b);
TINYGRAD_API Tensor div(In a, Scalar b);
/// Throws ArgumentError for integers to a negative integer power.
TINYGRAD_API Tensor pow(In a, Scalar b);
TINYGRAD_API Tensor maximum(In a, Scalar b);
TINYGRAD_API Tensor minimum(In a, Scalar b);
TINYGRAD_API Tensor add(Scalar a, In b);
TINYGRAD_API Tensor sub(Scalar a, In b);
TINYGRAD_API Tensor mul(Scalar a, In b);
TINYGRAD_API Tensor div(Scalar a, In b);
TINYGRAD_API Tensor pow(Scalar a, In b);
TINYGRAD_API Tensor maximum(Scalar a, In b);
TINYGRAD_API Tensor minimum(Scalar a, In b);

// Comparisons give bool.
TINYGRAD_API Tensor equal(In a, In b);
TINYGRAD_API Tensor not_equal(In a, In b);
TINYGRAD_API Tensor less(In a, In b);
TINYGRAD_API Tensor less_equal(In a, In b);
TINYGRAD_API Tensor greater(In a, In b);
TINYGRAD_API Tensor greater_equal(In a, In b);
TINYGRAD_API Tensor equal(In a, Scalar b);
TINYGRAD_API Tensor not_equal(In a, Scalar b);
TINYGRAD_API Tensor less(In a, Scalar b);
TINYGRAD_API Tensor less_equal(In a, Scalar b);
TINYGRAD_API Tensor greater(In a, Scalar b);
TINYGRAD_API Tensor greater_equal(In a, Scalar b);

TINYGRAD_API Tensor operator-(In x);
TINYGRAD_API Tensor operator+(In a, In b);
TINYGRAD_API Tensor operator-(In a, In b);
TINYGRAD_API Tensor operator*(In a, In b);
TINYGRAD_API Tensor operator/(In a, In b);
TINYGRAD_API Tensor operator+(In a, Scalar b);
TINYGRAD_API Tensor operator-(In a, Scalar b);
TINYGRAD_API Tensor operator*(In a, Scalar b);
TINYGRAD_API Tensor operator/(In a, Scalar b);
TINYGRAD_API Tensor operator+(Scalar a, In b);
TINYGRAD_API Tensor operator-(Scalar a, In b);
TINYGRAD_API Tensor operator*(Scalar a, In b);
TINYGRAD_API Tensor operator/(Scalar a, In b);
TINYGRAD_API Tensor operator==(In a, In b);
TINYGRAD_API Tensor operator!=(In a, In b);
TINYGRAD_API Tensor operator<(In a, In b);
TINYGRAD_API Tensor operator<=(In a, In b);
TINYGRAD_API Tensor operator>(In a, In b);
TINYGRAD_API Tensor operator>=(In a, In b);
TINYGRAD_API Tensor operator==(In a, Scalar b);
TINYGRAD_API Tensor operator!=(In a, Scalar b);
TINYGRAD_API Tensor operator<(In a, Scalar b);
TINYGRAD_API Tensor operator<=(In a, Scalar b);
TINYGRAD_API Tensor operator>(In a, Scalar b);
TINYGRAD_API Tensor operator>=(In a, Scalar b);
TINYGRAD_API Tensor operator==(Scalar a, In b);
TINYGRAD_API Tensor operator!=(Scalar a, In b);
TINYGRAD_API Tensor operator<(Scalar a, In b);
TINYGRAD_API Tensor operator<=(Scalar a, In b);
TINYGRAD_API Tensor operator>(Scalar a, In b);
TINYGRAD_API Tensor operator>=(Scalar a, In b);
inline Tensor& operator+=(Tensor& a, In b) { return a.add_(*b, b.where); }
inline Tensor& operator-=(Tensor& a, In b) { return a.sub_(*b, b.where); }
inline Tensor& operator*=(Tensor& a, In b) { return a.mul_(*b, b.where); }
inline Tensor& operator/=(Tensor& a, In b) { return a.div_(*b, b.where); }
inline Tensor& operator+=(Tensor& a, Scalar b) { return a.add_(b, Where{}); }
inline Tensor& operator-=(Tensor& a, Scalar b) { return a.sub_(b, Where{}); }
inline Tensor& operator*=(Tensor& a, Scalar b) { return a.mul_(b, Where{}); }
inline Tensor& operator/=(Tensor& a, Scalar b) { return a.div_(b, Where{}); }

/// a where the condition (bool) holds, else b.
TINYGRAD_API Tensor where(In condition, In a, In b);
TINYGRAD_API Tensor where(In condition, In a, Scalar b);
TINYGRAD_API Tensor where(In condition, Scalar a, In b);
/// Of two numbers: float32 where one is real, else int64, or bool.
TINYGRAD_API Tensor where(In condition, Scalar a, Scalar b);

// ------------------------------------------------------------ dtype, device, memory
/// Real to integer truncates and saturates, NaN becomes 0; to bool, everything but 0 is true.
TINYGRAD_API Tensor to(In x, DType dtype);
TINYGRAD_API Tensor to(In x, const Device& device);
TINYGRAD_API Tensor clone(In x);
/// x itself where it is contiguous, else a copy that is.
TINYGRAD_API Tensor contiguous(In x);

// ------------------------------------------------------------ views: no copy, except where reshape
// and flatten have no other way
/// The same elements in row-major order under another shape; one size may be -1.
TINYGRAD_API Tensor reshape(In x, const Shape& shape);
/// reshape that never copies; throws ShapeError where it would have to.
TINYGRAD_API Tensor view(In x, const Shape& shape);
/// Merges the dimensions start ... end.
TINYGRAD_API Tensor flatten(In x, int start = 0, int end = -1);
/// The inverse of flatten: dimension dim becomes the dimensions of shape.
TINYGRAD_API Tensor unflatten(In x, int dim, const Shape& shape);
TINYGRAD_API Tensor transpose(In x, int a, int b);
TINYGRAD_API Tensor permute(In x, const Dims& order);
/// Without the dimension dim where its size is 1; without all such dimensions.
TINYGRAD_API Tensor squeeze(In x, int dim);
TINYGRAD_API Tensor squeeze(In x);
/// With a dimension of size 1 at dim.
TINYGRAD_API Tensor unsqueeze(In x, int dim);
/// Repeats dimensions of size 1 (by stride 0); -1 keeps a size.
TINYGRAD_API Tensor expand(In x, const Shape& shape);
/// Index `index` of dimension dim, which goes away.
TINYGRAD_API Tensor select(In x, int dim, std::int64_t index);
/// start, start + step, ... below end; negative start and end count from the end, and both are cut
/// to the size. step >= 1.
TINYGRAD_API Tensor slice(In x, int dim, std::int64_t start, std::int64_t end = INT64_MAX,
                          std::int64_t step = 1);
/// `length` elements of dim from start on.
TINYGRAD_API Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length);
/// Pieces of `size` along dim, the last perhaps smaller.
TINYGRAD_API std::vector<Tensor> split(In x, std::int64_t size, int dim = 0);
/// x at each index of dim, which goes away. One derivative joins the gradients of all, where that
/// of each select fills a whole x with zeros.
TINYGRAD_API std::vector<Tensor> unbind(In x, int dim = 0);
/// x [N, C, H, W] -> [N, C, h, w, kh, kw]: the windows of x, overlapping in memory.
TINYGRAD_API Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride,
                            const Dims& dilation);

// ------------------------------------------------------------ joining and padding
TINYGRAD_API Tensor cat(const Tensors& xs, int dim = 0, Where where = Where::here());
/// cat along a new dimension.
TINYGRAD_API Tensor stack(const Tensors& xs, int dim = 0, Where where = Where::here());
/// {before, after} of the last dimension, of the one before it, ...; as PyTorch's. Negative numbers
/// crop.
TINYGRAD_API Tensor pad(In x, const Dims& padding, Scalar value = 0);
/// The transpose of windows: overlapping elements add up. [N, C, h, w, kh, kw] -> shape [N, C, H,
/// W].
TINYGRAD_API Tensor fold(In x, const Shape& shape, const Dims& stride, const Dims& dilation);

// ------------------------------------------------------------ reductions, over any dimensions;
// none means all
/// Of integers and bools: int64.
TINYGRAD_API Tensor sum(In x, const Axes& dims = {}, bool keep = false);
TINYGRAD_API Tensor mean(In x, const Axes& dims = {}, bool keep = false);
TINYGRAD_API Tensor prod(In x, const Axes& dims = {}, bool keep = false);
/// Equal maxima share the gradient.
TINYGRAD_API Tensor amax(In x, const Axes& dims = {}, bool keep = false);
TINYGRAD_API Tensor amin(In x, const Axes& dims = {}, bool keep = false);
/// amax and amin of everything.
TINYGRAD_API Tensor max(In x);
TINYGRAD_API Tensor min(In x);
/// Values and indices (int64) along dim; only the element that was found gets the gradient. The
/// first of equals.
struct ValuesIndices {
  Tensor values, indices;
};
TINYGRAD_API ValuesIndices max(In x, int dim, bool keep = false);
TINYGRAD_API ValuesIndices min(In x, int dim, bool keep = false);
/// int64, the first of equals; of the flattened tensor without a dim.
TINYGRAD_API Tensor argmax(In x);
TINYGRAD_API Tensor argmax(In x, int dim, bool keep = false);
TINYGRAD_API Tensor argmin(In x);
TINYGRAD_API Tensor argmin(In x, int dim, bool keep = false);
/// Whether any (all) elements are not 0.
TINYGRAD_API Tensor any(In x, const Axes& dims = {}, bool keep = false);
TINYGRAD_API Tensor all(In x, const Axes& dims = {}, bool keep = false);
/// Σ (x - mean)² / (n - correction).
TINYGRAD_API Tensor var(In x, const Axes& dims = {}, int correction = 1, bool keep = false);
/// log Σ exp(x), without overflow.
TINYGRAD_API Tensor logsumexp(In x, const Axes& dims = {}, bool keep = false);

// ------------------------------------------------------------ products
/// As NumPy's: vectors, matrices, and batches of matrices whose leading dimensions broadcast.
TINYGRAD_API Tensor matmul(In a, In b);
/// y = x wᵀ + b.  x [..., K], w [M, K], b [M] or {}, y [..., M].
TINYGRAD_API Tensor linear(In x, In w, In b = {});
/// Sums over the last n dimensions of a with the first n of b: [A..., S...] x [S..., B...] ->
/// [A..., B...].
TINYGRAD_API Tensor tensordot(In a, In b, int n);
/// Over the dimensions `of_a` of a with `of_b` of b, pair by pair.
TINYGRAD_API Tensor tensordot(In a, In b, const Dims& of_a, const Dims& of_b);

// ------------------------------------------------------------ softmax and losses
/// exp(x) / Σ exp(x) along dim.
TINYGRAD_API Tensor softmax(In x, int dim);
TINYGRAD_API Tensor log_softmax(In x, int dim);
enum class Reduction { mean, sum, none };
/// Of logits x [N, C] (or [C]) and labels int64 [N] (or []): logsumexp(x) - x[label].
TINYGRAD_API Tensor cross_entropy(In x, In target, Reduction reduction = Reduction::mean);
/// Of log-probabilities: -x[label].
TINYGRAD_API Tensor nll_loss(In x, In target, Reduction reduction = Reduction::mean);
/// (x - target)².
TINYGRAD_API Tensor mse_loss(In x, In target, Reduction reduction = Reduction::mean);

// ------------------------------------------------------------ images: x [N, C, H, W] or [C, H, W]
/// So much padding that, at stride 1, the output has the input's size; the odd row or column goes
/// to the end. As PyTorch's 'same'.
struct Same {};
inline constexpr Same same{};
/// An int for both directions, a {y, x} pair, or `same` (for convolutions).
struct Pair {
  int y = 0, x = 0;
  bool is_same = false;
  constexpr Pair(int both) : y(both), x(both) {}
  constexpr Pair(int y, int x) : y(y), x(x) {}
  constexpr Pair(Same) : is_same(true) {}
};
struct Conv2dArgs {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  int groups = 1;
};
/// y[n, o, i, j] = b[o] + Σ_{c, u, v} x[n, c, i stride + u dilation - padding, j ...] w[o, c, u,
/// v]; a cross-correlation. w [O, C / groups, kh, kw], b [O] or {}.
TINYGRAD_API Tensor conv2d(In x, In w, In b = {}, const Conv2dArgs& args = {});
struct PoolArgs {
  Pair stride = 0;  ///< 0: the size of the window
  Pair padding = 0;
};
TINYGRAD_API Tensor max_pool2d(In x, Pair kernel, const PoolArgs& args = {});
/// Padding counts as zeros.
TINYGRAD_API Tensor avg_pool2d(In x, Pair kernel, const PoolArgs& args = {});

// ------------------------------------------------------------ normalization
/// Training mode: (x - mean) / sqrt(var + eps) w + b, by channel of x [N, C, ...]; also the batch's
/// mean and (biased) variance, which have no gradient; the variance comes from 1 / sqrt(var + eps),
/// so it is exact to some 1e-7 of var + eps. w and b [C] or {}. Ioffe and Szegedy 2015.
struct BatchNormResult {
  Tensor y, mean, var;
};
/// y has the dtype that x, w and b have in common; of x in 16 bits beside float32 it has x's, and
/// mean and var are float32.
TINYGRAD_API BatchNormResult batch_norm(In x, In w = {}, In b = {}, double eps = 1e-5);
/// Evaluation mode: with a given mean and variance.
TINYGRAD_API Tensor batch_norm(In x, In mean, In var, In w, In b, double eps = 1e-5);
/// Over the last dimensions, those of `shape`. w and b of that shape or {}. Ba, Kiros and Hinton
/// 2016.
TINYGRAD_API Tensor layer_norm(In x, const Shape& shape, In w = {}, In b = {}, double eps = 1e-5);

// ------------------------------------------------------------ randomness
/// Zeroes elements with probability p and scales the others by 1 / (1 - p). Takes the next call
/// number of the thread's generator.
TINYGRAD_API Tensor dropout(In x, double p = 0.5, bool training = true);
/// With the numbers of a given call, for reproducing a mask.
TINYGRAD_API Tensor dropout(In x, double p, const Generator& call);

// ------------------------------------------------------------ indices: int64, 0 ... size - 1;
// anything else throws IndexError
/// out[i][j][k] = x[i][index[i][j][k]][k] for dim 1.
TINYGRAD_API Tensor gather(In x, int dim, In index);
/// x with out[i][index[i][j][k]][k] = source[i][j][k] for dim 1. Where an element is named twice
/// the last one wins, and has the gradient.
TINYGRAD_API Tensor scatter(In x, int dim, In index, In source);
/// x with source added at those places.
TINYGRAD_API Tensor scatter_add(In x, int dim, In index, In source);
/// The slices of x along dim that index [K] names.
TINYGRAD_API Tensor index_select(In x, int dim, In index);
/// [...] -> [..., classes]: 1 at the index, else 0; int64. classes -1: the largest index + 1.
TINYGRAD_API Tensor one_hot(In index, std::int64_t classes = -1);
/// Rows of w [V, D] by index [...]: [..., D].
TINYGRAD_API Tensor embedding(In index, In w);

}  // namespace tinygrad
