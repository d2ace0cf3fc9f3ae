// SPDX-License-Identifier: MIT
// Tests the dtypes that files of other programs hold: conversions between every two dtypes against
// an independent computation, and the ops that accept or refuse int8, int16, uint16 and uint32.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

std::vector<Device> devices() { return and_tested_device({"cpu"}); }

std::vector<DType> storage_dtypes() {
  std::vector<DType> all;
  for (DType d : all_dtypes)
    if (is_storage(d)) all.push_back(d);
  return all;
}

// ------------------------------------------------------------ conversions

/// The definition of to(): integers wrap, reals saturate when they become integers, NaN becomes 0,
/// and to bool every value but 0 is true.
template <class To, class From> To converted(From x) {
  if constexpr (std::is_same_v<To, bool>)
    return std::is_integral_v<From> ? x != From(0) : double(x) != 0;
  else if constexpr (!std::is_integral_v<To>) {
    if constexpr (std::is_same_v<To, double>) return double(x);
    else return To(float(x));
  } else if constexpr (std::is_integral_v<From>) return static_cast<To>(x);
  else {
    using Limits = std::numeric_limits<To>;
    const double value = double(x);
    if (std::isnan(value)) return 0;
    if (value >= double(Limits::max())) return Limits::max();
    if (value <= double(Limits::min())) return Limits::min();
    return static_cast<To>(value);
  }
}

template <class T> std::vector<T> samples() {
  std::vector<T> all;
  if constexpr (std::is_same_v<T, bool>) return {false, true};
  else if constexpr (std::is_integral_v<T>) {
    for (std::int64_t x :
         {0LL,          1LL,          -1LL,          3LL,          100LL,        -100LL,   127LL,
          128LL,        -128LL,       -129LL,        200LL,        255LL,        256LL,    32767LL,
          32768LL,      -32768LL,     -32769LL,      65535LL,      65536LL,      70000LL,  -70000LL,
          2147483647LL, 2147483648LL, -2147483649LL, 4294967295LL, 4294967296LL, 1LL << 40})
      all.push_back(static_cast<T>(x));
  } else {
    for (double x : {0.,
                     1.,
                     -1.,
                     .5,
                     -.5,
                     3.75,
                     -3.75,
                     100.,
                     127.5,
                     128.,
                     -129.,
                     200.,
                     255.,
                     256.,
                     -300.,
                     32768.,
                     -32769.,
                     60000.,
                     1e5,
                     -1e5,
                     3e9,
                     -3e9,
                     5e9,
                     1e19,
                     -1e19,
                     double(INFINITY),
                     -double(INFINITY),
                     double(NAN)}) {
      if constexpr (std::is_same_v<T, double>) all.push_back(x);
      else all.push_back(T(float(x)));
    }
  }
  return all;
}

/// The bytes of values of T, as memory holds them. (std::vector<bool> has none.)
template <class T> std::vector<char> bytes_of(const std::vector<T>& values) {
  std::vector<char> bytes;
  for (T value : values) {
    char element[sizeof(T)];
    std::memcpy(element, &value, sizeof(T));
    bytes.insert(bytes.end(), element, element + sizeof(T));
  }
  return bytes;
}
std::vector<char> bytes_of(const Tensor& t) {
  std::vector<char> bytes(std::size_t(t.numel()) * size_of(t.dtype()));
  t.read(bytes.data(), t.dtype());
  return bytes;
}

template <class From> void expect_converted(DType to, const Device& device) {
  const std::vector<From> values = samples<From>();
  const Tensor x = from_data(bytes_of(values).data(), dtype_of<From>(),
                             {std::int64_t(values.size())}, {.device = device});
  EXPECT_EQ(bytes_of(x), bytes_of(values)) << to_string(x.dtype());
  visit(to, [&](auto zero) {
    using To = decltype(zero);
    std::vector<To> expected;
    for (From value : values) expected.push_back(converted<To>(value));
    const Tensor y = x.to(to);
    EXPECT_EQ(y.dtype(), to);
    if constexpr (std::is_integral_v<To>)
      EXPECT_EQ(bytes_of(y), bytes_of(expected))
          << to_string(x.dtype()) << " to " << to_string(to) << ": " << to_string(y);
    else {  // a NaN has many forms
      const std::vector<double> found = y.to_vector<double>();
      for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_TRUE(found[i] == double(expected[i]) ||
                    (std::isnan(found[i]) && std::isnan(double(expected[i]))))
            << to_string(x.dtype()) << " to " << to_string(to) << ": " << found[i];
    }
  });
}

