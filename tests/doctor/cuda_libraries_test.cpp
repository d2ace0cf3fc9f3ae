// SPDX-License-Identifier: MIT
// Tests the CUDA chain from this build's toolkit to tinygrad, on machines with one broken link.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

#include "doctor/cuda_links.h"
#include "print.h"

namespace tinygrad::doctor::cuda_chain {
namespace {

// ------------------------------------------------------------ toolkit and runtime

TEST(DoctorCudaRuntime, MayBeNewerThanTheDriverWithinAMajorVersion) {
  NvidiaSystem s;
  s.build.toolkit = 12090, s.driver_says(12020, {{"NVIDIA GeForce RTX 4090", "8.9"}});
  expect(link(s, Text::runtime), State::ok,
         "NVIDIA's runtime 12.9, part of this program, is newer than the driver (CUDA 12.2), which "
         "is right: any program of CUDA 12.x runs on a "
         "driver from 525 on. Only newer PTX does not.");
  EXPECT_EQ(link(s, Text::runtime).version, "12.9");
}

TEST(DoctorCudaRuntime, NeedsANewerDriver) {
  NvidiaSystem s;
  s.driver_says(12040, {{"NVIDIA GeForce RTX 4090", "8.9"}}), s.nothing_offered("none");
  expect(link(s, Text::runtime), State::broken,
         "NVIDIA's runtime 13.0, part of this program, needs a driver from 580 on; this one runs "
         "CUDA 12.4. (Error 35, cudaErrorInsufficientDriver.) "
         "A build with CUDA 12 would run on it, too.",
         newest_driver);
  s = wsl(),
  s.probes["cuda"] = said("@library /usr/lib/wsl/lib/libcuda.so.1\n@version 12040\n@init 0\n");
  EXPECT_EQ(link(s, Text::runtime).mend.debian, "wsl.exe --shutdown");
}

TEST(DoctorCudaToolkit, IsNotInThisBuild) {
  NvidiaSystem s;
  s.build = {}, s.nothing_offered("there is no device \"cuda\" in this build");
  const std::string then = " && " + build("-DTINYGRAD_CUDA=ON").debian;
  expect(link(s, Text::toolkit), State::broken,
         "This build of tinygrad has no CUDA backend, and NVIDIA's toolkit (nvcc, 12.0 or newer) "
         "is not here. Only building takes it.",
         {from_nvidia("ubuntu2404", "sudo apt-get install cuda-toolkit-13-0" + then),
          nvidias_fedora("cuda-toolkit-13-0" + then),
          "sudo pacman -S cuda && " +
              build("-DCUDA_NVCC=/opt/cuda/bin/nvcc -DTINYGRAD_CUDA=ON").debian});
  expect(link(s, Text::runtime), State::skipped, "Not reached.");
  expect(link(s, Text::architecture), State::skipped, "Not reached.");
  expect(link(s, Text::cudnn), State::ok, "It would convolve, in a build that has it.");
  expect(link(s, Text::tinygrad), State::broken,
         "A driver is there, but this build of tinygrad offers no device \"cuda\": it was made "
         "without that backend.",
         build("-DTINYGRAD_CUDA=ON"));
  s.variables["PATH"] = "/usr/bin:/opt/own/bin", s.files["/opt/own/bin/nvcc"] = "";
  expect(link(s, Text::toolkit), State::broken,
         "This build of tinygrad has no CUDA backend, but a toolkit is here: /opt/own/bin/nvcc.",
         build("-DTINYGRAD_CUDA=ON"));
  s.no_card(), s.no_module();
  EXPECT_EQ(link(s, Text::toolkit).state, State::note) << "nothing waits for it";
}

TEST(DoctorCudaToolkit, FitsTheDistributionAndTheGpu) {
  NvidiaSystem s;
  s.build = {};
  auto begins = [&](const char* id, const char* version, const std::string& repository,
                    const std::string& package) {
    const std::string found = on(s, id, version, "", Text::toolkit);
    EXPECT_NE(found.find(" && sudo apt-get install " + package + " && cmake "), std::string::npos)
        << found;
    EXPECT_TRUE(found.ends_with("CUDA download page, " + repository)) << found;
  };
  begins("ubuntu", "22.04", "ubuntu2204", "cuda-toolkit-13-0");
  begins("ubuntu", "25.10", "ubuntu2404", "cuda-toolkit-13-0");
  begins("ubuntu", "26.04", "ubuntu2604", "cuda-toolkit-13-0");
  begins("linuxmint", "22", "ubuntu2404", "cuda-toolkit-13-0");
  begins("debian", "", "debian13", "cuda-toolkit-13-0");
  s.driver_says(12020, {{"NVIDIA GeForce RTX 4090", "8.9"}});
  begins("debian", "12", "debian12", "cuda-toolkit-12-9");  // the driver runs no CUDA 13
  s.no_module(), s.card(0x10DE, 0x1B80), s.files["/usr/bin/nvcc"] = "",
                                         s.variables["PATH"] = "/usr/bin";
  const std::string options = " -DTINYGRAD_CUDA=ON -DTINYGRAD_CUDA_ARCHITECTURES=61";
  const Link link = link_of(s, "cuda", Text::toolkit);
  EXPECT_EQ(link.mend.debian,
            from_nvidia("ubuntu2404",
                        "sudo apt-get install cuda-toolkit-12-9 && " +
                            build("-DCUDA_NVCC=/usr/local/cuda-12.9/bin/nvcc" + options).debian));
  EXPECT_EQ(link.mend.arch,
            "yay -S cuda-pascal && " + build("-DCUDA_NVCC=/opt/cuda/bin/nvcc" + options).debian);
}

// ------------------------------------------------------------ libraries

TEST(DoctorCudaBlas, IsMissingOrBroken) {
  NvidiaSystem s;
  s.nothing_offered("none");
  s.cublaslt_says(said("@call dlopen\n@missing libcublasLt.so.13: cannot open\n"));
  expect(link(s, Text::cublaslt), State::broken,
         "libcublasLt was found neither where the system looks, nor in a toolkit, nor among "
         "Python's packages. Without it there is no device "
         "\"cuda\".",
         {from_nvidia("ubuntu2404", "sudo apt-get install libcublas-13-0"),
          nvidias_fedora("libcublas-13-0"), "sudo pacman -S cuda"});
  s.cublaslt_says(said("@call dlopen\n@refused libcublasLt.so.13: file too short\n"));
  expect(link(s, Text::cublaslt), State::broken,
         "It is there, but cannot be opened: libcublasLt.so.13: file too short");
  s.cublaslt_says(crashed(SIGILL, "@call dlopen\n"));
  expect(link(s, Text::cublaslt), State::broken, "Opening it ends the program (SIGILL) in dlopen.");
  s.cublaslt_says(hung("@call cublasLtGetVersion\n"));
  expect(link(s, Text::cublaslt), State::broken, "It does not come back from cublasLtGetVersion.");
  s.cublaslt_says(
      {Outcome::exited, 1,
       "@library /x/libcublasLt.so.13\n@error /x/libcublasLt.so.13 has no cublasLtGetVersion\n"});
  EXPECT_EQ(
      text(link(s, Text::cublaslt)),
      "It was opened, but is damaged or too old: /x/libcublasLt.so.13 has no cublasLtGetVersion");
  s.build.toolkit = 0;
  EXPECT_EQ(link(s, Text::cublaslt).state, State::note) << "this build does not ask for it";
}

TEST(DoctorCudaBlas, IsOfAnotherCuda) {
  NvidiaSystem s;
  s.cublaslt_says(said("@library /usr/local/cuda-12.9/lib/libcublasLt.so.12\n@version 120900\n"));
  expect(link(s, Text::cublaslt), State::note,
         "It multiplies matrices. It is of CUDA 12 and this build of CUDA 13; better both of one.",
         {from_nvidia("ubuntu2404", "sudo apt-get install libcublas-13-0"),
          nvidias_fedora("libcublas-13-0"), "sudo pacman -S cuda"});
  s.build.toolkit = 12090;
  expect(link(s, Text::cublaslt), State::ok, "It multiplies matrices.");
}

const Commands newer_cudnn = {from_nvidia("ubuntu2404", "sudo apt-get install cudnn9-cuda-13"),
                              wheel("nvidia-cudnn-cu13"), "sudo pacman -S cudnn"};

TEST(DoctorCudnn, AgainstTheHeadersOfThisBuild) {
  NvidiaSystem s;
  s.cudnn_says(92001);
  expect(link(s, Text::cudnn), State::ok,
         "It convolves. It is newer than this build's headers (9.19.0), which is right: cuDNN 9 "
         "serves programs of older 9s.");
  EXPECT_EQ(link(s, Text::cudnn).version, "9.20.1");
  s.cudnn_says(91002);
  expect(link(s, Text::cudnn), State::note,
         "It is older than this build's headers (9.19.0), so it may lack what this build asks for.",
         newer_cudnn);
  EXPECT_EQ(link(s, Text::cudnn).version, "9.10.2");
  s.cudnn_says(91900, 12090);
  expect(link(s, Text::cudnn), State::note,
         "It was made for CUDA 12, this build for CUDA 13; better both for one.", newer_cudnn);
  s.cudnn_says(91900), s.build.cudnn = 0;
  expect(link(s, Text::cudnn), State::note,
         "It is here, but this build was made without cuDNN's headers: its own kernels convolve.",
         build("-DTINYGRAD_CUDA=ON -DCUDNN_ROOT=/usr"));
  s.cudnn_probe(
      said("@library "
           "/home/u/cudnn/lib/python3.11/site-packages/nvidia/cudnn/lib/libcudnn.so.9\n@version "
           "91900\n"));
  EXPECT_EQ(
      link(s, Text::cudnn).mend.debian,
      build(
          "-DTINYGRAD_CUDA=ON -DCUDNN_ROOT=/home/u/cudnn/lib/python3.11/site-packages/nvidia/cudnn")
          .debian);
}

TEST(DoctorCudnn, IsMissing) {
  NvidiaSystem s;
  s.cudnn_probe(said("@call dlopen\n@missing libcudnn.so.9: cannot open\n"));
  expect(link(s, Text::cudnn), State::note,
         "libcudnn.so.9 was found neither in CUDNN_ROOT, nor where the system looks, nor in a "
         "toolkit, nor among Python's packages. It is not needed: "
         "the library's own kernels convolve, more slowly.",
         newer_cudnn);
  EXPECT_TRUE(report_on(s, "cuda").chains[0].works);
  s.build.toolkit = 12090;
  EXPECT_EQ(link(s, Text::cudnn).mend.debian,
            from_nvidia("ubuntu2404", "sudo apt-get install cudnn9-cuda-12"));
  EXPECT_EQ(link(s, Text::cudnn).mend.arch, wheel("nvidia-cudnn-cu12"));
  s.driver_says(12020, {{"NVIDIA GeForce GTX 1080", "6.1"}});
  EXPECT_EQ(link(s, Text::cudnn).mend.fedora, wheel("nvidia-cudnn-cu12<9.11"));
  s.cudnn_says(91900, 12090);
  expect(link(s, Text::cudnn), State::note,
         "cuDNN has no code for compute capability 6.1 since 9.11; before that it had.",
         wheel("nvidia-cudnn-cu12<9.11"));
}

TEST(DoctorCudnn, PartsAreOfTwoInstallations) {
  NvidiaSystem s;
  const std::string other = "/home/u/venv/lib/libcudnn_ops.so.9",
                    sentence =
                        "Its parts are of two installations, /usr/lib/x86_64-linux-gnu and "
                        "/home/u/venv/lib. (Programs get "
                        "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH.)";
  s.cudnn_says(91900, 13000,
               "@part /usr/lib/x86_64-linux-gnu/libcudnn_graph.so.9\n@part " + other + "\n");
  expect(
      link(s, Text::cudnn), State::broken, sentence,
      {"sudo apt-get remove $(dpkg -S " + other + " | cut -d: -f1)",
       "sudo dnf remove $(rpm -qf " + other + ")", "sudo pacman -R $(pacman -Qoq " + other + ")"});
  s.variables["LD_LIBRARY_PATH"] = "/home/u/venv/lib";
  expect(link(s, Text::cudnn), State::broken, sentence, {"unset LD_LIBRARY_PATH"});
  s.cudnn_says(91900, 13000, "@lacks libcudnn_heuristic.so.9\n");
  expect(
      link(s, Text::cudnn), State::broken,
      "libcudnn_heuristic.so.9 is missing, which belongs beside it: the installation is not whole.",
      newer_cudnn);
  s.cudnn_says(91900, 13000, "@failed cudnnOpsVersionCheck\n");
  expect(link(s, Text::cudnn), State::broken,
         "cudnnOpsVersionCheck finds its parts of different versions.", newer_cudnn);
}

TEST(DoctorNccl, IsNotNeeded) {
  NvidiaSystem s;
  s.probes["cuda_library nccl 0"] = said("@missing libnccl.so.2: cannot open\n");
  expect(link(s, Text::nccl), State::skipped,
         "Not found, and not needed: it connects several GPUs, and tinygrad computes on one.");
  s.probes["cuda_library nccl 0"] = crashed(SIGABRT, "@call dlopen\n");
  expect(link(s, Text::nccl), State::note, "Opening it ends the program (SIGABRT) in dlopen.");
  EXPECT_TRUE(report_on(s, "cuda").chains[0].works);
}

// ------------------------------------------------------------ code for the GPU

TEST(DoctorCudaArchitecture, IsPtx) {
  NvidiaSystem s;
  s.build.architectures = "75-real 80", s.driver_says(13000, {{"NVIDIA H100", "9.0"}});
  expect(link(s, Text::architecture), State::note,
         "NVIDIA H100 (9.0) is newer than this build's machine code: the driver makes it from PTX "
         "of 8.0, when a kernel is first used, and keeps it.");
  s.build.toolkit = 13020;
  expect(link(s, Text::architecture), State::broken,
         "NVIDIA H100 (9.0) is newer than this build's machine code, and the driver (CUDA 13.0) "
         "does not read PTX of CUDA 13.2. (Error 222, "
         "cudaErrorUnsupportedPtxVersion.) A newer driver would; or build for this GPU:",
         build("-DTINYGRAD_CUDA=ON -DTINYGRAD_CUDA_ARCHITECTURES=90"));
}

TEST(DoctorCudaArchitecture, IsNotThere) {
  NvidiaSystem s;
  s.build.architectures = "90-real 120", s.nothing_offered("none");
  expect(link(s, Text::architecture), State::broken,
         "NVIDIA GeForce RTX 4090 (8.9) finds no code in this build, which has 9.0, 12.0; PTX "
         "12.0. (Error 209, cudaErrorNoKernelImageForDevice.)",
         build("-DTINYGRAD_CUDA=ON -DTINYGRAD_CUDA_ARCHITECTURES=89"));
  s.driver_says(13000, {{"NVIDIA GeForce GTX 1080", "6.1"}});
  const std::string options = "-DTINYGRAD_CUDA=ON -DTINYGRAD_CUDA_ARCHITECTURES=61",
                    then = " && " +
                           build("-DCUDA_NVCC=/usr/local/cuda-12.9/bin/nvcc " + options).debian;
  expect(link(s, Text::architecture), State::broken,
         "NVIDIA GeForce GTX 1080 (6.1) is older than what CUDA 13 makes code for (7.5, Turing). "
         "It takes a build with CUDA 12.",
         {from_nvidia("ubuntu2404", "sudo apt-get install cuda-toolkit-12-9" + then),
          nvidias_fedora("cuda-toolkit-12-9" + then),
          "yay -S cuda-pascal && " + build("-DCUDA_NVCC=/opt/cuda/bin/nvcc " + options).debian});
  s.build = {12090, 91002, "75-real 120"};
  EXPECT_EQ(link(s, Text::architecture).mend.debian, build(options).debian)
      << "the toolkit is right, its architectures are not";
  s.driver_says(12000, {{"Tesla K80", "3.7"}});
  expect(link(s, Text::architecture), State::broken,
         "Tesla K80 (3.7) is older than what CUDA 12 makes code for (5.0, Maxwell).");
}

// ------------------------------------------------------------ tinygrad itself

TEST(DoctorCudaTinygrad, SaysWhyItOffersNoDevice) {
  NvidiaSystem s;
  s.nothing_offered(
      "there is no device \"cuda\"; there are: cpu; cuda: libcublasLt.so.13 was not found");
  expect(link(s, Text::tinygrad), State::broken,
         "Offers no device \"cuda\": there is no device \"cuda\"; there are: cpu; cuda: "
         "libcublasLt.so.13 was not found");
  EXPECT_FALSE(report_on(s, "cuda").asked.works);
  s.probes["devices"] = said("@device cpu\n@device cuda\n"),
  s.probes["device cuda"] = failed("wrong numbers in a gradient");
  expect(link(s, Text::tinygrad), State::broken, "cuda: wrong numbers in a gradient");
  EXPECT_FALSE(report_on(s, "cuda").chains[0].works);
}

/// The machine of docs/cuda.md: no GPU, a toolkit in /usr/local/cuda, a build for 9.0 only.
TEST(DoctorCudaTinygrad, SaysWhatDocsQuote) {
  NvidiaSystem s;
  s.no_card(), s.no_module(), s.nothing_offered("none");
  s.files["/usr/local/cuda/bin/nvcc"] = "", s.build.architectures = "90";
  s.cudnn = "/usr/local/cuda-13.0/lib/libcudnn.so.9", s.cudnn_says(91900, 13010, "");
  s.probes["cuda_library nccl 0"] =
      said("@library /usr/local/cuda-13.0/lib/libnccl.so.2\n@version 22809\n");
  std::istringstream page(as_text(report_on(s, "cuda"), Family::debian, Language::english));
  std::string quoted;
  for (std::string line; std::getline(page, line) && line.rfind("cuda does not work", 0) != 0;)
    if (!quoted.empty() || line.rfind("CUDA:", 0) == 0) quoted += line + "\n";
  quoted.erase(quoted.find_last_not_of('\n') + 1);
  std::ifstream file(TINYGRAD_SOURCE_DIR "/docs/cuda.md");
  const std::string docs{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(docs.find("```\n" + quoted + "\n```\n"), std::string::npos) << quoted;
}

TEST(DoctorCudaTinygrad, ThePageFitsInBothLanguages) {
  NvidiaSystem s;
  s.card(0x10DE, 0x1B80), s.module("595.71.05"), s.cu_init(999, "CUDA_ERROR_UNKNOWN");
  const Report report = report_on(s, "cuda");
  for (Language language : {Language::english, Language::chinese}) {
    std::istringstream lines(as_text(report, Family::arch, language));
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(width_of(line) <= 100 || line.find("&&") != std::string::npos)
          << line;  // commands stay on one line
  }
}

}  // namespace
}  // namespace tinygrad::doctor::cuda_chain
