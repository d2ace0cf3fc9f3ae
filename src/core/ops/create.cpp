// Making tensors: filled, random, counted, and from the host's numbers.
#include <cmath>
#include <numeric>

#include "core/call.h"
#include "core/check.h"
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

Tensor finished(Tensor t, const TensorOptions& options) {
  if (options.requires_grad) t.requires_grad_();
  return t;
}

Tensor filled(const Call& call, const Shape& shape, Scalar value, const TensorOptions& options) {
  check_shape(call, shape);
  const Running running(call);
  Backend& on = backend(options.device);
  const DType dtype = dtype_or(options, DType::float32);
  Tensor t = make_tensor(on, shape, dtype);
  on.fill(view_of(t), saturated(value, dtype));
  return finished(std::move(t), options);
}

TensorOptions like(const Tensor& x) { return {.dtype = x.dtype(), .device = x.device()}; }

/// One random call of the thread's generator. Halves are drawn as float32, small integers as int64,
/// and converted.
Tensor drawn(const Call& call, Distribution distribution, Scalar low, Scalar high,
             const Shape& shape, const TensorOptions& options) {
  check_shape(call, shape);
  const bool integer = distribution == Distribution::integer;
  const DType wanted = dtype_or(options, integer ? DType::int64 : DType::float32);
  require<DTypeError>(integer || is_floating(wanted), call, "draws floating numbers, not ",
                      to_string(wanted), "; use randint");
  const DType dtype = integer ? DType::int64 : is_half(wanted) ? DType::float32 : wanted;
  const Running running(call);
  Backend& on = backend(options.device);
  Tensor t = make_tensor(on, shape, dtype);
  on.random(distribution, {generator().seed, next_random_call(call, on).operand()}, low, high,
            view_of(t));
  return finished(t.to(wanted), options);
}

/// n numbers on the CPU, where the host can set them. Throws DeviceError where there is no room.
template <class T> struct HostNumbers {
  Tensor tensor;
  T* at;
  explicit HostNumbers(std::int64_t n)
      : tensor(make_tensor(backend("cpu"), {n}, dtype_of<T>())),
        at(view_of(tensor).template data<T>()) {}
};

}  // namespace

