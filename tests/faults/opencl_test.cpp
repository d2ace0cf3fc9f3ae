// SPDX-License-Identifier: MIT
// Tests failures of OpenCL: call n of each of its functions, missing functions, the disk that holds
// the cache, and a missing library, platform or device. In each case there must be a clear error or
// the correct result, and the process must be able to continue.
#include <sys/wait.h>

#include <thread>

#include "backends/opencl/cache.h"
#include "backends/opencl/open_problem.h"
#include "backends/opencl/opencl.h"
#include "fault.h"
#include "opencl_fault.h"
#include "opening.h"
#include "small_training.h"
#include "support/files.h"
#include "support/message_of.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

const char* const functions[] = {
#define CL_FUNCTION(name) #name,
#include "backends/opencl/functions.def"
};
const char* const errors[] = {"-4", "-5",  // no memory, no resources: the backend tries again once
                              "-59"};      // any other error

// ------------------------------------------------------------ call n fails

/// Training steps: whichever call fails, later steps compute the same bits, and no memory leaks.
TEST(OpenClCall, FailsInTraining) {
  const std::string expected = losses_on("opencl");
  const std::int64_t blocks = memory_stats("opencl").live_blocks;
  long calls = 0;
  for (const char* function : functions)
    for (const char* error : errors) {
      std::string losses;
      calls += each_fault<OpenClFault>(
          function, error, [&] { losses = losses_on("opencl"); },
          [&](bool threw) {
            EXPECT_TRUE(threw || losses == expected) << losses;
            EXPECT_EQ(losses_on("opencl"), expected);
            EXPECT_EQ(memory_stats("opencl").live_blocks, blocks);
          });
      if (HasFailure()) return;
    }
  EXPECT_GT(calls, 1000);
}

/// Opening a new device each time, from the search for devices to the first read of results.
TEST(OpenClCall, FailsInOpening) {
  const auto open = [] { EXPECT_EQ(read_from_new_device(opencl::find_devices), 2); };
  open();
  long calls = 0;
  for (const char* function : functions)
    for (const char* error : errors)
      calls += each_fault<OpenClFault>(function, error, open, [](bool) {});
  EXPECT_GT(calls, 100);
}

TEST(OpenClCall, ErrorsNameTheFailureAndAdvice) {
  const Tensor x = ones({8, 8}, {.device = "opencl"});
  const auto message = [&](const std::string& fault) {
    empty_cache("opencl");
    const OpenClFault armed(fault);
    return message_of<DeviceError>([&] { matmul(x, x).to_vector<float>(); });
  };
  const std::string memory = message("clCreateBuffer:1:-4:on"),
                    reset = message("clEnqueueNDRangeKernel:1:-5:on");
  EXPECT_NE(memory.find(" has no 256 bytes left; "), std::string::npos) << memory;
  EXPECT_NE(memory.find("CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)); the device has no memory left; "
                        "take smaller batches"),
            std::string::npos)
      << memory;
  EXPECT_EQ(reset.rfind("matmul: opencl (", 0), 0u) << reset;
  EXPECT_NE(reset.find("CL_OUT_OF_RESOURCES (-5); the device may have been reset"),
            std::string::npos)
      << reset;
  EXPECT_NE(reset.find("work-items"), std::string::npos) << reset;
}

// ------------------------------------------------------------ other processes

struct Ended {
  int code;
  std::string said;
};

class OpenClPrograms : public Files {
 protected:
  void expect_programs_alone() const {
    std::error_code no_folder;
    for (auto& entry : std::filesystem::directory_iterator(path("programs"), no_folder))
      EXPECT_EQ(entry.path().extension(), ".program") << entry;
  }
};
class OpenClProcess : public OpenClPrograms {
 protected:
  /// Runs opencl_work with environment variables, "NAME=value NAME=value".
  static Ended work(const std::string& variables, const std::string& what = "") {
    FILE* pipe =
        popen(("exec env " + variables + " " + OPENCL_WORK + " " + what + " 2>&1").c_str(), "r");
    Ended ended{-1, ""};
    for (int c; (c = std::fgetc(pipe)) != EOF;) ended.said += char(c);
    const int status = pclose(pipe);
    ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return ended;
  }
  /// Runs it with "add" or "leave", and with a folder for PoCL's own programs, which two processes
  /// must not share.
  Ended small_work(const std::string& what, const std::string& variables, int number) const {
    const std::string own = path("pocl" + std::to_string(number));
    std::filesystem::create_directories(own);
    return work("POCL_CACHE_DIR=" + own + " " + variables, what);
  }
  static void expect_error(const std::string& variables, const std::string& text) {
    const Ended ended = work(variables);
    EXPECT_EQ(ended.code, 1) << variables << "\n" << ended.said;
    EXPECT_NE(ended.said.find(text), std::string::npos) << variables << "\n" << ended.said;
  }
  static std::string losses(const std::string& said) {
    return said.substr(0, said.rfind('\n', said.size() - 2) + 1);
  }
};

