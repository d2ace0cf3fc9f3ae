// SPDX-License-Identifier: MIT
// Tests that GGUF files are read and written as the Python package gguf does
// (tests/gguf/make_fixtures.py).
#include <cmath>
#include <cstring>

#include "support/files.h"
#include "tinygrad/gguf/gguf.h"
#include "tinygrad/io.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

using gguf::File;
using gguf::Type;
using gguf::Value;

class Gguf : public Files {
 protected:
  static std::string fixture(const std::string& name) {
    return source("tests/gguf/fixtures/" + name);
  }
};

/// The number of elements that are not the same bits; any NaN equals any other.
int differing(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector<float>(), y = b.to_vector<float>();
  int count = x.size() != y.size();
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    count += std::memcmp(&x[i], &y[i], 4) != 0 && !(std::isnan(x[i]) && std::isnan(y[i]));
  return count;
}

TEST_F(Gguf, every_type_is_decoded_as_by_the_package) {
  for (const bool map : {true, false}) {
    const File file(fixture("types.gguf"), map);
    ASSERT_EQ(file.tensors().size(), 11u);
    for (auto& [name, want] : load_safetensors(fixture("types.safetensors"))) {
      const Tensor got = file.tensor(name);
      EXPECT_EQ(name, to_string(file.info(name).type));
      EXPECT_EQ(got.shape(), want.shape()) << name;
      EXPECT_EQ(got.dtype(), float32) << name;
      EXPECT_EQ(differing(got, want), 0) << name;
    }
  }
}

TEST_F(Gguf, load_keeps_dtypes_and_tensor_converts) {
  const auto tensors = load(fixture("types.gguf"));  // tg::load, by content
  ASSERT_EQ(tensors.size(), 11u);
  EXPECT_EQ(tensors[1].first, "F16");
  EXPECT_EQ(tensors[1].second.dtype(), float16);
  EXPECT_EQ(tensors[2].second.dtype(), bfloat16);
  EXPECT_EQ(tensors[3].second.dtype(), float32);
  const File file(fixture("types.gguf"));
  EXPECT_EQ(bits(file.tensor("F16", {.dtype = float16})), bits(tensors[1].second));
  EXPECT_EQ(file.tensor("Q6_K", {.dtype = float64}).dtype(), float64);
}

TEST_F(Gguf, metadata_of_every_type) {
  const File file(fixture("metadata.gguf"));
  const gguf::Metadata scalars = {{"uint8", std::uint8_t(200)},
                                  {"int8", std::int8_t(-100)},
                                  {"uint16", std::uint16_t(60000)},
                                  {"int16", std::int16_t(-30000)},
                                  {"uint32", std::uint32_t(4000000000)},
                                  {"int32", std::int32_t(-2000000000)},
                                  {"float32", 0.5f},
                                  {"bool", true},
                                  {"string", "Grüße"},
                                  {"uint64", std::uint64_t(-1)},
                                  {"int64", INT64_MIN},
                                  {"float64", 0.1}};
  ASSERT_EQ(file.metadata().size(), 2 * scalars.size() + 2);
  EXPECT_EQ(file.get<std::string>("general.architecture"), "test");
  for (auto& [name, value] : scalars) {
    ASSERT_TRUE(file.find("scalar." + name)) << name;
    EXPECT_TRUE(*file.find("scalar." + name) == value) << name;
    std::visit(
        [&](const auto& v) {
          using T = std::decay_t<decltype(v)>;
          if constexpr (!std::is_same_v<T, std::vector<Value>>) {
            EXPECT_EQ(file.get<std::vector<T>>("array." + name), std::vector<T>(2, v)) << name;
          }
        },
        value.base());
  }
  const auto nested = file.get<std::vector<Value>>("nested");
  ASSERT_EQ(nested.size(), 2u);
  EXPECT_EQ(gguf::value_as<std::vector<int>>(nested[0]), (std::vector<int>{1, 2}));
  EXPECT_EQ(gguf::value_as<std::vector<int>>(nested[1]), std::vector<int>{3});
}

TEST_F(Gguf, get_converts_what_fits) {
  const File file(fixture("metadata.gguf"));
  EXPECT_EQ(file.get<int>("scalar.uint8"), 200);
  EXPECT_EQ(file.get<std::int64_t>("scalar.uint32"), 4000000000);
  EXPECT_EQ(file.get<double>("scalar.float32"), 0.5);
  EXPECT_EQ(file.get<float>("scalar.int16"), -30000.f);
  EXPECT_EQ(file.get<std::vector<int>>("array.uint16"), std::vector<int>(2, 60000));
  EXPECT_EQ(file.get<int>("missing", 7), 7);
  expect_error<IoError>([&] { file.get<int>("missing"); }, "there is no metadata \"missing\"");
  const char* other = "is of another type, or does not fit";
  expect_error<IoError>([&] { file.get<int>("scalar.uint32"); }, other);
  expect_error<IoError>([&] { file.get<unsigned>("scalar.int8"); }, other);
  expect_error<IoError>([&] { file.get<int>("scalar.string"); }, other);
  expect_error<IoError>([&] { file.get<int>("scalar.bool", 1); }, other);
  expect_error<IoError>([&] { file.get<int>("scalar.float32"); }, other);
  expect_error<IoError>([&] { file.get<int>("array.int32"); }, other);
  expect_error<IoError>([&] { file.get<std::vector<std::int8_t>>("array.int32"); }, other);
}

