// SPDX-License-Identifier: MIT
// Compares one row in several forms: other strides, formulas instead of kernels, another backend,
// other dtypes, other numbers of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "backends/common/required_kernels_only.h"
#include "readers.h"
#include "support/fnv.h"
#include "tinygrad/random.h"

namespace op_table {

Device required_kernels_of(const Device& device) {
  Device required = device;
  required.name += "_required";
  for (auto& d : devices())
    if (d == required) return required;
  register_backend(std::make_unique<RequiredKernelsOnly>(backend(device), required));
  return required;
}

void layouts(const Row& row, const Device& device) {
  for (auto& shapes : cases(row)) {
    const Tensors inputs = make_inputs(row, shapes, DType::float64, device);
    for (Layout layout : {Layout::transposed, Layout::sliced, Layout::broadcast}) {
      SCOPED_TRACE(testing::Message() << to_string(layout) << ", shape of input 0: "
                                      << (shapes.empty() ? "none" : to_string(shapes[0])));
      const Tensors strided = laid_out(row, inputs, layout);
      Tensors dense;
      for (auto& x : strided) dense.push_back(x.clone());
      EXPECT_EQ(difference(row, run(row, strided, true), run(row, dense, true)), "");
    }
  }
}

namespace {

/// Compares the row on two devices: each must be as exact as the row states.
void compare_devices(const Row& row, const Device& device, const Device& other, DType dtype) {
  auto shapes = cases(row);
  if (!row.large.empty() && other.name != "reference") shapes.push_back(row.large);
  for (auto& s : shapes) {
    const bool is_large =
        !row.large.empty() &&
        s == row.large;  // sums of thousands of elements, each device in its own order
    SCOPED_TRACE(testing::Message() << to_string(dtype) << ", shape of input 0: "
                                    << (s.empty() ? "none" : to_string(s[0])));
    set_default_device(device);
    const Results here = run(row, make_inputs(row, s, dtype, device), is_floating(dtype));
    set_default_device(other);
    const Results there = run(row, make_inputs(row, s, dtype, other), is_floating(dtype));
    set_default_device(device);
    EXPECT_EQ(difference(row, here, there, is_large ? 32 : 2), "");
  }
}

/// A result in double as the dtype has it: integers wrap.
Tensor as(const Tensor& x, DType dtype) {
  return is_floating(dtype)        ? x
         : dtype == DType::boolean ? x.to(dtype)
                                   : x.to(DType::int64).to(dtype);
}

}  // namespace

void formulas(const Row& row, const Device& device) {
  for (DType dtype : {float64, float32})
    compare_devices(row, device, required_kernels_of(device), dtype);
}

void against_reference(const Row& row, const Device& device) {
  for (DType dtype : dtypes_of(row)) compare_devices(row, device, "reference", dtype);
}

namespace {

/// Random numbers that are fixed by a row's name.
class Draw {
 public:
  explicit Draw(const Row& row) : seed_(fnv(row.name)) {}
  template <class T> const T& from(const std::vector<T>& list) {
    return list[std::size_t(philox_word64(seed_, 3, next_++) % list.size())];
  }
  /// The shapes with other sizes: equal ones stay equal, 0 and 1 as they are.
  Shapes sizes(Shapes shapes) {
    std::map<std::int64_t, std::int64_t> drawn = {{0, 0}, {1, 1}};
    for (Shape& shape : shapes)
      for (std::int64_t& size : shape)
        size =
            drawn.try_emplace(size, from<std::int64_t>({1, 2, 3, 4, 5, 6, 8, 9, 17})).first->second;
    return shapes;
  }

 private:
  std::uint64_t seed_, next_ = 0;
};

}  // namespace

void random_shapes(const Row& row, const Device& device) {
  Draw draw(row);
  for (int trial = 0; trial < 6; ++trial) {
    const Shapes given = draw.from(cases(row)), shapes = trial == 0 ? given : draw.sizes(given);
    const DType dtype = draw.from(dtypes_of(row));
    std::vector<Layout> layouts(shapes.size());
    for (Layout& layout : layouts)
      layout =
          draw.from<Layout>({Layout::dense, Layout::transposed, Layout::sliced, Layout::broadcast});
    Results found, expected;
    const auto call = [&](const Device& on, Results& results) {
      set_default_device(on);
      Tensors inputs = make_inputs(row, shapes, dtype, on);
      for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = laid_out(inputs[i], layouts[i]);
      return outcome([&] {
        results = run(row, inputs, is_floating(dtype));
        for (auto& y : results.outputs)
          if (y.defined()) y.to_vector<double>();  // bad indices are told at the next read
        return results.outputs;
      });
    };
    SCOPED_TRACE(testing::Message()
                 << to_string(dtype) << ", trial " << trial
                 << ", shape of input 0: " << (shapes.empty() ? "none" : to_string(shapes[0])));
    const std::string there = call("reference", expected);
    ASSERT_EQ(call(device, found), there);  // sizes that the row's arguments do not fit are refused
    if (!there.starts_with("ok")) continue;
    for (const Tensor& y : expected.outputs)  // a maximum of nothing has no place
      if (y.defined() && is_floating(y.dtype()) && any(isinf(y)).item<bool>()) {
        found.gradients = expected.gradients = {};
        for (std::size_t i = 0; i < expected.outputs.size(); ++i)
          if (expected.outputs[i].dtype() == int64) found.outputs[i] = expected.outputs[i];
      }
    EXPECT_EQ(difference(row, found, expected, 32), "");
  }
  set_default_device(device);
}

void dtypes(const Row& row, const Device& device) {
  for (DType dtype : dtypes_of(row)) {
    SCOPED_TRACE(to_string(dtype));
    for (auto& shapes : cases(row)) {
      const Tensors inputs = make_inputs(row, shapes, dtype, device);
      Tensors exact;  // the same, already rounded, values
      for (std::size_t i = 0; i < inputs.size(); ++i)
        exact.push_back(is_value(row.inputs[i]) ? inputs[i].to(float64) : inputs[i]);
      const Results found = run(row, inputs, is_floating(dtype));
      Results expected = run(row, exact, is_floating(dtype));
      ASSERT_EQ(found.outputs.size(), expected.outputs.size());
      for (std::size_t k = 0; k < found.outputs.size(); ++k)
        expected.outputs[k] = as(expected.outputs[k], found.outputs[k].dtype());
      EXPECT_EQ(difference(row, found, expected), "");
      for (auto& dx : found.gradients)
        EXPECT_TRUE(!dx.defined() || dx.dtype() == dtype)
            << "a gradient is " << to_string(dx.dtype());
    }
  }
}

namespace {

std::vector<double> all_values(const Results& results) {
  std::vector<double> all;
  for (auto* list : {&results.outputs, &results.gradients})
    for (auto& t : *list)
      if (t.defined())
        for (double v : t.to_vector<double>()) all.push_back(v);
  return all;
}

}  // namespace

void threads(const Row& row, const Device& device) {
  const int before = num_threads();
  const Tensors inputs = make_inputs(row, row.large, DType::float32, device);
  std::vector<double> first;
  for (int n : {1, 2, 3, 8}) {
    set_num_threads(n);
    const std::vector<double> values = all_values(run(row, inputs, true));
    if (n == 1) first = values;
    ASSERT_EQ(values.size(), first.size());
    EXPECT_EQ(std::memcmp(values.data(), first.data(), values.size() * sizeof(double)), 0)
        << "other bits with " << n << " threads";
  }
  set_num_threads(before);
}

}  // namespace op_table
