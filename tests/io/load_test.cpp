// SPDX-License-Identifier: MIT
// Tests that load_safetensors() reads the whole file exactly, or refuses it with the reason.
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "support/files.h"
#include "tinygrad/io.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

std::string little_endian(std::uint64_t n) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += char(n >> 8 * i);
  return bytes;
}
std::string file(const std::string& header, const std::string& data) {
  return little_endian(header.size()) + header + data;
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}
const std::string eight(8, 'd');

/// Whether both have the same values, of which a NaN is equal to every NaN.
bool equal_or_both_nan(const Tensor& x, const Tensor& y) {
  const auto a = x.to_vector<float>(), b = y.to_vector<float>();
  return x.dtype() == float32 && x.shape() == y.shape() &&
         std::equal(a.begin(), a.end(), b.begin(), [](float v, float w) {
           return std::isnan(v)
                      ? std::isnan(w)
                      : std::bit_cast<std::uint32_t>(v) == std::bit_cast<std::uint32_t>(w);
         });
}

class Load : public Files {
 protected:
  void refuse(const std::string& bytes, const std::string& reason) {
    const std::string name = put("file", bytes);
    for (bool map : {true, false})
      expect_error<IoError>([&] { load_safetensors(name, {.map = map}); }, reason);
    expect_error<IoError>([&] { load_safetensors_metadata(name); }, reason);
  }
  void refuse_header(const std::string& header, const std::string& reason) {
    refuse(file(header, eight), reason);
  }
  /// Both ways of reading agree: the same tensors, or the same refusal. What loads, saves and loads
  /// again to the same bits.
  std::string outcome(const std::string& bytes, bool map) {
    try {
      const NamedTensors tensors = load_safetensors(put("file", bytes), {.map = map});
      save_safetensors(tensors, path("again"));
      EXPECT_EQ(bits(load_safetensors(path("again"))).size(), bits(tensors).size());
      return bits(tensors);
    } catch (const IoError& error) { return error.what(); }
  }
  std::string agreed(const std::string& bytes) {
    std::string outcome = this->outcome(bytes, true);
    EXPECT_EQ(outcome, this->outcome(bytes, false));
    return outcome;
  }
};

TEST_F(Load, takes_a_good_file) {
  const auto tensors =
      load_safetensors(put("file", file("{" + entry("x", "U8", "[2,4]", "[0,8]") + "}", eight)));
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].first, "x");
  EXPECT_EQ(tensors[0].second.shape(), Shape({2, 4}));
  EXPECT_EQ(tensors[0].second.to_vector<std::uint8_t>(), std::vector<std::uint8_t>(8, 'd'));
}
TEST_F(Load, takes_spaces_and_any_order_of_fields) {
  const std::string header =
      " { \"x\" : { \"data_offsets\" : [ 0 , 8 ] , \"shape\" : [ 8 ] , \"dtype\" : \"U8\" } } ";
  EXPECT_EQ(load_safetensors(put("file", file(header.substr(1), eight))).size(), 1u);
}
TEST_F(Load, keeps_the_order_of_the_bytes) {
  const auto tensors =
      load_safetensors(put("file", file("{" + entry("a", "U8", "[4]", "[4,8]") + "," +
                                            entry("b", "U8", "[4]", "[0,4]") + "}",
                                        eight)));
  EXPECT_EQ(tensors[0].first, "b");
  EXPECT_EQ(tensors[1].first, "a");
}

TEST_F(Load, refuses_what_is_no_file) {
  expect_error<IoError>([&] { load_safetensors(path("missing")); }, "No such file");
  expect_error<IoError>([&] { load_safetensors(folder_); }, "is a folder");
  expect_error<IoError>([&] { load_safetensors(std::string("a\0b", 3)); }, "zero byte");
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  expect_error<IoError>([&] { load_safetensors(path("pipe")); }, "not a regular file");
  expect_error<IoError>([&] { load_safetensors("/dev/null"); }, "not a regular file");
  refuse("", "is empty");
}
TEST_F(Load, escapes_names_in_messages) {
  expect_error<IoError>([&] { load_safetensors(path("a\n\x1b[31m\"b")); }, "a\\x0a\\x1b[31m\\\"b");
}

