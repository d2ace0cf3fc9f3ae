// SPDX-License-Identifier: MIT
// Creation of tensors: constant, random, sequences, and from values of the host.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/call.h"
#include "core/check.h"
#include "core/observed_op.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"
#include "tinygrad/step_values.h"

namespace tinygrad {
namespace {

void check_shape(const Call& call, const Shape& shape) {
  for (std::int64_t size : shape)
    require<ShapeError>(size >= 0, call, "the size ", size, " in shape ", shape, " is negative");
}

DType dtype_or(const TensorOptions& options, DType otherwise) {
  return options.dtype.value_or(otherwise);
}

Tensor finished(const Call& call, Tensor t, const TensorOptions& options) {
  if (options.requires_grad) t.requires_grad_(true, call.location);
  return t;
}

/// A new tensor that kernel(view) fills: an op without inputs, which observers see like others.
template <class F>
Tensor create(const Call& call, Backend& target, const Shape& shape, DType dtype, const F& kernel) {
  ObservedOp observed(call.op, call.location, target, {});
  Tensor t = make_tensor(target, shape, dtype);
  kernel(view_of(t));
  observed.end(OpStatus::kernel, span_of(t));
  return t;
}

Tensor filled(const Call& call, const Shape& shape, Scalar value, const TensorOptions& options) {
  check_shape(call, shape);
  const Running running(call);
  Backend& target = backend(options.device);
  const DType dtype = dtype_or(options, DType::float32);
  return finished(call,
                  create(call, target, shape, dtype,
                         [&](const View& out) { target.fill(out, saturated(value, dtype)); }),
                  options);
}

TensorOptions like(const Tensor& x, SourceLocation location) {
  return {.dtype = x.dtype(location), .device = x.device()};
}

/// Draws random values with one call of the thread's generator. float16 and bfloat16 are drawn as
/// float32, and all integers as int64; then they are converted.
Tensor drawn(const Call& call, Distribution distribution, Scalar low, Scalar high,
             const Shape& shape, const TensorOptions& options) {
  check_shape(call, shape);
  const bool integer = distribution == Distribution::integer;
  const DType wanted = dtype_or(options, integer ? DType::int64 : DType::float32);
  require<DTypeError>(integer || is_floating(wanted), call, "expected a floating dtype, got ",
                      to_string(wanted), "; use randint");
  const DType dtype = integer ? DType::int64 : is_half(wanted) ? DType::float32 : wanted;
  const Running running(call);
  Backend& target = backend(options.device);
  const Tensor t = create(call, target, shape, dtype, [&](const View& out) {
    target.random(distribution, {generator().seed, next_random_call(call, target).operand()}, low,
                  high, out);
  });
  // 0.9999 would be rounded to 1 in 16 bits.
  const bool bounded = distribution == Distribution::uniform && is_half(wanted);
  const Tensor values = bounded ? minimum(t, largest_below(high.real(), wanted)) : t;
  return finished(call, values.to(wanted), options);
}

/// A tensor [n] on the CPU, with a pointer through which the host sets its elements. Throws
/// DeviceError if there is not enough memory.
template <class T> struct HostTensor {
  Tensor tensor;
  T* data;
  explicit HostTensor(std::int64_t n)
      : tensor(make_tensor(backend("cpu"), {n}, dtype_of<T>())),
        data(view_of(tensor).template data<T>()) {}
};

}  // namespace

Tensor empty(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  const Call call{"empty", location};
  check_shape(call, shape);
  const Running running(call);
  return finished(call,
                  make_tensor(backend(options.device), shape, dtype_or(options, DType::float32)),
                  options);
}
Tensor zeros(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  return filled({"zeros", location}, shape, 0, options);
}
Tensor ones(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  return filled({"ones", location}, shape, 1, options);
}
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options,
            SourceLocation location) {
  return filled({"full", location}, shape, value, options);
}

Tensor rand(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  return drawn({"rand", location}, Distribution::uniform, 0., 1., shape, options);
}
Tensor randn(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  return drawn({"randn", location}, Distribution::normal, 0., 1., shape, options);
}
Tensor uniform(double low, double high, const Shape& shape, const TensorOptions& options,
               SourceLocation location) {
  const Call call{"uniform", location};
  require(low <= high, call, "low ", low, " is above high ", high);
  return drawn(call, Distribution::uniform, low, high, shape, options);
}
Tensor normal(double mean, double std, const Shape& shape, const TensorOptions& options,
              SourceLocation location) {
  const Call call{"normal", location};
  require(std >= 0, call, "the standard deviation must not be negative, got ", std);
  return drawn(call, Distribution::normal, mean, std, shape, options);
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               const TensorOptions& options, SourceLocation location) {
  const Call call{"randint", location};
  require(low < high, call, "there is no integer in [", low, ", ", high, ")");
  const DType dtype = dtype_or(options, DType::int64);
  require<DTypeError>(!is_storage(dtype), call, "does not draw ", to_string(dtype),
                      "; draw int64 and convert with .to(", to_string(dtype), ")");
  const auto [least, most] = integer_range(dtype);
  require(low >= least && high - 1 <= most, call, "[", low, ", ", high, ") does not fit into ",
          to_string(dtype));
  return drawn(call, Distribution::integer, low, high, shape, options);
}

