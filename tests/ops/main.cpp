// SPDX-License-Identifier: MIT
// Runs the op table as a test program:
// op_table_test [--device cpu|required|reference|...] [--list] [--once] [--gtest_filter=...]
//
// Each test is a check (Reader) of a row: golden.softmax, derivatives.softmax ... `required` is the
// CPU without its optional kernels. Without --device, the device is the CPU. --list prints the op
// reference. --once calls everything and compares nothing (once.cpp), and is no test.
// TINYGRAD_RANDOM_CALLS is the number of random calls.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "readers.h"
#include "reference.h"

namespace {

using namespace op_table;

class RowTest : public testing::Test {
 public:
  RowTest(const Reader& reader, const Row& row, Device device)
      : reader_(reader), row_(row), device_(std::move(device)) {}
  void TestBody() override {
    set_default_device(device_);
    reader_.read(row_, device_);
    set_default_device("cpu");
  }

 private:
  const Reader& reader_;
  const Row& row_;
  Device device_;
};

class LongRowTest : public testing::Test {
 public:
  LongRowTest(LongRow row, Device device) : row_(std::move(row)), device_(std::move(device)) {}
  void TestBody() override {
    set_default_device(device_);
    long_sums(row_);
    set_default_device("cpu");
  }

 private:
  LongRow row_;
  Device device_;
};

class RandomCallsTest : public testing::Test {
 public:
  explicit RandomCallsTest(Device device) : device_(std::move(device)) {}
  void TestBody() override {
    const char* count = std::getenv("TINYGRAD_RANDOM_CALLS");
    random_calls(count ? std::atoll(count) : 2000, 1, device_);
    set_default_device("cpu");
  }

 private:
  Device device_;
};

void register_tests(const Device& device) {
  for (auto& reader : readers())
    for (auto& row : table())
      if (reader.concerns(row, device))
        testing::RegisterTest(reader.name, row.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [&reader, &row, device]() -> testing::Test* {
                                return new RowTest(reader, row, device);
                              });
  const bool is_emulated = device.name.starts_with("emulated");  // it is very slow
  for (auto& row : long_rows(is_emulated ? 200'000 : 20'000'000))
    testing::RegisterTest(
        "long_sums", row.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [row, device]() -> testing::Test* { return new LongRowTest(row, device); });
  testing::RegisterTest("random_calls", "all", nullptr, nullptr, __FILE__, __LINE__,
                        [device]() -> testing::Test* { return new RandomCallsTest(device); });
}

void call_all_once(const Device& device) {
  set_default_device(device);
  for (auto& row : table()) once(row, device);
  optimizers_once(device);
}

}  // namespace

int main(int argc, char** argv) try {
  testing::InitGoogleTest(&argc, argv);
  reference::register_reference_backend();
  std::string device = "cpu";
  bool list = false, only_once = false;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--list")) list = true;
    else if (!std::strcmp(argv[i], "--once")) only_once = true;
    else if (!std::strcmp(argv[i], "--device") && i + 1 < argc) device = argv[++i];
    else
      return std::fprintf(
                 stderr,
                 "op_table_test: unknown argument %s; takes --device NAME, --list and --once\n",
                 argv[i]),
             2;
  }
  const Device chosen = device == "required" ? required_kernels_of("cpu") : Device(device);
  if (list) return print_list(chosen), 0;
  if (only_once) return call_all_once(chosen), 0;
  register_tests(chosen);
  return RUN_ALL_TESTS();
} catch (const std::exception& e) {
  return std::fprintf(stderr, "op_table_test: %s\n", e.what()), 2;
}
