// SPDX-License-Identifier: MIT
// Runs the node tests of the package onnx: those of node_tests.safetensors, and all of them if
// $TINYGRAD_ONNX_NODE_TESTS names a folder that node_tests.py wrote. Compares whole networks with
// ONNX Runtime if $TINYGRAD_ONNX_MODELS names a folder that real_models.py wrote.
#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "onnx/node_test.h"
#include "reference.h"
#include "support/files.h"
#include "tinygrad/io/safetensors.h"

namespace tinygrad::test {
namespace {

/// The names of the tests in a folder.
std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string stem = entry.path().stem();
    if (entry.path().extension() == ".onnx" && !stem.ends_with(".data")) names.insert(stem);
  }
  return names;
}

class OnnxNodes : public Files {
 protected:
  void unpack() const {
    for (auto& [name, bytes] : load_safetensors(source("tests/onnx/node_tests.safetensors"))) {
      const auto values = bytes.to_vector<std::uint8_t>();
      put(name, {values.begin(), values.end()});
    }
  }
};

TEST_F(OnnxNodes, TheSmallOnesPass) {
  unpack();
  const auto names = names_in(folder_);
  EXPECT_GE(names.size(), 70u);
  for (const std::string& name : names) EXPECT_EQ(run_node_test(folder_, name), "") << name;
}

/// Shapes and constants are on the CPU, everything else is not: an op with tensors of both throws.
TEST_F(OnnxNodes, TheSmallOnesPassOnAnotherDevice) {
  unpack();
  const Device device = reference::register_reference_backend().device();
  for (const std::string& name : names_in(folder_))
    EXPECT_EQ(run_node_test(folder_, name, device), "") << name;
}

/// The reasons of skipped.txt, by pattern.
std::map<std::string, std::string> read_skipped(const std::string& path) {
  std::map<std::string, std::string> reasons;
  std::ifstream in(path);
  std::string reason;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(": ")) reason = line.substr(2);
    else if (!line.starts_with("#")) reasons[line] = reason;
  return reasons;
}

TEST_F(OnnxNodes, AllPassOrAreListed) {
  const char* const folder = std::getenv("TINYGRAD_ONNX_NODE_TESTS");
  if (!folder) GTEST_SKIP() << "$TINYGRAD_ONNX_NODE_TESTS is not set";
  const auto skipped = read_skipped(source("tests/onnx/skipped.txt"));
  std::map<std::string, int> by_reason;
  int passed = 0, of_other_operators = 0;
  for (const std::string& name : names_in(folder)) {
    const auto listed = std::find_if(skipped.begin(), skipped.end(), [&](auto& entry) {
      return fnmatch(entry.first.c_str(), name.c_str(), 0) == 0;
    });
    const std::string problem = run_node_test(folder, name);
    if (problem.find("operators that are not supported") != std::string::npos) {
      ++of_other_operators;
    } else if (listed != skipped.end()) {
      EXPECT_NE(problem, "") << name << " passes and is listed as skipped";
      ++by_reason[listed->second];
    } else {
      EXPECT_EQ(problem, "") << name;
      passed += problem.empty();
    }
  }
  std::cout << passed << " passed\n" << of_other_operators << " have other operators\n";
  for (auto& [reason, count] : by_reason) std::cout << count << " skipped: " << reason << "\n";
  EXPECT_GE(passed, 750);
}

TEST_F(OnnxNodes, TheDocumentationListsAllOperators) {
  const std::string page = bytes_of(source("docs/onnx.md"));
  const auto operators = onnx::supported_operators();
  EXPECT_GE(operators.size(), 130u);
  for (const std::string& name : operators)
    EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
  for (auto& [pattern, reason] : read_skipped(source("tests/onnx/skipped.txt")))
    EXPECT_NE(page.find(reason), std::string::npos) << reason;
}

double milliseconds() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

TEST_F(OnnxNodes, NetworksAgreeWithOnnxRuntime) {
  const char* const folder = std::getenv("TINYGRAD_ONNX_MODELS");
  if (!folder) GTEST_SKIP() << "$TINYGRAD_ONNX_MODELS is not set";
  for (const std::string& name : names_in(folder)) {
    EXPECT_EQ(run_node_test(folder, name), "") << name;
    const auto model = onnx::load(folder + ("/" + name) + ".onnx");
    const NodeTest test(folder + ("/" + name) + ".data.onnx");
    NamedTensors inputs;
    for (std::size_t i = 0; i < model->inputs().size(); ++i)
      inputs.emplace_back(model->inputs()[i].name, *test.find("input", i));
    const NoGrad off;
    std::vector<double> times;
    for (int i = 0; i < 7; ++i) {
      const double start = milliseconds();
      model->run(inputs);
      times.push_back(milliseconds() - start);
    }
    std::sort(times.begin(), times.end());
    std::cout << name << ": " << times[3] << " ms, ONNX Runtime " << test.milliseconds << " ms\n";
  }
}

}  // namespace
}  // namespace tinygrad::test