TEST(StorageDTypes, EveryDTypeConvertsToEveryOther) {
  for (const Device& device : devices())
    for (DType from : all_dtypes)
      for (DType to : all_dtypes)
        visit(from, [&](auto zero) { expect_converted<decltype(zero)>(to, device); });
}

// ------------------------------------------------------------ making and reading tensors

TEST(StorageDTypes, AreMadeAndRead) {
  EXPECT_EQ(dtype_of<std::int8_t>(), int8);
  EXPECT_EQ(dtype_of<std::int16_t>(), int16);
  EXPECT_EQ(dtype_of<std::uint16_t>(), uint16);
  EXPECT_EQ(dtype_of<std::uint32_t>(), uint32);
  for (const Device& device : devices())
    for (DType d : storage_dtypes()) {
      const TensorOptions options{.dtype = d, .device = device};
      EXPECT_EQ(zeros({2}, options).to_vector<std::int64_t>(), (std::vector<std::int64_t>{0, 0}));
      EXPECT_EQ(ones({2}, options).to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 1}));
      EXPECT_EQ(full({2}, 77, options).to_vector<std::int64_t>(),
                (std::vector<std::int64_t>{77, 77}));
      EXPECT_EQ(full({}, 1e30, options).item<std::int64_t>(), integer_range(d).most);
      EXPECT_EQ(full({}, -1, options).item<std::int64_t>(),
                integer_range(d).least < 0 ? -1 : integer_range(d).most);
      EXPECT_EQ(arange(1, 7, 2, options).to_vector<std::int64_t>(),
                (std::vector<std::int64_t>{1, 3, 5}));
      EXPECT_EQ(tensor({1, 2}, options).dtype(), d);
    }
  EXPECT_EQ(from_vector(std::vector<std::int16_t>{-5, 7}).to_vector<std::int16_t>(),
            (std::vector<std::int16_t>{-5, 7}));
  EXPECT_EQ(from_vector(std::vector<std::uint32_t>{4294967295u}).item<std::uint32_t>(),
            4294967295u);
}

TEST(StorageDTypes, Print) {
  EXPECT_EQ(to_string(tensor({-1, 20}, {.dtype = int8})),
            "tensor([-1, 20], shape=[2], dtype=int8, device=cpu)");
  EXPECT_EQ(to_string(from_vector(std::vector<std::uint32_t>{4294967295u})),
            "tensor([4294967295], shape=[1], dtype=uint32, device=cpu)");
  EXPECT_EQ(to_string(from_vector(std::vector<std::uint16_t>{65535, 1})),
            "tensor([65535,     1], shape=[2], dtype=uint16, device=cpu)");
}

// ------------------------------------------------------------ promotion

Tensor two(DType d) { return ones({2}, {.dtype = d}); }

TEST(StorageDTypes, ArePromotedAsInPyTorch) {
  const auto joined = [](DType a, DType b) { return cat({two(a), two(b)}).dtype(); };
  EXPECT_EQ(joined(int8, uint8), int16);
  EXPECT_EQ(joined(uint8, int8), int16);
  EXPECT_EQ(joined(int8, boolean), int8);
  EXPECT_EQ(joined(int8, int16), int16);
  EXPECT_EQ(joined(int16, uint8), int16);
  EXPECT_EQ(joined(int16, int32), int32);
  EXPECT_EQ(joined(int64, int8), int64);
  EXPECT_EQ(joined(int16, float16), float16);
  EXPECT_EQ(joined(uint16, float32), float32);
  EXPECT_EQ(joined(bfloat16, uint32), bfloat16);
  EXPECT_EQ(where(tensor({true, false}), two(uint16), 3).dtype(), uint16);
  EXPECT_EQ(where(tensor({true, false}), two(int8), 1.5).dtype(), float32);
  EXPECT_EQ(where(tensor({true, false}), two(uint32), tensor(7)).dtype(), uint32);
}