/// The Fisher-Yates shuffle: position i is swapped with one of 0 ... i, chosen by word i of the
/// call. It runs on the host, since each step depends on the one before.
Tensor randperm(std::int64_t n, const Device& device, SourceLocation location) {
  require(n >= 0, Call{"randperm", location}, "the number of elements must not be negative, got ",
          n);
  const Running running({"randperm", location});
  const HostTensor<std::int64_t> order(n);
  std::iota(order.data, order.data + n, 0);
  Generator& g = generator();
  const std::uint64_t call = g.call++;
  for (std::int64_t i = n - 1; i > 0; --i) {
    const std::uint64_t k = philox_word64(g.seed, call, std::uint64_t(i)) % std::uint64_t(i + 1);
    std::swap(order.data[i], order.data[k]);
  }
  return order.tensor.to(device);
}

Tensor arange(Scalar end, SourceLocation location) { return arange(0, end, 1, location); }
Tensor arange(Scalar start, Scalar end, Scalar step, SourceLocation location) {
  return arange(start, end, step, {}, location);
}

/// The number of elements start, start + step, ... below end; exact for integers of any size.
/// Negative if the steps lead away from end.
static double steps(Scalar start, Scalar end, Scalar step) {
  if (start.is_real() || end.is_real() || step.is_real())
    return std::ceil((end.real() - start.real()) / step.real());
  const std::int64_t s = step.integer(), from = start.integer(), to = end.integer();
  if (from == to) return 0;
  if ((s > 0) != (to > from)) return -1;
  const std::uint64_t distance =
      s > 0 ? std::uint64_t(to) - std::uint64_t(from) : std::uint64_t(from) - std::uint64_t(to);
  const std::uint64_t width = s > 0 ? std::uint64_t(s) : -std::uint64_t(s);
  return double((distance - 1) / width) + 1;
}

Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options,
              SourceLocation location) {
  const Call call{"arange", location};
  require(step.real() != 0, call, "the step must not be 0");
  const double count = steps(start, end, step);
  require(std::isfinite(count), call, "the number of elements must be finite, got steps of ",
          step.real(), " from ", start.real(), " to ", end.real());
  require(count >= 0, call, "steps of ", step.real(), " lead away from ", end.real(),
          ", starting at ", start.real());
  require<ShapeError>(count < 0x1p48, call, count, " elements are too many");
  const Running running(call);
  const auto n = std::int64_t(count);
  auto moved = [&](const Tensor& t, DType otherwise) {
    return finished(call, t.to(dtype_or(options, otherwise)).to(options.device), options);
  };
  if (start.is_real() || end.is_real() || step.is_real()) {
    const HostTensor<double> values(n);
    for (std::int64_t i = 0; i < n; ++i) values.data[i] = start.real() + double(i) * step.real();
    return moved(values.tensor, DType::float32);
  }
  const HostTensor<std::int64_t> values(n);
  for (std::int64_t i = 0; i < n; ++i) values.data[i] = start.integer() + i * step.integer();
  return moved(values.tensor, DType::int64);
}

/// value(x) of `steps` values x evenly spaced from start to end, counted from the nearer end. For
/// an integer dtype, start and end are integers too.
template <class F>
static Tensor spaced(const Call& call, Scalar start, Scalar end, std::int64_t steps,
                     const TensorOptions& options, const F& value) {
  require(steps >= 0, call, "the number of steps must not be negative, got ", steps);
  const DType dtype = dtype_or(options, DType::float32);
  const auto limit = [dtype](Scalar s) {
    return is_floating(dtype) ? s.real() : double(s.integer());
  };
  const double first = limit(start), last = limit(end);
  const double step = steps > 1 ? (last - first) / double(steps - 1) : 0;
  const HostTensor<double> values(steps);
  for (std::int64_t i = 0; i < steps; ++i)
    values.data[i] =
        value(i < std::max<std::int64_t>(steps / 2, 1) ? first + double(i) * step
                                                       : last - double(steps - 1 - i) * step);
  return finished(call, values.tensor.to(dtype).to(options.device), options);
}

Tensor linspace(Scalar start, Scalar end, std::int64_t steps, const TensorOptions& options,
                SourceLocation location) {
  return spaced({"linspace", location}, start, end, steps, options, [](double x) { return x; });
}
Tensor logspace(Scalar start, Scalar end, std::int64_t steps, double base,
                const TensorOptions& options, SourceLocation location) {
  return spaced({"logspace", location}, start, end, steps, options,
                [base](double x) { return std::pow(base, x); });
}

