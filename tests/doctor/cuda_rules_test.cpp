// SPDX-License-Identifier: MIT
// Tests the rules of compatibility in CUDA, as numbers: drivers and toolkits, code and GPUs,
// versions of libraries, GPUs by their ids.
#include <gtest/gtest.h>

#include "chips.h"
#include "cuda_rules.h"
#include "doctor/fake_system.h"

namespace tinygrad::doctor::cuda {
namespace {

TEST(CudaRules, ProgramsRunOnEveryDriverOfTheirMajorVersion) {
  for (int toolkit : {12000, 12040, 12090})
    for (int driver : {12000, 12020, 12080})
      EXPECT_NE(runs(toolkit, driver), Runs::no) << toolkit << " on " << driver;
  EXPECT_EQ(runs(12040, 12040), Runs::yes);
  EXPECT_EQ(runs(12040, 12020), Runs::within_major);
  EXPECT_EQ(runs(13020, 13000), Runs::within_major);
  EXPECT_EQ(runs(12090, 13000), Runs::yes);  // newer drivers run older programs
  EXPECT_EQ(runs(13000, 12090), Runs::no);
  EXPECT_EQ(runs(12000, 11080), Runs::no);
  EXPECT_EQ(runs(12000, 0), Runs::no);  // no driver
  EXPECT_EQ(least_driver(11), 450);
  EXPECT_EQ(least_driver(12), 525);
  EXPECT_EQ(least_driver(13), 580);
  EXPECT_EQ(least_driver(14), 0);
}

TEST(CudaRules, CodeIsReadFromCMakesWords) {
  const auto codes = codes_of("75-real 80-virtual 90a 120 native");
  ASSERT_EQ(codes.size(), 4u);
  EXPECT_TRUE(codes[0].machine && !codes[0].ptx && (codes[0].capability == Capability{7, 5}));
  EXPECT_TRUE(!codes[1].machine && codes[1].ptx && (codes[1].capability == Capability{8, 0}));
  EXPECT_TRUE(codes[2].exact && (codes[2].capability == Capability{9, 0}));
  EXPECT_TRUE(codes[3].machine && codes[3].ptx && (codes[3].capability == Capability{12, 0}));
}

TEST(CudaRules, MachineCodeStaysWithinAMajorCapability) {
  const auto codes = codes_of("75-real 80-real 90-real 120");
  auto on = [&](Capability gpu, int driver = 13000) { return given(codes, gpu, 13000, driver); };
  EXPECT_EQ(on({7, 5}), Given::machine);
  EXPECT_EQ(on({8, 6}), Given::machine);
  EXPECT_EQ(on({8, 9}), Given::machine);
  EXPECT_EQ(source_of(codes, {8, 9}, Given::machine), (Capability{8, 0}));
  EXPECT_EQ(on({12, 1}), Given::machine);
  EXPECT_EQ(on({7, 0}), Given::nothing);   // lower than 7.5
  EXPECT_EQ(on({10, 0}), Given::nothing);  // PTX of 12.0 is higher
  EXPECT_EQ(on({13, 0}), Given::ptx);
  EXPECT_EQ(source_of(codes, {13, 0}, Given::ptx), (Capability{12, 0}));
  EXPECT_EQ(on({13, 0}, 12090), Given::ptx_too_new);
  EXPECT_EQ(given(codes_of("90"), {10, 0}, 13010, 13000),
            Given::ptx_too_new);  // the exception to the rule of major versions
  EXPECT_EQ(given(codes_of("90"), {10, 0}, 12080, 12080), Given::ptx);
  EXPECT_EQ(given(codes_of("90a"), {9, 0}, 13000, 13000), Given::machine);
  EXPECT_EQ(given(codes_of("90a"), {10, 0}, 13000, 13000), Given::nothing);
}

TEST(CudaRules, ToolkitsMakeCodeFor) {
  EXPECT_TRUE(makes_code_for(12, {5, 0}) && makes_code_for(12, {7, 0}) &&
              makes_code_for(13, {7, 5}));
  EXPECT_FALSE(makes_code_for(12, {3, 7}) || makes_code_for(13, {7, 0}));
}

TEST(CudaRules, NumbersAreWrittenWithAllTheirDigits) {
  EXPECT_EQ(cuda_text(13000), "13.0");
  EXPECT_EQ(cuda_text(12040), "12.4");
  EXPECT_EQ(cudnn_text(91900), "9.19.0");
  EXPECT_EQ(cudnn_text(91002), "9.10.2");
  EXPECT_EQ(cudnn_text(8907), "8.9.7");
  EXPECT_EQ(cublas_text(130100), "13.1.0");
  EXPECT_EQ(cublas_text(120405), "12.4.5");
  EXPECT_EQ(nccl_text(22809), "2.28.9");
}

TEST(CudaRules, CudnnServesOlderHeaders) {
  EXPECT_EQ(compare_cudnn(91900, 91900), Library::same);
  EXPECT_EQ(compare_cudnn(91900, 92100), Library::newer);
  EXPECT_EQ(compare_cudnn(91901, 91900), Library::newer);  // patches go both ways
  EXPECT_EQ(compare_cudnn(91900, 91002), Library::older);
  EXPECT_EQ(compare_cudnn(91900, 8907), Library::other);
  EXPECT_TRUE(cudnn_serves(91002, {6, 1}) && cudnn_serves(91900, {7, 5}));
  EXPECT_FALSE(cudnn_serves(91100, {7, 0}));
}

TEST(NvidiaGpus, AreFoundById) {
  const std::tuple<int, const char*, Capability> known[] = {
      {0x0DC4, "Fermi", {2, 0}},      {0x1180, "Kepler", {3, 0}},
      {0x1392, "Maxwell", {5, 0}},    {0x13C2, "Maxwell", {5, 2}},
      {0x15F8, "Pascal", {6, 0}},     {0x1B80, "Pascal", {6, 1}},
      {0x1C82, "Pascal", {6, 1}},     {0x1DB4, "Volta", {7, 0}},
      {0x1E84, "Turing", {7, 5}},     {0x2184, "Turing", {7, 5}},
      {0x20B5, "Ampere", {8, 0}},     {0x2204, "Ampere", {8, 6}},
      {0x25A2, "Ampere", {8, 6}},     {0x2684, "Ada", {8, 9}},
      {0x28E0, "Ada", {8, 9}},        {0x2331, "Hopper", {9, 0}},
      {0x2901, "Blackwell", {10, 0}}, {0x3182, "Blackwell", {10, 3}},
      {0x2B85, "Blackwell", {12, 0}}, {0x2D04, "Blackwell", {12, 0}},
      {0x2F04, "Blackwell", {12, 0}}, {0x2E12, "Blackwell", {12, 1}}};
  for (auto& [id, name, capability] : known) {
    const NvidiaGpu* gpu = find_nvidia_gpu(std::uint16_t(id));
    ASSERT_TRUE(gpu) << std::hex << id;
    EXPECT_EQ(gpu->name, std::string(name));
    EXPECT_EQ(gpu->capability, capability) << std::hex << id;
    EXPECT_EQ(gpu->last_driver != 0, capability < (Capability{7, 5}));
    EXPECT_EQ(gpu->last_cuda == 0, makes_code_for(13, capability));
    EXPECT_EQ(has_open_module(*gpu), makes_code_for(13, capability));
    EXPECT_EQ(needs_open_module(*gpu), capability.major >= 10);
  }
  EXPECT_EQ(find_nvidia_gpu(0xFFFF), nullptr);
  EXPECT_EQ(find_nvidia_gpu(0x0001), nullptr);
  EXPECT_EQ(capability_of("8.9"), (Capability{8, 9}));
  EXPECT_FALSE(capability_of("native"));
}

TEST(NvidiaGpus, AreNamedOnTheFirstPage) {
  FakeSystem s;
  s.card(0x10DE, 0x1B80);
  EXPECT_EQ(to_string(graphics_cards(s)[0]), "NVIDIA Pascal (10de:1b80)");
  s.card(0x10DE, 0xFFF0);
  EXPECT_EQ(to_string(graphics_cards(s)[0]), "NVIDIA (10de:fff0)");
}

}  // namespace
}  // namespace tinygrad::doctor::cuda
