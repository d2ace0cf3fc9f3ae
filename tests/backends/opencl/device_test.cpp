// SPDX-License-Identifier: MIT
// Tests the OpenCL backend apart from what its kernels compute, which the op table tests
// (op_table.opencl): the traits of devices, the program cache, errors, memory and threads.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "backends/opencl/cache.h"
#include "backends/opencl/errors.h"
#include "backends/opencl/launch.h"
#include "backends/opencl/library.h"
#include "backends/opencl/traits.h"
#include "support/files.h"
#include "support/message_of.h"
#include "support/opencl_device.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;
namespace fs = std::filesystem;
using namespace tinygrad::opencl;

namespace {

// ------------------------------------------------------------ traits

/// An integrated GPU without doubles, like those of Intel.
Properties integrated_gpu() {
  Properties p;
  p.name = "a GPU", p.extensions = "cl_khr_fp16 cl_intel_subgroups cl_intel_required_subgroup_size";
  p.unified_memory = true, p.own_local_memory = true, p.max_items = 512;
  return p;
}
Properties processor() {
  Properties p;
  p.name = "a CPU", p.extensions = "cl_khr_fp64", p.kind = Properties::cpu;
  p.unified_memory = true, p.own_local_memory = false, p.max_items = 4096, p.exact_division = true;
  return p;
}

TEST(OpenClTraits, FollowTheKindOfDeviceAndItsLocalMemory) {
  EXPECT_EQ(traits_for(integrated_gpu(), "").form, Form::gpu);
  EXPECT_EQ(traits_for(processor(), "").form, Form::cpu);
  Properties of_rusticl = integrated_gpu(), accelerator = processor();
  of_rusticl.own_local_memory = false;  // as Mesa reports for every chip
  EXPECT_EQ(traits_for(of_rusticl, "").form, Form::gpu);
  accelerator.kind = Properties::accelerator;
  EXPECT_EQ(traits_for(accelerator, "").form, Form::cpu);
  accelerator.own_local_memory = true;
  EXPECT_EQ(traits_for(accelerator, "").form, Form::gpu);
}
TEST(OpenClTraits, ContainTheGroupsThatKeepADeviceBusy) {
  Properties card = integrated_gpu();
  EXPECT_EQ(traits_for(card, "").busy_groups, 64);
  card.units = 132;
  EXPECT_EQ(traits_for(card, "").busy_groups, 528);
}
TEST(OpenClTraits, CanBeForced) {
  EXPECT_EQ(traits_for(integrated_gpu(), "cpu").form, Form::cpu);
  EXPECT_EQ(traits_for(processor(), "gpu").form, Form::gpu);
  EXPECT_EQ(traits_for(processor(), "cpu").width, 16);
}
TEST(OpenClTraits, ContainTheFloatsOfARegister) {
  Properties device = processor();
  for (const auto& [floats, lanes] : {std::pair{16, 16}, {8, 8}, {4, 4}, {1, 4}, {32, 16}}) {
    device.floats = floats;
    EXPECT_EQ(traits_for(device, "").lanes, lanes) << floats;
  }
}
TEST(OpenClTraits, ReadWholeNamesOfExtensions) {
  const Traits gpu = traits_for(integrated_gpu(), ""), cpu = traits_for(processor(), "");
  EXPECT_FALSE(gpu.float64);
  EXPECT_TRUE(gpu.sub_groups);
  EXPECT_TRUE(cpu.float64);
  EXPECT_FALSE(cpu.sub_groups);
  Properties with_sub_groups = processor();
  with_sub_groups.extensions = integrated_gpu().extensions;
  EXPECT_FALSE(traits_for(with_sub_groups, "").sub_groups);  // the cpu form does not use them
  Properties other = integrated_gpu();
  other.extensions = "cl_khr_fp64_of_another_kind xcl_khr_fp16 cl_intel_subgroups";
  EXPECT_FALSE(traits_for(other, "").float64 || traits_for(other, "").sub_groups);
}
TEST(OpenClTraits, HideExtensions) {
  Properties device = integrated_gpu();
  hide_extensions(device, "cl_intel_subgroups cl_khr_fp cl_khr_fp64");
  EXPECT_EQ(device.extensions, "cl_khr_fp16 cl_intel_required_subgroup_size");
  EXPECT_FALSE(traits_for(device, "").sub_groups);
}
TEST(OpenClTraits, RespectTheLimitsOfTheDevice) {
  Properties small = processor();
  small.max_items = 20;
  EXPECT_EQ(traits_for(small, "").group, 16u);
  EXPECT_EQ(traits_for(small, "").large_group, 16u);
  small.max_items = 1;
  EXPECT_EQ(traits_for(small, "").group, 1u);
  EXPECT_NE(traits_for(processor(), "").build_options.find("correctly-rounded"), std::string::npos);
  EXPECT_EQ(traits_for(integrated_gpu(), "").build_options.find("correctly-rounded"),
            std::string::npos);
}

// ------------------------------------------------------------ the cache

using Program = std::vector<unsigned char>;

/// A cache with one program under "key", and the file of that program.
class OpenClCache : public tg::test::Files {
 protected:
  OpenClCache() { cache.store("key", program); }
  std::string file() const { return cache.path("key"); }
  void overwrite(const std::string& bytes) const {
    std::ofstream(file(), std::ios::binary) << bytes;
  }
  Cache cache{path("programs")};
  Program program = Program(300, 7);
};

TEST_F(OpenClCache, GivesBackWhatWasStored) {
  EXPECT_EQ(cache.load("key"), program);
  EXPECT_EQ(cache.load("another key"), Program());
  EXPECT_EQ(std::distance(fs::directory_iterator(path("programs")), {}),
            1);  // no temporary file is left
}
TEST_F(OpenClCache, ClearsUpAfterProcessesThatWereKilled) {
  const std::string of_nobody =
      path("programs") + "/.tinygrad-999999999-0.tmp";  // no process has so high a number
  const std::string ours = path("programs") + "/.tinygrad-" + std::to_string(getpid()) + "-99.tmp";
  for (auto& name : {of_nobody, ours}) std::ofstream(name) << "half a program";
  cache.store("another key", program);
  EXPECT_FALSE(fs::exists(of_nobody));
  EXPECT_TRUE(fs::exists(ours));
}
TEST_F(OpenClCache, RefusesEveryPrefix) {
  const std::string whole = bytes_of(file());
  ASSERT_GT(whole.size(), 300u);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    overwrite(whole.substr(0, n));
    ASSERT_EQ(cache.load("key"), Program()) << n;
  }
  overwrite(whole + "x");
  EXPECT_EQ(cache.load("key"), Program());
  overwrite(whole);
  EXPECT_EQ(cache.load("key"), program);
}
TEST_F(OpenClCache, RefusesEveryChangedByte) {
  const std::string whole = bytes_of(file());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = char(changed[i] ^ 1);
    overwrite(changed);
    ASSERT_EQ(cache.load("key"), Program()) << i;
  }
}
TEST_F(OpenClCache, ComparesTheKeyItself) {
  fs::rename(file(), cache.path("other"));  // as if both keys had the same hash
  EXPECT_EQ(cache.load("other"), Program());
}
TEST_F(OpenClCache, ToleratesObstaclesInItsFolder) {
  fs::remove(file());
  fs::create_directory(file());
  EXPECT_EQ(cache.load("key"), Program());
  cache.store("key", program);
  EXPECT_EQ(cache.load("key"), Program());
  std::ofstream(path("file")) << "not a folder";
  const Cache nowhere(path("file") + "/programs"), off("");
  nowhere.store("key", program);
  off.store("key", program);
  EXPECT_EQ(nowhere.load("key"), Program());
  EXPECT_EQ(off.load("key"), Program());
}