TEST_F(Gguf, names_that_are_not_there) {
  const File file(fixture("types.gguf"));
  EXPECT_TRUE(file.contains("Q4_1"));
  EXPECT_FALSE(file.contains("Q4"));
  expect_error<IoError>([&] { file.tensor("Q4"); }, "there is no tensor \"Q4\" among 11");
  expect_error<IoError>([&] { file.matrix("Q4_1"); }, "is no matrix of Q8_0, Q4_0 or Q4_1");
}

class Saved : public Gguf, public testing::WithParamInterface<Type> {};
TEST_P(Saved, is_the_file_of_the_package) {
  const std::string name = std::string("saved_") + to_string(GetParam()) + ".gguf";
  NamedTensors tensors;
  for (const char* key : {"matrix", "vector", "odd", "integer"})
    for (auto& [other, tensor] : load_safetensors(fixture("input.safetensors")))
      if (key == other) tensors.emplace_back(key, tensor);
  gguf::save(tensors, path(name),
             {{"general.architecture", "test"},
              {"test.count", std::uint32_t(3)},
              {"test.names", std::vector<std::string>{"a", "", "ccc"}}},
             {.type = GetParam()});
  EXPECT_EQ(get(name), bytes_of(fixture(name)));
}
INSTANTIATE_TEST_SUITE_P(types, Saved,
                         testing::Values(Type::F32, Type::F16, Type::BF16, Type::Q8_0, Type::Q4_0),
                         [](auto& info) { return to_string(info.param); });

TEST_F(Gguf, files_are_written_again_to_the_same_bytes) {
  for (const char* name : {"metadata.gguf", "saved_F16.gguf"}) {
    const File file(fixture(name));
    gguf::save(gguf::load(fixture(name)), path("again"), file.metadata());
    EXPECT_EQ(get("again"), bytes_of(fixture(name))) << name;
  }
}

TEST_F(Gguf, dtypes_strides_and_alignment) {
  const Tensor x = arange(12).reshape({3, 4});
  NamedTensors tensors = {{"transposed", x.to(int32).transpose(0, 1)}, {"scalar", tensor(2.5)}};
  for (const DType dtype : {float64, float16, bfloat16, int8, int16, int32, int64})
    tensors.emplace_back(to_string(dtype), x.to(dtype));
  gguf::save(tensors, path("x.gguf"), {{"general.alignment", std::uint32_t(128)}});
  EXPECT_EQ(bits(load(path("x.gguf"))), bits(tensors));
  EXPECT_EQ(get("x.gguf").size() % 128, 0u);
  save(tensors, path("y.gguf"), {{"made_by", "a test"}});  // tg::save, by the extension
  EXPECT_EQ(bits(load(path("y.gguf"))), bits(tensors));
  EXPECT_EQ(File(path("y.gguf")).get<std::string>("made_by"), "a test");
}

TEST_F(Gguf, what_save_refuses) {
  const Tensor matrix = ones({2, 32});
  const auto refuse = [&]<class E>(E*, const NamedTensors& tensors, const std::string& text,
                                   const gguf::SaveOptions& options = {},
                                   const gguf::Metadata& metadata = {}) {
    expect_error<E>([&] { gguf::save(tensors, path("x.gguf"), metadata, options); }, text);
    EXPECT_EQ(count(), 0) << text;
  };
  ArgumentError* const argument = nullptr;
  refuse(argument, {{"a", matrix}, {"a", matrix}}, "two tensors are named \"a\"");
  refuse(argument, {}, "two keys are named \"k\"", {}, {{"k", 1}, {"k", 2}});
  refuse(argument, {{"a", Tensor()}}, "tensor \"a\" is undefined");
  refuse(argument, {{"a", matrix}}, "expected the type F32, F16, BF16, Q8_0 or Q4_0, got Q4_K",
         {.type = Type::Q4_K});
  refuse(argument, {}, "must be a power of two", {}, {{"general.alignment", std::uint32_t(24)}});
  refuse((DTypeError*)nullptr, {{"a", matrix.to(boolean)}}, "has no type in GGUF");
  refuse((ShapeError*)nullptr, {{"a", ones({1, 1, 1, 1, 32})}}, "at most 4 dimensions");
  for (const Type type : {Type::Q8_0, Type::Q4_0})
    for (const double bad : {double(INFINITY), double(NAN), 1e8}) {
      const Tensor x = matrix.clone();
      x(1, 7) = bad;  // neither the first nor the last of a block
      refuse(argument, {{"a", x}}, "cannot hold", {.type = type});
    }
}

}  // namespace
}  // namespace tinygrad::test