TEST_F(OpenClProcess, LacksAFunction) {
  const Ended whole = work("");
  ASSERT_EQ(whole.code, 0) << whole.said;
  int errors = 0;
  for (const char* function : functions) {
    const Ended ended = work(std::string("TINYGRAD_OPENCL_MISSING=") + function);
    if (ended.code == 0) {
      EXPECT_EQ(losses(ended.said), losses(whole.said)) << function;
      continue;
    }
    ++errors;
    EXPECT_EQ(ended.code, 1) << function << "\n" << ended.said;
    EXPECT_TRUE(
        ended.said.find("CL_INVALID_OPERATION (-59); the library libOpenCL.so.1 may be too old") !=
            std::string::npos ||
        ended.said.find("find no device") != std::string::npos)
        << function << "\n"
        << ended.said;
  }
  EXPECT_GT(errors, 10);
}

TEST_F(OpenClProcess, HasALibraryThatCannotBeOpened) {
  const std::string file = put("libOpenCL.so.1", "this is no library");
  expect_error("LD_LIBRARY_PATH=" + folder_, file + " cannot be opened: " + file +
                                                 ": file too short; install the loader again, "
                                                 "or take that folder out of LD_LIBRARY_PATH");
}
TEST(OpenClOpening, SaysWhatALibraryLacks) {
  using opencl::why_not_opened;
  const std::string none = ": cannot open shared object file: No such file or directory";
  const auto lacks = why_not_opened("libc.so.6", "libimf.so" + none);
  EXPECT_TRUE(std::filesystem::exists(lacks.file)) << lacks.file;
  EXPECT_EQ(std::filesystem::path(lacks.file).filename(), "libc.so.6");
  EXPECT_EQ(lacks.missing, "libimf.so");
  EXPECT_EQ(opencl::python_package_of(lacks.missing), "intel-cmplr-lib-rt");
  const auto gone = why_not_opened("libnowhere.so", "libnowhere.so" + none);
  EXPECT_EQ(gone.file + gone.missing, "");
  EXPECT_EQ(opencl::python_package_of("libnowhere.so"), "");
}
TEST_F(OpenClProcess, HasNoPlatform) {
  std::filesystem::create_directories(path("vendors"));
  expect_error("OCL_ICD_VENDORS=" + path("vendors"),
               "CL_PLATFORM_NOT_FOUND_KHR (-1001); no OpenCL driver is installed");
}
TEST_F(OpenClProcess, HasNoDevice) {
  expect_error("TINYGRAD_OPENCL_FAULT=clGetDeviceIDs:1:-1:on",
               "find no device; tinygrad-doctor looks into why");
}
TEST_F(OpenClProcess, HasNoCompiler) {
  expect_error("TINYGRAD_OPENCL_FAULT=clBuildProgram:1:-3:on",
               "CL_COMPILER_NOT_AVAILABLE (-3); the driver comes without its compiler");
  expect_error("TINYGRAD_OPENCL_FAULT=clBuildProgram:1:-11:on", "did not compile");
}
TEST_F(OpenClProcess, EndsWhileItsKernelsAreCompiledAndRun) {
  for (int i = 0; i < 12; ++i) {
    const Ended ended = small_work("leave", "", i);
    ASSERT_EQ(ended.code, 0) << i << "\n" << ended.said;
  }
}

// ------------------------------------------------------------ the cache

TEST_F(OpenClProcess, SharesAnEmptyCacheWithSevenOthers) {
  const std::string cache = "TINYGRAD_OPENCL_CACHE=" + path("programs");
  std::vector<Ended> ended(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { ended[std::size_t(i)] = small_work("add", cache, i); });
  for (auto& thread : threads) thread.join();
  for (auto& one : ended) {
    EXPECT_EQ(one.code, 0) << one.said;
    EXPECT_EQ(losses(one.said), losses(ended[0].said));
  }
  expect_programs_alone();
  EXPECT_NE(small_work("add", cache, 8).said.find("\n0 compiled\n"),
            std::string::npos);  // and all files that they left are valid
}
TEST_F(OpenClProcess, CannotWriteItsCache) {
  const Ended ended = small_work("add", "TINYGRAD_OPENCL_CACHE=/proc/no_such_folder", 0);
  EXPECT_EQ(ended.code, 0) << ended.said;
  EXPECT_EQ(ended.said.find("\n0 compiled\n"), std::string::npos);
}

/// A system call of the cache fails, as on a full disk: the program must be stored completely or
/// not at all, and no other file may be left.
TEST_F(OpenClPrograms, LieOnADiskThatFails) {
  const opencl::Cache cache(path("programs"));
  const std::vector<unsigned char> program(5000, 7);
  std::vector<unsigned char> loaded;
  for (const auto& [call, error] : {std::pair{"open", "EMFILE"},
                                    {"open", "EACCES"},
                                    {"write", "ENOSPC"},
                                    {"write", "EIO"},
                                    {"write", "SHORT"},
                                    {"rename", "ENOSPC"},
                                    {"read", "EIO"},
                                    {"read", "SHORT"},
                                    {"malloc", "ENOMEM"}}) {
    const auto f = [&] {
      cache.store("key", program);
      loaded = cache.load("key");
    };
    const auto after = [&](bool threw) {
      EXPECT_FALSE(threw);
      EXPECT_TRUE(loaded == program || loaded.empty());
      expect_programs_alone();
      f();
      EXPECT_EQ(loaded, program);
      std::filesystem::remove_all(path("programs"));
    };
    EXPECT_GT(each_fault(call, error, f, after), 0) << call;
  }
}

}  // namespace
}  // namespace tinygrad::test