TEST_F(Load, says_what_another_file_is) {
  refuse("\x1f\x8b\x08 and then some", "a gzip file");
  refuse("PK\x03\x04 and then some", "PyTorch's .pt");
  refuse("\x80\x02}q and then some", "a Python pickle");
  refuse("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
         "git LFS pointer");
  refuse("\n<!DOCTYPE html><html>not found</html>", "a web page");
  refuse("{\"weight_map\": {}}", "JSON text");
  refuse("GGUF and then some", "GGUF");
  refuse("# A page of text, and no tensors", "\": this is not a safetensors file: its header");
}

TEST_F(Load, refuses_lengths_beyond_the_file) {
  refuse("1234567", "cut short: the length of the header needs 8 bytes, and 7 are left");
  refuse(little_endian(1) + "", "cut short: the header needs 1 bytes, and 0 are left");
  refuse(little_endian(~0ull) + "{}", "cut short");
  refuse(little_endian(1ull << 63) + "{}", "cut short");
  refuse(little_endian(0) + "{}", "does not begin with {");
}
TEST_F(Load, refuses_a_huge_header) {
  const std::string bytes = put("file", little_endian(100'000'001) + "{}");
  std::filesystem::resize_file(bytes, 100'000'100);  // holes: no space on the disk
  expect_error<IoError>([&] { load_safetensors(bytes); }, "longer than the format allows");
}

