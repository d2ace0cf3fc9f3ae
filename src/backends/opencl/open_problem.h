// SPDX-License-Identifier: MIT
// Finds out why dlopen could not open a library: the file that was found, and what that file lacks.
// tinygrad-doctor uses it too, for drivers.
#pragma once
#include <string>

namespace tinygrad::opencl {

struct OpenProblem {
  std::string file = {};     ///< the library's file that was found; empty if there is none
  std::string missing = {};  ///< the library that this file needs and that is not there; or empty
  std::string error = {};    ///< dlopen's own words
};

/// Of a dlopen(name) that failed; `error` is what dlerror() then said.
OpenProblem why_not_opened(const std::string& name, const std::string& error);

/// The package of Python that brings a library, such as "intel-cmplr-lib-rt"; empty if that is not
/// known.
std::string python_package_of(const std::string& library);

}  // namespace tinygrad::opencl
