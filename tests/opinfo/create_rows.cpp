// SPDX-License-Identifier: MIT
// Rows: functions that create tensors, fill them and read a single element.
#include "table.h"

namespace opinfo {
namespace {

bool is_cpu(const json& device) {
  return device == "cpu" || (device.is_object() && device.value("device", "") == "cpu");
}
TensorOptions options(Sample& x, DType otherwise) {
  const json* device = x.find(by_name, "device");
  if (device && !is_cpu(*device)) throw Skip{"device = " + device->dump()};
  x.only(by_name, "requires_grad", false);
  x.only(by_name, "pin_memory", false);
  x.ignore("layout");
  return {.dtype = x.dtype(otherwise)};
}

/// The sizes as one list or one by one.
Shape sizes(Sample& x) {
  Shape shape = dims_of(x.input_json());
  for (std::size_t i = 0; i < x.count(); ++i) shape.push_back(x.integer(i, "size", 0));
  return shape;
}
template <class F> Row creation(F f) {
  return [f](Sample& x) { return f(sizes(x), options(x, float32)); };
}
#define CREATION(name) \
  creation([](const Shape& shape, const TensorOptions& options) { return name(shape, options); })

/// f of an uninitialized tensor if the dtype is another, as f reads the shape and dtype alone.
template <class F> Row like(F f) {
  return [f](Sample& x) {
    x.ignore("memory_format");
    const Tensor t = x.input();
    const DType dtype = *options(x, t.dtype()).dtype;
    return f(dtype == t.dtype() ? t : empty(t.shape(), {.dtype = dtype}));
  };
}
#define LIKE(name) like([](const Tensor& x) { return name(x); })

Tensor full_row(Sample& x) {
  return full(dims_of(x.input_json()), x.scalar(0, "fill_value", 0), options(x, float32));
}
Tensor full_like_row(Sample& x) {
  const Scalar value = x.scalar(0, "fill_value", 0);
  return like([value](const Tensor& x) { return full_like(x, value); })(x)[0];
}
Tensor scalar_tensor_row(Sample& x) {
  return full({}, scalar_of(x.input_json()), options(x, float32));
}

/// arange(end) or arange(start, end, step).
Tensor arange_row(Sample& x) {
  const Scalar first = scalar_of(x.input_json());
  const bool two = x.has(0, "end");
  const Scalar start = two ? first : Scalar(0), end = two ? x.scalar(0, "end", 0) : first;
  TensorOptions o = options(x, float32);
  if (!x.has(by_name, "dtype")) o.dtype = {};
  return arange(start, end, x.scalar(1, "step", 1), o);
}
/// randint(high, size) or randint(low, high, size).
Tensor randint_row(Sample& x) {
  const std::int64_t first = scalar_of(x.input_json()).integer();
  const bool two = x.count() == 2;
  const std::int64_t low = two ? first : 0, high = two ? x.integer(0, "high", 0) : first;
  return randint(low, high, x.dims(two ? 1 : 0, "size"), options(x, int64));
}

Tensor eye_row(Sample& x) {
  const std::int64_t rows = scalar_of(x.input_json()).integer();
  return eye(rows, x.integer(0, "m", rows), options(x, float32));
}
Tensor linspace_row(Sample& x) {
  return linspace(scalar_of(x.input_json()), x.scalar(0, "end", 0), x.integer(1, "steps", 0),
                  options(x, float32));
}
Tensor logspace_row(Sample& x) {
  return logspace(scalar_of(x.input_json()), x.scalar(0, "end", 0), x.integer(1, "steps", 0),
                  x.real(2, "base", 10), options(x, float32));
}
template <class F> Row triangle(F f) {
  return [f](Sample& x) {
    return f(scalar_of(x.input_json()).integer(), x.integer(0, "col", 0), x.integer(1, "offset", 0),
             options(x, int64));
  };
}

/// PyTorch has draws as methods of a tensor that they fill, the library as functions of a shape.
template <class F> Row draw(F f, double first, double second) {
  return [=](Sample& x) {
    const Tensor t = x.input();
    return f(x.real(0, "", first), x.real(1, "", second), t.shape(),
             TensorOptions{.dtype = t.dtype()});
  };
}
#define DRAW(op) \
  [](double p, double, const Shape& s, const TensorOptions& o) { return op(p, s, o); }
#define DRAW2(op) \
  [](double a, double b, const Shape& s, const TensorOptions& o) { return op(a, b, s, o); }
Tensor randint_like_row(Sample& x) {
  const Tensor t = x.input();
  const bool two = x.count() == 2;
  const std::int64_t low = two ? x.integer(0, "low", 0) : 0;
  return randint_like(empty(t.shape(), options(x, t.dtype())), low,
                      x.integer(two ? 1 : 0, "high", 0));
}
Tensor multinomial_row(Sample& x) {
  return multinomial(x.input(), x.integer(0, "num_samples", 0), x.flag(1, "replacement"));
}
Tensor bernoulli_row(Sample& x) {
  return x.has(0, "p") ? bernoulli(x.input(), x.real(0, "p", 0)) : bernoulli(x.input());
}
Tensor normal_row(Sample& x) {
  if (is_tensor(x.input_json()))
    return x.has_tensor(0, "std") ? normal(x.input(), x.tensor(0, "std"))
                                  : normal(x.input(), x.real(0, "std", 1));
  const double mean = scalar_of(x.input_json()).real();
  if (x.has_tensor(0, "std")) return normal(mean, x.tensor(0, "std"));
  return normal(mean, x.real(0, "std", 1), x.dims(1, "size"), options(x, float32));
}

Tensor fill_row(Sample& x) {
  if (x.has_tensor(0, "value")) throw Skip{"a value that is a tensor"};
  Tensor y = x.input().clone();
  return y.fill_(x.scalar(0, "value", 0));
}
Tensor zero_row(Sample& x) {
  Tensor y = x.input().clone();
  return y.zero_();
}
Tensor item_row(Sample& x) {
  const Scalar item = x.input().item_scalar();
  return full({}, item, {.dtype = item.is_real() ? float64 : int64});
}

}  // namespace

Rows create_rows() {
  return {{"zeros", CREATION(zeros)},
          {"ones", CREATION(ones)},
          {"empty", CREATION(empty)},
          {"randn", CREATION(randn)},
          {"full", full_row},
          {"scalar_tensor", scalar_tensor_row},
          {"arange", arange_row},
          {"eye", eye_row},
          {"linspace", linspace_row},
          {"logspace", logspace_row},
          {"tril_indices", triangle([](auto... a) { return tril_indices(a...); })},
          {"triu_indices", triangle([](auto... a) { return triu_indices(a...); })},
          {"bernoulli", bernoulli_row},
          {"multinomial", multinomial_row},
          {"normal", normal_row},
          {"normal.number_mean", normal_row},
          {"uniform", draw(DRAW2(uniform), 0, 1)},
          {"exponential", draw(DRAW(exponential), 1, 0)},
          {"geometric", draw(DRAW(geometric), 0, 0)},
          {"cauchy", draw(DRAW2(cauchy), 0, 1)},
          {"log_normal", draw(DRAW2(log_normal), 1, 2)},
          {"randint_like", randint_like_row},
          {"randint", randint_row},
          {"zeros_like", LIKE(zeros_like)},
          {"ones_like", LIKE(ones_like)},
          {"empty_like", LIKE(empty_like)},
          {"rand_like", LIKE(rand_like)},
          {"randn_like", LIKE(randn_like)},
          {"full_like", full_like_row},
          {"fill", fill_row},
          {"zero_", zero_row},
          {"item", item_row}};
}

}  // namespace opinfo
