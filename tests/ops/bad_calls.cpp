// SPDX-License-Identifier: MIT
// Checks that each row refuses its own bad calls, with their messages, and arguments that are
// invalid in every way that applies to any op.
#include <gtest/gtest.h>

#include "readers.h"
#include "tinygrad/random.h"

namespace op_table {
namespace {

struct Spoiled {
  std::string what;
  Tensors inputs;
};

/// One input made unfit.
std::vector<Spoiled> spoiled(const Row& row, const Tensors& inputs) {
  std::vector<Spoiled> all;
  auto replace = [&](std::size_t i, const char* what, const Tensor& t) {
    all.push_back({"input " + std::to_string(i) + " " + what, inputs});
    all.back().inputs[i] = t;
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& x = inputs[i];
    replace(i, "undefined", {});
    replace(i, "bool", x.to(boolean));
    replace(i, "int32", x.to(int32));
    replace(i, "float64", x.to(float64));
    replace(i, "float16", x.to(float16));
    replace(i, "int16", x.to(int16));
    replace(i, "uint32", x.to(uint32));
    replace(i, "with one more dimension", stack({x, x}, 0));
    replace(i, "with two more dimensions", x.unsqueeze(0).unsqueeze(-1));
    replace(i, "0-d", zeros({}, {.dtype = x.dtype(), .device = x.device()}));
    replace(i, "empty", zeros({0}, {.dtype = x.dtype(), .device = x.device()}));
    replace(i, "of rank 8", zeros(Dims::filled(8, 1), {.dtype = x.dtype(), .device = x.device()}));
    if (x.dim() > 0) {
      replace(i, "with one dimension less", x.select(0, 0));
      replace(i, "longer", cat({x, x.slice(0, 0, 1)}, 0));
      replace(i, "wider", cat({x, x.slice(-1, 0, 1)}, -1));
      replace(i, "cut to nothing", x.slice(-1, 0, 0));
    }
    if (row.inputs[i].kind != Kind::index || x.numel() == 0) continue;
    for (std::int64_t bad :
         {std::int64_t(-1), row.inputs[i].below, std::int64_t(1) << 31, INT64_MAX, INT64_MIN}) {
      // that many classes, bins or copies are tens of GB, which some machines have
      const bool is_size = row.name == "one_hot_counted" || row.name == "bincount" ||
                           row.name == "repeat_interleave_counts";
      if (is_size && bad == std::int64_t(1) << 31) continue;
      std::vector<std::int64_t> values = x.to_vector<std::int64_t>();
      values.back() = bad;
      replace(i, ("with index " + std::to_string(bad)).c_str(),
              from_vector(values, x.shape(), x.device()));
    }
  }
  return all;
}

std::string outcome_on(const Row& row, const Device& device, std::size_t number) {
  set_default_device(device);
  const Tensors inputs =
      spoiled(row, make_inputs(row, cases(row)[0], DType::float32, device))[number].inputs;
  const std::string text = outcome([&] {
    Tensors ys = row.call(inputs);
    for (auto& y : ys)
      if (y.defined()) y.to_vector<double>();  // bad indices are told at the next read
    return ys;
  });
  return text.starts_with("DeviceError") && text.find("bytes left") != std::string::npos
             ? "out of memory"
             : text;
}

}  // namespace

void bad_calls(const Row& row, const Device& device) {
  set_default_device(device);
  EXPECT_FALSE(row.bad.empty() && !row.inputs.empty()) << "the row names no bad call";
  for (auto& bad : row.bad) {
    std::string found = "no error";
    try {
      bad.call();
      synchronize(device);
    } catch (const Error& e) {
      found = e.what();
      const auto tail = found.rfind("\n  called at ");
      EXPECT_TRUE(tail == std::string::npos || found.find("_rows.cpp:", tail) != std::string::npos)
          << found;
      EXPECT_EQ(tail != std::string::npos, bad.names_line) << "the caller's line: " << found;
      found = found.substr(0, tail);
    }
    EXPECT_EQ(found, bad.message);
  }
}

void spoiled_calls(const Row& row, const Device& device) {
  const auto calls = spoiled(row, make_inputs(row, cases(row)[0], DType::float32, device));
  EXPECT_GE(calls.size(), 10u);
  for (std::size_t n = 0; n < calls.size(); ++n)
    EXPECT_EQ(outcome_on(row, device, n), outcome_on(row, "reference", n)) << calls[n].what;
  set_default_device(device);
}

void storage_dtypes(const Row& row, const Device& device) {
  set_default_device(device);
  for (DType dtype : all_dtypes) {
    if (!is_storage(dtype)) continue;
    const Tensors inputs = make_inputs(row, cases(row)[0], dtype, device);
    const std::string text = outcome([&] { return row.call(inputs); });
    const std::string way_out = !(row.dtypes & integers) ? "to(float32)"
                                : dtype == DType::uint32 ? ".to(int64)"
                                                         : ".to(int32)";
    EXPECT_TRUE(text.starts_with("DTypeError: ") && text.find("convert with") != text.npos &&
                (text.find(way_out) != text.npos || text.find("storage dtype") != text.npos))
        << to_string(dtype) << ": " << text;
  }
}

void random_calls(std::int64_t count, std::uint64_t seed, const Device& device) {
  set_default_device(device);
  std::uint64_t next = 0;
  auto draw = [&](std::size_t n) { return std::size_t(philox_word64(seed, 1, next++) % n); };
  for (std::int64_t i = 0; i < count; ++i) {
    const Row& row = table()[draw(table().size())];
    const auto shapes = cases(row);
    const DType dtype = all_dtypes[draw(std::size(all_dtypes))];
    Tensors inputs = make_inputs(row, shapes[draw(shapes.size())], dtype, device);
    for (auto& x : inputs) {
      x = laid_out(x, Layout(draw(4)));
      if (draw(4) == 0) x = x.detach();
      if (is_floating(x.dtype()) && draw(2)) x = x.detach().requires_grad_();
    }
    if (draw(2) && !inputs.empty()) {
      auto all = spoiled(row, make_inputs(row, shapes[0], dtype, device));
      inputs = all[draw(all.size())].inputs;
    }
    outcome([&] {
      const Tensors ys = row.call(inputs);
      for (auto& y : ys)
        if (y.defined() && y.requires_grad()) y.backward(sent_back(y, 1));
      return ys;
    });
    outcome([&] { return synchronize(device), Tensors(); });  // a bad index may be told only now
  }
}

}  // namespace op_table
