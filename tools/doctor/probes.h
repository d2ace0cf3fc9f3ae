// SPDX-License-Identifier: MIT
// Declares the probes, which run in child processes, because a vendor's driver may abort or hang:
// the doctor itself loads nothing. A probe writes lines "@word text", and names each call before it
// makes it, so that the parent can tell which call it ended in.
#pragma once
#include <string>
#include <vector>

#include "system.h"

namespace tinygrad::doctor {

/// The children's side: runs one probe and returns the exit status.
/// - loader: opens libOpenCL.so.1
/// - icd LIBRARY: opens a driver's library, then uses the loader: platforms, devices, a kernel on
///   each
/// - devices: lists the devices that tinygrad offers
/// - device NAME: computes with tinygrad on a device and checks the results
/// - bench NAME: measures it
/// - cuda: opens NVIDIA's driver library and lists what it shows
/// - cuda_library NAME MAJOR: opens cublaslt, cudnn or nccl; of this major version of CUDA if there
///   is a choice
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
/// The text of the first line with this word; empty if there is none.
std::string find(const std::vector<Said>& lines, const std::string& word);
/// Returns the call that the child was about to make when it ended.
std::string last_call(const std::vector<Said>& lines);

}  // namespace tinygrad::doctor