Tensor eye(std::int64_t rows, std::int64_t columns, const TensorOptions& options,
           SourceLocation location) {
  const Call call{"eye", location};
  check_shape(call, {rows, columns});
  const Running running(call);
  Backend& target = backend(options.device);
  return finished(call,
                  create(call, target, {rows, columns}, dtype_or(options, DType::float32),
                         [&](const View& out) {
                           target.fill(out, 0);
                           const std::int64_t n = std::min(rows, columns);
                           target.fill(out.reshaped({n}, {columns + 1}, out.offset()), 1);
                         }),
                  options);
}
Tensor eye(std::int64_t n, const TensorOptions& options, SourceLocation location) {
  return eye(n, n, options, location);
}

#define LIKE(name)                                               \
  Tensor name##_like(const Tensor& x, SourceLocation location) { \
    return name(x.shape(location), like(x, location), location); \
  }
LIKE(empty)
LIKE(zeros)
LIKE(ones)
LIKE(rand)
LIKE(randn)
#undef LIKE
Tensor full_like(const Tensor& x, Scalar value, SourceLocation location) {
  return full(x.shape(location), value, like(x, location), location);
}
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, SourceLocation location) {
  return randint(low, high, x.shape(location), like(x, location), location);
}

Tensor from_data(const void* data, DType dtype, const Shape& shape, const TensorOptions& options,
                 SourceLocation location) {
  const Call call{"from_data", location};
  check_shape(call, shape);
  const Running running(call);
  Backend& target = backend(options.device);
  Backend& source = target.has(dtype) ? target : backend("cpu");  // converts if target cannot
  Tensor t = make_tensor(source, shape, dtype);
  source.upload(data, view_of(t).memory(), 0, std::size_t(t.numel()) * size_of(dtype));
  return finished(call, t.to(dtype_or(options, dtype)).to(target.device()), options);
}

Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options,
                 InlineFunction<void(void*), 16> deleter, SourceLocation location) {
  const Call call{"from_blob", location};
  check_shape(call, shape);
  Backend& target = backend(options.device);
  require<DeviceError>(target.is_host(), call, "the memory of ", target.device(),
                       " is not the host's; take the device \"cpu\", and to() copies");
  const DType dtype = dtype_or(options, DType::float32);
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) == 0;
  require(shape.count() == 0 || (data && is_aligned), call, "the address is ",
          data ? "not aligned to elements of " : "null, which has no elements of ",
          to_string(dtype));
  const std::size_t bytes = std::size_t(shape.count()) * size_of(dtype);
  if (!deleter) deleter = [](void*) {};
  Ref<Storage> storage(new Storage(target, {data, bytes}, std::move(deleter)));
  const View view(storage->memory, dtype, shape, dense_strides(shape));
  return finished(call, make_tensor(std::move(storage), view), options);
}

// ------------------------------------------------------------ values in braces

/// Appends all values of nested lists in row-major order. Throws ShapeError unless the lists have
/// the given shape.
static void flatten_nested(const Call& call, const Nested& n, int depth, const Shape& shape,
                           std::vector<Scalar>& values) {
  require<ShapeError>(n.is_list == (depth < shape.rank()), call,
                      "values and lists are mixed at depth ", depth);
  if (!n.is_list) return values.push_back(n.scalar);
  require<ShapeError>(std::int64_t(n.list.size()) == shape[depth], call,
                      "lists of different lengths, ", shape[depth], " and ", n.list.size(),
                      ", at depth ", depth);
  for (const Nested& inner : n.list) flatten_nested(call, inner, depth + 1, shape, values);
}
static Shape shape_of(const Nested& values) {
  Shape shape;
  for (const Nested* n = &values; n->is_list; n = &n->list[0]) {
    shape.push_back(std::int64_t(n->list.size()));
    if (n->list.empty()) break;
  }
  return shape;
}
static DType dtype_of_scalars(const std::vector<Scalar>& scalars) {
  Scalar::Kind kind = Scalar::Kind::boolean;
  for (const Scalar& s : scalars) kind = std::max(kind, s.kind());
  return scalars.empty() ? DType::float32 : default_dtype(kind);
}

Tensor tensor(const Nested& values, const TensorOptions& given, SourceLocation location) {
  const Shape shape = shape_of(values);
  std::vector<Scalar> scalars;
  flatten_nested({"tensor", location}, values, 0, shape, scalars);
  const DType natural = dtype_of_scalars(scalars);
  TensorOptions options = given;
  options.dtype = dtype_or(given, natural);
  if (is_floating(natural)) {
    std::vector<double> reals(scalars.size());
    std::transform(scalars.begin(), scalars.end(), reals.begin(),
                   [](const Scalar& s) { return s.real(); });
    return from_data(reals.data(), DType::float64, shape, options, location);
  }
  std::vector<std::int64_t> integers(scalars.size());
  std::transform(scalars.begin(), scalars.end(), integers.begin(),
                 [](const Scalar& s) { return s.integer(); });
  return from_data(integers.data(), DType::int64, shape, options, location);
}

}  // namespace tinygrad
