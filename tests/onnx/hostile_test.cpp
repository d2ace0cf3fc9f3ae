// SPDX-License-Identifier: MIT
// Damaged and hostile ONNX files: each is refused with an IoError, quickly, and nothing crashes.
#include "fuzz/memory_file.h"
#include "onnx/make_model.h"
#include "support/files.h"
#include "tinygrad/onnx/load.h"

namespace tinygrad::test {
namespace {

class OnnxHostile : public Files {
 protected:
  /// Loads these bytes as a file. Returns whether they were refused.
  static bool is_refused(const std::string& bytes) {
    static MemoryFile file;
    file.set(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    try {
      onnx::load(file.path());
      return false;
    } catch (const IoError&) { return true; }
  }
  void expect_refused(const std::string& bytes, const std::string& text) const {
    expect_error<IoError>([&] { onnx::load(put("bad.onnx", bytes)); }, text);
  }
};

GraphMessage small() {
  return GraphMessage()
      .input("x", {-1, 2})
      .initializer(floats("w", {2, 2}, {1, 2, 3, 4}))
      .initializer(integers("axes", {1}, {1}))
      .node("MatMul", {"x", "w"}, {"h"})
      .node("ReduceSum", {"h", "axes"}, {"y"}, {attribute("keepdims", i64(0))})
      .output("y", {-1});
}

TEST_F(OnnxHostile, EveryPrefixIsReadOrRefused) {
  const std::string bytes = small().model();
  EXPECT_FALSE(is_refused(bytes));
  int refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    refused += is_refused(bytes.substr(0, size));
  // What is whole without the last messages, the imports of domains, may load.
  EXPECT_GE(refused, int(bytes.size()) - 4);
}

TEST_F(OnnxHostile, EveryChangedBitIsReadOrRefused) {
  const std::string bytes = small().model();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = char(changed[i] ^ 1 << bit);
      is_refused(changed);
    }
}

TEST_F(OnnxHostile, SizesMustBeThoseOfTheBytes) {
  const auto with = [](const Sizes& dims, const std::string& raw, std::int64_t type = 1) {
    return GraphMessage()
        .initializer(Message().packed(1, dims).number(2, type).text(8, "w").text(9, raw))
        .model();
  };
  const std::int64_t huge = INT64_MAX;
  expect_refused(with({2}, "1234"), "needs 8 bytes, and has 4");
  expect_refused(with({huge}, "1234"), "impossible shape");
  expect_refused(with({huge / 2, huge / 2}, "1234"), "impossible shape");
  expect_refused(with({1 << 30, 1 << 30}, "1234"), "needs ");
  expect_refused(with({-1}, "1234"), "impossible shape");
  expect_refused(with({0, huge}, ""), "impossible shape");
  expect_refused(with({1, 1, 1, 1, 1, 1, 1, 1, 1}, "1234"), "has rank 9");
  expect_refused(with({1}, "1234", 99), "elements of type 99");
  expect_refused(with({1}, "1234", 8), "elements of STRING");
  expect_refused(
      GraphMessage()
          .initializer(
              Message().packed(1, Sizes{3}).number(2, i64(1)).packed(4, std::vector<float>{1, 2}))
          .model(),
      "needs 3 elements, and has 2");
}

TEST_F(OnnxHostile, GraphsMustBeInOrder) {
  expect_refused(GraphMessage()
                     .input("x", {1})
                     .node("Add", {"x", "b"}, {"a"})
                     .node("Relu", {"a"}, {"b"})
                     .output("b")
                     .model(),
                 "reads \"b\", which no input, initializer or earlier node defines");
  expect_refused(GraphMessage()
                     .input("x", {1})
                     .node("Relu", {"x"}, {"y"})
                     .node("Relu", {"x"}, {"y"})
                     .output("y")
                     .model(),
                 "the output \"y\" has a name that the graph uses already");
  expect_refused(
      GraphMessage().initializer(floats("w", {1}, {1})).initializer(floats("w", {1}, {1})).model(),
      "the initializer \"w\" has a name");
  expect_refused(GraphMessage().input("x", {1}).output("z").model(), "\"z\" is not computed");
  expect_refused(GraphMessage().input("x", {1}).node("Relu", {"x"}, {}).model(), "has no output");
  expect_refused(GraphMessage().input("x", {1}).node("", {"x"}, {"y"}).model(), "has no operator");
  expect_refused(GraphMessage()
                     .input("x", {1})
                     .node("Elu", {"x"}, {"y"}, {attribute("alpha", 1.f), attribute("alpha", 2.f)})
                     .model(),
                 "has two attributes \"alpha\"");
}

TEST_F(OnnxHostile, NestingIsBounded) {
  Message inner = GraphMessage().message();
  for (int i = 0; i < 20; ++i)
    inner = GraphMessage().node("If", {}, {"y"}, {graph_attribute("then_branch", inner)}).message();
  expect_refused(Message().number(1, i64(8)).message(7, inner).bytes(), "nested more than 8 deep");
  std::string deep;
  for (int i = 0; i < 10000; ++i) {  // fields 7, 1, 5, 6 in turn
    const int field[] = {1, 5, 6};
    deep = Message().text(field[i % 3], deep.substr(0, 100000)).bytes();
  }
  expect_refused(Message().text(7, deep).bytes(), "");
}

TEST_F(OnnxHostile, OtherFilesAreRefused) {
  expect_refused("not an ONNX file at all", "");
  expect_refused(std::string(100, '\0'), "damaged");
  expect_refused(Message().number(1, i64(8)).bytes(), "there is no graph");
  expect_refused(small().model() + small().model(), "two graphs");
  const Message function = Message().text(1, "f");
  expect_refused(small().model() + Message().message(25, function).bytes(), "functions of its own");
}

/// Random changes of several bytes each.
TEST_F(OnnxHostile, RandomChangesAreReadOrRefused) {
  const std::string bytes = small().model();
  std::uint32_t state = 1;
  const auto random = [&] { return state = state * 1664525 + 1013904223, state >> 8; };
  for (int i = 0; i < 20000; ++i) {
    std::string changed = bytes;
    for (int n = 0; n < 4; ++n) changed[random() % changed.size()] = char(random());
    is_refused(changed);
  }
}

}  // namespace
}  // namespace tinygrad::test
