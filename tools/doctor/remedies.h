// SPDX-License-Identifier: MIT
// The commands that repair a link, for each family of distributions: only this file contains names
// of packages.
#pragma once
#include <string>

#include "chips.h"
#include "distribution.h"
#include "nvidia_gpus.h"
#include "report.h"

namespace tinygrad::doctor::remedy {

const std::string install = "sudo apt-get install ";  // on Debian and Ubuntu

Commands loader();
Commands pocl();
Commands nvidia(const Distribution& here);
Commands amd();

/// Intel's driver for a machine that has none of it. `legacy`: the chip is of Gen8 to Gen11.
Commands intel(const Distribution& here, bool legacy);
/// For a chip that is newer than the driver that is there.
Commands newer_intel(const Distribution& here);
/// For a chip of Gen8 to Gen11 if the installed driver is too new for it (`beside` it), or too old
/// for the kernel.
Commands legacy_intel(const Distribution& here, bool beside);
Commands replace_beignet(const Distribution& here, bool legacy);

/// Installs anew the package that brought a file.
Commands reinstall(const std::string& file);
/// Hides an ICD file from the loader.
Commands hide(const std::string& icd_file);
/// Writes the path of a driver's library into an ICD file.
Commands write_icd(const std::string& icd_file, const std::string& library);
/// Installs a library that another one lacks; empty if its package is not known.
Commands library(const std::string& missing);

/// Takes away the package that brought a file.
Commands remove(const std::string& file);

/// Takes an environment variable away, in this terminal.
Commands unset(const std::string& variable);

Commands join_group(const std::string& group);
Commands newer_kernel(const Distribution& here);
Commands allow_modesetting();

// ---- CUDA (remedies_cuda.cpp)

/// The newest driver that serves a GPU, or the newest of all (nullptr).
Commands cuda_driver(const Distribution& here, const NvidiaGpu* gpu);
/// The part of the driver that programs open. `branch`: of the kernel module, 580.
Commands libcuda(const Distribution& here, int branch);
Commands keep_nouveau_out();
Commands sign_module(const Distribution& here);
Commands build_module();
Commands fabric_manager();

/// `cuda_major`: 12 or 13.
Commands cublas(const Distribution& here, int cuda_major);
Commands cudnn(const Distribution& here, int cuda_major);
/// The last that has code for GPUs before Turing.
Commands cudnn_for_old_gpus();
/// NVIDIA's toolkit, and a build with it; for only one GPU if `gpu` names one.
Commands toolkit_and_build(const Distribution& here, int cuda_major, Capability gpu = {});
/// CMake's command with these options.
Commands build(const std::string& options);

// ---- Windows (remedies_windows.cpp)

/// The newest driver of a card; of all vendors of graphics if there is no card.
Commands windows_driver(const Graphics* card);
/// Writes 0 or another number as the value of an OpenCL driver in the registry, or removes it.
Commands write_registry(const std::string& key, const std::string& name, int number);
Commands remove_from_registry(const std::string& key, const std::string& name);
Commands windows_toolkit();
Commands windows_cudnn();
/// Starts a distribution inside Windows, or installs the first if the name is empty.
Commands wsl(const std::string& distribution);

}  // namespace tinygrad::doctor::remedy