// ------------------------------------------------------------ compiled programs

class OpenClPrograms : public tg::test::Files {};

struct Compiler {
  cl::Device device = first_device();
  cl::Context context{device};
  Properties properties = properties_of(device);
  Programs programs;
  explicit Compiler(const std::string& folder)
      : programs(context, device, properties, traits_for(properties, ""), folder) {}
  void compile() {
    programs.kernel("random.cl", "draw", "#define T float\n#define RANK_layout layout.rank\n");
  }
};

TEST_F(OpenClPrograms, AreCompiledOnceForAllProcesses) {
  Compiler first(path("programs"));
  first.compile();
  first.compile();
  EXPECT_EQ(first.programs.compiled(), 1);
  Compiler second(path("programs"));
  second.compile();
  EXPECT_EQ(second.programs.compiled(), 0);
}
TEST_F(OpenClPrograms, AreCompiledAgainIfTheCacheIsDamaged) {
  Compiler(path("programs")).compile();
  for (auto& entry : fs::directory_iterator(path("programs")))
    fs::resize_file(entry, fs::file_size(entry) / 2);
  Compiler second(path("programs"));
  second.compile();
  EXPECT_EQ(second.programs.compiled(), 1);
  Compiler third(path("programs"));
  third.compile();
  EXPECT_EQ(third.programs.compiled(), 0);  // the damaged file was replaced
}
TEST_F(OpenClPrograms, ShowTheCompilersLog) {
  Compiler compiler("");
  try {
    compiler.programs.kernel("random.cl", "draw", "#define T no_such_type\n");
    FAIL() << "compiled";
  } catch (const tg::DeviceError& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("did not compile random.cl: CL_BUILD_PROGRAM_FAILURE (-11)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("no_such_type"), std::string::npos) << text;
    EXPECT_NE(text.find("vectors.cl:"), std::string::npos)
        << text;  // the file and line of the .cl file
  }
}

// ------------------------------------------------------------ errors

TEST(OpenClErrors, HaveNamesAndAdvice) {
  EXPECT_EQ(error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES (-5)");
  EXPECT_NE(advice(CL_OUT_OF_RESOURCES).find("dmesg"), std::string::npos);
  EXPECT_EQ(error_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR (-1001)");
  EXPECT_EQ(error_name(-7777), "an error of the driver (-7777)");
}

TEST(OpenClErrors, TooLargeABlockIsRefused) {
  const std::string text = tg::message_of<tg::DeviceError>(
      [] { tg::empty({std::int64_t(1) << 50}, {.device = "opencl"}); });
  EXPECT_NE(text.find("bytes left in one block; it gives at most"), std::string::npos) << text;
  EXPECT_EQ(tg::ones({3}, {.device = "opencl"}).sum().item<float>(), 3);  // the process goes on
}
TEST(OpenClErrors, BadIndicesAreReportedAtTheNextRead) {
  const tg::Tensor x = tg::ones({4}, {.device = "opencl"}),
                   bad = tg::tensor({1, 7, 9}).to("opencl"),
                   good = tg::tensor({1, 2, 3}).to("opencl");
  const int line = __LINE__ + 1;
  const tg::Tensor y = tg::gather(x, 0, bad);
  const tg::Tensor z = tg::gather(x, 0, good);
  try {
    z.to_vector<float>();
    FAIL() << "no error";
  } catch (const tg::IndexError& e) {
    EXPECT_STREQ(e.what(),
                 ("gather: index 7 at position 1 is not in [0, 4)\n  called at device_test.cpp:" +
                  std::to_string(line))
                     .c_str());
    EXPECT_EQ(e.op, "gather");
  }
  EXPECT_EQ(z.to_vector<float>(), std::vector<float>(3, 1));  // it is reported once
}
TEST(OpenClErrors, TheFirstOfManyBadIndicesIsReported) {
  std::vector<std::int64_t> index(100'000, 0);
  index[70'001] = -5, index[99'999] = 4;
  const auto look_up = [&](const tg::Device& device) {
    return tg::message_of<tg::IndexError>([&] {
      tg::embedding(tg::from_vector(index, {100, 1000}, device),
                    tg::ones({4, 2}, {.device = device}))
          .to_vector<float>();
    });
  };
  EXPECT_EQ(look_up("opencl"), look_up("cpu"));
  const tg::Tensor x = tg::ones({4}, {.device = "opencl"}),
                   places = tg::zeros({1000}, {.dtype = tg::int64, .device = "opencl"});
  for (int i = 0; i < 3 * tg::BadIndices::slots; ++i)
    tg::gather(x, 0, places);  // more checks than the ring has slots
  tg::synchronize("opencl");
}

// ------------------------------------------------------------ devices

TEST(OpenClDevices, AreFoundByAPartOfTheirName) {
  const std::string name = tg::backend("opencl").description();
  ASSERT_GT(name.size(), 4u);
  EXPECT_EQ(tg::Device("opencl:" + name.substr(1, 4)), tg::Device("opencl"));
  EXPECT_EQ(&tg::backend(name.substr(1, 4)), &tg::backend("opencl"));
  const std::string text =
      tg::message_of<tg::DeviceError>([] { tg::Device("opencl:no such chip"); });
  EXPECT_EQ(text.rfind("device: no device of \"opencl\" has \"no such chip\" in its name; there "
                       "are: cpu, opencl (",
                       0),
            0u)
      << text;
  EXPECT_NE(tg::message_of<tg::DeviceError>([] { tg::zeros({1}, {.device = "opencl:99"}); }),
            "no error");
}

// ------------------------------------------------------------ memory and threads

TEST(OpenClMemory, IsKeptForReuse) {
  tg::empty_cache("opencl");
  const tg::MemoryStats before = tg::memory_stats("opencl");
  { const tg::Tensor x = tg::ones({1000, 1000}, {.device = "opencl"}); }
  const tg::MemoryStats after = tg::memory_stats("opencl");
  EXPECT_EQ(after.live_blocks, before.live_blocks);
  EXPECT_EQ(after.in_use, before.in_use);
  EXPECT_GE(after.reserved, before.reserved + 4'000'000);
  { const tg::Tensor x = tg::ones({1000, 1000}, {.device = "opencl"}); }
  EXPECT_EQ(tg::memory_stats("opencl").reserved, after.reserved);
  tg::empty_cache("opencl");
  EXPECT_EQ(tg::memory_stats("opencl").reserved, before.reserved);
}
TEST(OpenClMemory, UploadsAreDoneWithTheHostsMemory) {
  for (std::size_t n :
       {std::size_t(1000), std::size_t(5'000'000)}) {  // with and without a staged copy
    std::vector<float> numbers(n, 1);
    const tg::Tensor x = tg::from_vector(numbers, {std::int64_t(n)}, "opencl");
    std::fill(numbers.begin(), numbers.end(), 100.f);
    EXPECT_EQ(x.sum().item<float>(), float(n));
  }
}
TEST(OpenClMemory, EmptyTensorsNeverReachTheDriver) {
  const tg::Tensor x = tg::zeros({0, 3}, {.device = "opencl"});
  EXPECT_EQ((x + 1).to_vector<float>(), std::vector<float>());
  EXPECT_EQ(tg::sum(x).item<float>(), 0);
}

TEST(OpenClLaunches, AreSplitIfGridsAreTooLarge) {
  const auto expect_as_on_cpu = [](const tg::Tensor& a, const tg::Tensor& b, auto f) {
    EXPECT_LT(tg::max(tg::abs(f(a.to("opencl"), b.to("opencl")).to("cpu") - f(a, b)))
                  .template item<float>(),
              1e-5);
  };
  const tg::Tensor matrices = tg::rand({70'000, 2, 3}), column = tg::rand({70'000, 1}),
                   x = tg::rand({70'000, 2});
  expect_as_on_cpu(matrices, matrices,
                   [](const auto& a, const auto& b) { return tg::matmul(a, b.transpose(1, 2)); });
  expect_as_on_cpu(x, column, [](const auto& a, const auto& b) { return a + b; });
}

TEST(OpenClThreads, ShareTheQueue) {
  auto work = [](std::uint64_t seed, std::vector<float>& result) {
    tg::manual_seed(seed);
    tg::Tensor x = tg::randn({37, 53}, {.device = "opencl"});
    for (int i = 0; i < 40; ++i)
      x = tg::tanh(tg::matmul(x, x.t()).slice(1, 0, 37) * 0.1) +
          tg::randn({37, 37}, {.device = "opencl"});
    result = x.to_vector<float>();
  };
  std::vector<float> alone[2], together[2];
  for (int i = 0; i < 2; ++i) work(i, alone[i]);
  std::thread first(work, 0, std::ref(together[0])), second(work, 1, std::ref(together[1]));
  first.join(), second.join();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(together[i], alone[i]);
}

}  // namespace
