// SPDX-License-Identifier: MIT
// What runs in child processes, because a vendor's driver may abort or hang there: the doctor
// itself loads nothing. A probe writes lines "@word text" and says before each call what it is
// about to do, so that whoever reads knows where it ended.
#pragma once
#include <string>
#include <vector>

#include "system.h"

namespace tinygrad::doctor {

/// The children's side: runs one probe and returns the exit status.
///   loader         opens libOpenCL.so.1
///   icd LIBRARY    opens a driver's library, then goes through the loader: platforms, devices, a
///   kernel on each devices        lists what tinygrad offers device NAME    computes with tinygrad
///   on a device and checks the results bench NAME     measures it cuda           opens NVIDIA's
///   driver library and lists what it shows cuda_library NAME MAJOR   opens cublaslt, cudnn or
///   nccl; of this major version of CUDA where there is a choice
int run_probe(const std::vector<std::string>& arguments);

void probe_loader();
void probe_icd(const std::string& library);
void probe_devices();
void probe_device(const std::string& name);
void probe_speed(const std::string& name);
void probe_cuda();
void probe_cuda_library(const std::string& library, const std::string& cuda_major);

/// The file that a library was really loaded from, links followed; of what dlopen returned.
std::string file_of(void* library);

/// Writes a line at once; newlines in text become spaces.
void say(const std::string& word, const std::string& text = "");

/// The parent's side: the lines of a probe.
struct Said {
  std::string word, text;
};
std::vector<Said> lines_of(const Outcome& outcome);
/// The text of the first line with this word; empty where there is none.
std::string find(const std::vector<Said>& lines, const std::string& word);
/// What the child was about to do when it ended.
std::string last_call(const std::vector<Said>& lines);

}  // namespace tinygrad::doctor