TEST_F(Load, refuses_what_is_not_json) {
  refuse_header("{", "not JSON");
  refuse_header("{}{}", "not JSON");
  refuse_header("[]", "does not begin with {");
  refuse_header(" {}", "does not begin with {");
  refuse_header("\xEF\xBB\xBF{}", "does not begin with {");
  refuse_header(std::string("{}\0 {", 5), "zero byte");
  refuse_header("{\"\xff\":1}", "not JSON");
  refuse_header("{" + entry("x", "U8", "[8]", "[0,8]") + ",}", "not JSON");
}
TEST_F(Load, refuses_other_forms) {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "\"t\"", "[]"})
    refuse_header(std::string("{\"x\":") + value + "}", "does not belong");
  refuse_header("{\"x\":{}}", "lacks one of");
  refuse_header("{\"x\":{\"dtype\":{}}}", "does not belong");
  refuse_header("{\"x\":{\"extra\":1}}", "unknown field \"extra\"");
  refuse_header("{" + entry("x", "U8", "[[8]]", "[0,8]") + "}", "does not belong");
  refuse_header("{" + entry("x", "U8", "[8]", "[0,8,9]") + "}", "not two numbers");
  refuse_header("{" + entry("x", "U8", "[8]", "[0]") + "}", "not two numbers");
  refuse_header("{" + entry("x", "U8", "[-8]", "[0,8]") + "}", "negative");
  refuse_header("{" + entry("x", "U8", "[8.0]", "[0,8]") + "}", "no integer");
  refuse_header("{" + entry("x", "U8", "[1,1,1,1,1,1,1,1,8]", "[0,8]") + "}",
                "more than 8 dimensions");
  refuse_header("{\"__metadata__\":{\"a\":1}}", "does not belong");
  refuse_header("{\"__metadata__\":{\"a\":{}}}", "does not belong");
  refuse_header("{\"__metadata__\":\"a\"}", "does not belong");
  refuse_header("{\"x\":" + std::string(100'000, '['), "does not belong");
}
TEST_F(Load, refuses_duplicates) {
  refuse_header(
      "{" + entry("x", "U8", "[4]", "[0,4]") + "," + entry("x", "U8", "[4]", "[4,8]") + "}",
      "two tensors are named \"x\"");
  refuse_header(
      "{" + entry("x", "U8", "[4]", "[0,4]") + "," + entry("\\u0078", "U8", "[4]", "[4,8]") + "}",
      "two tensors are named \"x\"");
  refuse_header("{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
                "two fields \"dtype\"");
  refuse_header("{\"__metadata__\":{},\"__metadata__\":{}}", "two entries");
  refuse_header(
      "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}," + entry("x", "U8", "[8]", "[0,8]") + "}",
      "two metadata are named \"a\"");
}
TEST_F(Load, refuses_unknown_dtypes) {
  for (const char* dtype : {"F4", "C64", "f32", "", "F32 "})
    refuse_header("{" + entry("x", dtype, "[8]", "[0,8]") + "}", "expected one of F32");
}
TEST_F(Load, converts_8_bit_floats_and_uint64) {
  const auto expected = load_safetensors(source("tests/golden/float8.safetensors"));
  const auto loaded =
      load_safetensors(source("tests/corpus/safetensors/package_float8.safetensors"));
  ASSERT_EQ(loaded.size(), 5u);
  for (auto& [name, tensor] : loaded) {
    const auto values = std::find_if(expected.begin(), expected.end(),
                                     [&, &key = name](auto& item) { return item.first == key; });
    ASSERT_NE(values, expected.end());
    EXPECT_TRUE(equal_or_both_nan(tensor, values->second)) << name;
  }
  const auto header = "{" + entry("x", "U64", "[1]", "[0,8]") + "}";
  EXPECT_EQ(load_safetensors(put("u64", file(header, little_endian(1ull << 62))))[0]
                .second.item<std::int64_t>(),
            1ll << 62);
  expect_error<IoError>(
      [&] { load_safetensors(put("u64", file(header, little_endian(1ull << 63)))); },
      "does not fit into int64");
}
TEST_F(Load, refuses_wrong_offsets) {
  refuse_header("{" + entry("x", "U8", "[9]", "[0,9]") + "}", "the file has 8 bytes of data");
  refuse_header("{" + entry("x", "U8", "[8]", "[8,0]") + "}", "data_offsets [8, 0]");
  refuse_header("{" + entry("x", "F32", "[8]", "[0,8]") + "}",
                "has 32 bytes, its data_offsets [0, 8] hold 8");
  refuse_header("{" + entry("x", "U8", "[7]", "[0,7]") + "}", "1 bytes are left over");
  refuse_header("{" + entry("x", "U8", "[7]", "[1,8]") + "}", "a hole of 1 bytes");
  refuse_header(
      "{" + entry("x", "U8", "[5]", "[0,5]") + "," + entry("y", "U8", "[4]", "[4,8]") + "}",
      "overlaps");
  refuse_header(
      "{" + entry("x", "U8", "[8]", "[0,8]") + "," + entry("y", "U8", "[0]", "[4,4]") + "}",
      "overlaps");
  refuse_header("{" + entry("x", "U8", "[8]", "[0,18446744073709551615]") + "}",
                "the file has 8 bytes");
  refuse_header("{" + entry("x", "U8", "[8]", "[0,18446744073709551616]") + "}",
                "no integer below");
  refuse_header("{}", "8 bytes are left over");
}
TEST_F(Load, refuses_shapes_that_overflow) {
  refuse_header("{" + entry("x", "F32", "[4611686018427387905]", "[0,4]") + "}",
                "do not fit into 63 bits");
  refuse_header("{" + entry("x", "U8", "[4294967296,4294967296]", "[0,8]") + "}",
                "do not fit into 63 bits");
  refuse_header("{" + entry("x", "U8", "[18446744073709551615]", "[0,8]") + "}",
                "does not fit into 63 bits");
}
TEST_F(Load, refuses_truth_values_other_than_0_and_1) {
  const std::string name = put("file", file("{" + entry("x", "BOOL", "[8]", "[0,8]") + "}",
                                            std::string("\0\1\0\1\0\1\0\2", 8)));
  for (bool map : {true, false})
    expect_error<IoError>([&] { load_safetensors(name, {.map = map}); }, "neither 0 nor 1");
}

TEST_F(Load, survives_every_prefix) {
  const std::string good =
      bytes_of(source("tests/corpus/safetensors/package_every_dtype.safetensors"));
  ASSERT_GT(good.size(), 100u);
  for (std::size_t size = 1; size < good.size(); ++size)
    EXPECT_NE(agreed(good.substr(0, size)).find("load_safetensors: "), std::string::npos) << size;
  EXPECT_EQ(agreed(good).find("load_safetensors: "), std::string::npos);
  refuse(good + "x", "1 bytes are left over");
}
TEST_F(Load, survives_every_flipped_bit_of_a_header) {
  std::string bytes = bytes_of(source("tests/corpus/safetensors/package_one_metadata.safetensors"));
  ASSERT_GT(bytes.size(), 100u);
  int loaded = 0;
  for (std::size_t bit = 0; bit < 8 * (bytes.size() - 24); ++bit) {
    bytes[bit / 8] ^= char(1 << bit % 8);
    loaded += agreed(bytes).find("load_safetensors: ") == std::string::npos;
    bytes[bit / 8] ^= char(1 << bit % 8);
  }
  EXPECT_GT(loaded, 0);  // letters of names and of metadata
}
TEST_F(Load, takes_ten_thousand_tensors) {
  NamedTensors many;
  for (int i = 0; i < 10'000; ++i) many.emplace_back("t" + std::to_string(i), zeros({i % 3}));
  save_safetensors(many, path("many"));
  EXPECT_EQ(load_safetensors(path("many")).size(), many.size());
}

// ------------------------------------------------------------ load() and sharded models

TEST_F(Load, chooses_the_format_by_content) {
  save_safetensors({{"x", ones(2)}}, path("x.npy"));
  EXPECT_EQ(load(path("x.npy"))[0].first, "x");
  expect_error<IoError>([&] { load(put("a", "GGUF and then some")); }, "tinygrad::gguf");
  expect_error<IoError>([&] { load(put("a", "a text")); }, "none of the formats that are known");
  expect_error<IoError>([&] { load(put("a", "{\"a\": 1}")); }, "has no weight_map");
}

class Sharded : public Load {
 protected:
  Sharded() {
    save_safetensors({{"a", zeros(2)}, {"b", ones(3)}}, path("1.safetensors"));
    save_safetensors({{"c", full(4, 2)}}, path("2.safetensors"));
  }
  std::string index(const std::string& map) const {
    return put(
        "model.safetensors.index.json",
        "{\"metadata\": {\"total_size\": 36, \"more\": [1, {}]}, \"weight_map\": {" + map + "}}");
  }
  void refuse_index(const std::string& map, const std::string& reason) {
    expect_error<IoError>([&] { load(index(map)); }, reason);
  }
  const std::string ab = R"("a": "1.safetensors", "b": "1.safetensors")",
                    good = ab + R"(, "c": "2.safetensors")";
};
TEST_F(Sharded, loads_every_file_of_the_index) {
  NamedTensors expected = load(path("1.safetensors"));
  expected.push_back(load(path("2.safetensors"))[0]);
  EXPECT_EQ(bits(load(index(good))), bits(expected));
  EXPECT_TRUE(load(index("")).empty());
}
TEST_F(Sharded, refuses_an_index_that_lies) {
  refuse_index(ab + R"(, "c": "1.safetensors")", "lacks tensor \"c\"");
  refuse_index(R"("a": "1.safetensors")", "holds tensor \"b\", which weight_map does not say");
  refuse_index(good + R"(, "d": "2.safetensors")", "lacks tensor \"d\"");
  refuse_index(good + R"(, "a": "2.safetensors")", "two tensors are named \"a\"");
  refuse_index(good + R"(, "d": "3.safetensors")", "No such file");
  refuse_index(ab + R"(, "c": 2)", "no name of a file");
  refuse_index(ab + R"(, "c": ["2.safetensors"])", "holds a list or an object");
  for (const char* file : {"../1.safetensors", "/etc/passwd", "x/../../1.safetensors", "",
                           "..\\\\1.safetensors", "1\\u0000.safetensors"})
    refuse_index(R"("a": ")" + std::string(file) + "\"", "leads out of the index's folder");
  const std::string text = bytes_of(index(good));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THROW(load(put("cut", text.substr(0, size))), IoError) << size;
  expect_error<IoError>([&] { load(put("deep", "{\"a\":" + std::string(1 << 20, '['))); },
                        "not JSON");
}

}  // namespace
}  // namespace tinygrad::test