TEST(StorageDTypes, Uint16AndUint32HaveNoCommonDTypeWithIntegers) {
  for (DType a : {uint16, uint32})
    for (DType b : {boolean, uint8, int8, int16, int32, int64}) {
      const std::string names = std::string(to_string(a)) + " and " + to_string(b);
      const std::string text = message_of<DTypeError>([&] { equal(two(a), two(b)); });
      EXPECT_EQ(text.substr(0, text.find('\n')),
                "eq: " + names + " have no common dtype; convert one with to()");
      EXPECT_FALSE(can_promote(b, a));
    }
  EXPECT_THROW(cat({two(uint16), two(uint32)}), DTypeError);
  EXPECT_THROW(where(tensor({true, false}), two(uint16), two(int32)), DTypeError);
  EXPECT_THROW(promote(uint32, int64), DTypeError);
}

TEST(StorageDTypes, CompareAsTheirValues) {
  for (const Device& device : devices()) {
    const Tensor large = from_vector(std::vector<std::uint32_t>{4294967295u, 1}).to(device),
                 small = tensor({-1, 1}, {.dtype = int8, .device = device});
    EXPECT_EQ((large > 5).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 0}));
    EXPECT_EQ((small < 0).to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 0}));
    EXPECT_EQ(
        (small == tensor({-1, 2}, {.dtype = int64, .device = device})).to_vector<std::uint8_t>(),
        (std::vector<std::uint8_t>{1, 0}));
    EXPECT_EQ(
        (small < tensor({255, 0}, {.dtype = uint8, .device = device})).to_vector<std::uint8_t>(),
        (std::vector<std::uint8_t>{1, 0}));
  }
}

// ------------------------------------------------------------ refusals

void expect_refused(const char* op, DType d, const std::function<void()>& call) {
  const std::string text = message_of<DTypeError>(call);
  EXPECT_EQ(text.substr(0, text.find('\n')), std::string(op) + ": " + to_string(d) +
                                                 " is a storage dtype; convert with .to(" +
                                                 (d == uint32 ? "int64" : "int32") + ")");
}

TEST(StorageDTypes, ArithmeticAndReductionsRefuseThem) {
  for (DType d : storage_dtypes()) {
    Tensor x = ones({2, 2}, {.dtype = d});
    const Tensor index = zeros({2, 2}, {.dtype = int64});
    expect_refused("add", d, [&] { add(x, x); });
    expect_refused("add", d, [&] { add(x, 1); });
    expect_refused("mul", d, [&] { mul(1.5, x); });
    expect_refused("sub", d, [&] { sub(ones({2, 2}), x); });
    expect_refused("add_", d, [&] { x.add_(1); });
    expect_refused("maximum", d, [&] { maximum(x, x); });
    expect_refused("neg", d, [&] { neg(x); });
    expect_refused("exp", d, [&] { exp(x); });
    expect_refused("clamp", d, [&] { clamp(x, 0, 1); });
    expect_refused("clamp", d, [&] { clamp(x, 0, 1.5); });
    expect_refused("pow", d, [&] { pow(x, 2); });
    expect_refused("sum", d, [&] { sum(x); });
    expect_refused("prod", d, [&] { prod(x, 0); });
    expect_refused("max", d, [&] { max(x); });
    expect_refused("argmin", d, [&] { argmin(x, 0); });
    expect_refused("any", d, [&] { any(x); });
    expect_refused("matmul", d, [&] { matmul(x, x); });
    expect_refused("scatter_add", d, [&] { scatter_add(x, 0, index, x); });
    EXPECT_THROW(mean(x), DTypeError);
    EXPECT_THROW(x.requires_grad_(), DTypeError);
    EXPECT_THROW(randint(0, 5, {2}, {.dtype = d}), DTypeError);
    EXPECT_THROW(rand({2}, {.dtype = d}), DTypeError);
  }
}

TEST(StorageDTypes, AreNoIndices) {
  for (DType d : storage_dtypes()) {
    const std::string text = message_of<DTypeError>([&] {
      embedding(zeros({2}, {.dtype = d}), ones({3, 2}));
    });
    EXPECT_NE(text.find("convert with to(int64)"), text.npos) << text;
  }
}

}  // namespace
}  // namespace tinygrad