Tensor empty(const Shape& shape, const TensorOptions& options, SourceLocation location) {
  const Call call{"empty", location};
  check_shape(call, shape);
  const Running running(call);
  return finished(make_tensor(backend(options.device), shape, dtype_or(options, DType::float32)),
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

/// Fisher and Yates: position i swaps with one of 0 ... i, chosen by word i of the call. On the
/// host: the steps depend on each other.
Tensor randperm(std::int64_t n, const Device& device, SourceLocation location) {
  require(n >= 0, Call{"randperm", location}, "the number of elements, ", n, ", is negative");
  const HostNumbers<std::int64_t> order(n);
  std::iota(order.at, order.at + n, 0);
  Generator& g = generator();
  const std::uint64_t call = g.call++;
  for (std::int64_t i = n - 1; i > 0; --i) {
    const std::uint64_t k = philox_word64(g.seed, call, std::uint64_t(i)) % std::uint64_t(i + 1);
    std::swap(order.at[i], order.at[k]);
  }
  return order.tensor.to(device);
}

Tensor arange(Scalar end, SourceLocation location) { return arange(0, end, 1, location); }
Tensor arange(Scalar start, Scalar end, Scalar step, SourceLocation location) {
  return arange(start, end, step, {}, location);
}
namespace {

/// How many steps of `step` lead from start to below end; exact for integers of any size.
double steps(Scalar start, Scalar end, Scalar step) {
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

}  // namespace

Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options,
              SourceLocation location) {
  const Call call{"arange", location};
  require(step.real() != 0, call, "the step is 0");
  const double count = steps(start, end, step);
  require(std::isfinite(count), call, "no finite count of steps of ", step.real(), " leads from ",
          start.real(), " to ", end.real());
  require(count >= 0, call, "steps of ", step.real(), " lead away from ", end.real(),
          ", starting at ", start.real());
  require<ShapeError>(count < 0x1p48, call, count, " elements are too many");
  const auto n = std::int64_t(count);
  auto moved = [&](const Tensor& t, DType otherwise) {
    return finished(t.to(dtype_or(options, otherwise)).to(options.device), options);
  };
  if (start.is_real() || end.is_real() || step.is_real()) {
    const HostNumbers<double> values(n);
    for (std::int64_t i = 0; i < n; ++i) values.at[i] = start.real() + double(i) * step.real();
    return moved(values.tensor, DType::float32);
  }
  const HostNumbers<std::int64_t> values(n);
  for (std::int64_t i = 0; i < n; ++i) values.at[i] = start.integer() + i * step.integer();
  return moved(values.tensor, DType::int64);
}

Tensor empty_like(const Tensor& x, SourceLocation location) {
  return empty(x.shape(), like(x), location);
}
Tensor zeros_like(const Tensor& x, SourceLocation location) {
  return zeros(x.shape(), like(x), location);
}
Tensor ones_like(const Tensor& x, SourceLocation location) {
  return ones(x.shape(), like(x), location);
}
Tensor full_like(const Tensor& x, Scalar value, SourceLocation location) {
  return full(x.shape(), value, like(x), location);
}
Tensor rand_like(const Tensor& x, SourceLocation location) {
  return rand(x.shape(), like(x), location);
}
Tensor randn_like(const Tensor& x, SourceLocation location) {
  return randn(x.shape(), like(x), location);
}

Tensor from_data(const void* data, DType dtype, const Shape& shape, const TensorOptions& options,
                 SourceLocation location) {
  const Call call{"from_data", location};
  check_shape(call, shape);
  const Running running(call);
  Backend& target = backend(options.device);
  Backend& on = target.has(dtype) ? target : backend("cpu");  // where it can be converted
  Tensor t = make_tensor(on, shape, dtype);
  on.upload(data, view_of(t).memory(), 0, std::size_t(t.numel()) * size_of(dtype));
  return finished(t.to(dtype_or(options, dtype)).to(target.device()), options);
}

// ------------------------------------------------------------ numbers in braces

namespace {

/// The shape of nested lists, which must be a full box, and all numbers in order.
void walk_nested(const Call& call, const Nested& n, int depth, const Shape& shape,
                 std::vector<Scalar>& numbers) {
  require<ShapeError>(n.is_list == (depth < shape.rank()), call,
                      "numbers and lists are mixed at depth ", depth);
  if (!n.is_list) return numbers.push_back(n.scalar);
  require<ShapeError>(std::int64_t(n.list.size()) == shape[depth], call, "a list of ",
                      n.list.size(), " beside one of ", shape[depth], " at depth ", depth);
  for (const Nested& inner : n.list) walk_nested(call, inner, depth + 1, shape, numbers);
}
Shape shape_of(const Nested& values) {
  Shape shape;
  for (const Nested* n = &values; n->is_list; n = &n->list[0]) {
    shape.push_back(std::int64_t(n->list.size()));
    if (n->list.empty()) break;
  }
  return shape;
}
DType dtype_of_numbers(const std::vector<Scalar>& numbers) {
  Scalar::Kind kind = Scalar::Kind::boolean;
  for (const Scalar& s : numbers) kind = std::max(kind, s.kind());
  return numbers.empty() ? DType::float32 : default_dtype(kind);
}

}  // namespace

Tensor tensor(const Nested& values, const TensorOptions& given, SourceLocation location) {
  const Shape shape = shape_of(values);
  std::vector<Scalar> numbers;
  walk_nested({"tensor", location}, values, 0, shape, numbers);
  const DType natural = dtype_of_numbers(numbers);
  TensorOptions options = given;
  options.dtype = dtype_or(given, natural);
  if (is_floating(natural)) {
    std::vector<double> reals;
    for (const Scalar& s : numbers) reals.push_back(s.real());
    return from_data(reals.data(), DType::float64, shape, options, location);
  }
  std::vector<std::int64_t> integers;
  for (const Scalar& s : numbers) integers.push_back(s.integer());
  return from_data(integers.data(), DType::int64, shape, options, location);
}

}  // namespace tinygrad
