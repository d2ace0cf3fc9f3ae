// SPDX-License-Identifier: MIT
// Declares by hand the part of OpenCL's C interface that the probe calls. Its types and numbers are
// fixed by the specification, so the doctor builds without OpenCL's headers, on any machine, and
// calls the library that it finds at run time.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tinygrad::doctor::cl {

/// The library that programs open.
constexpr const char* loader_name(bool windows) {
  return windows ? "OpenCL.dll" : "libOpenCL.so.1";
}

using Int = std::int32_t;
using UInt = std::uint32_t;
using Flags = std::uint64_t;  // cl_bitfield
using Handle = void*;         // cl_platform_id, cl_device_id, cl_context, cl_mem, ...

constexpr Int success = 0, device_not_found = -1,
              no_platform = -1001;  // -1001: CL_PLATFORM_NOT_FOUND_KHR, which only loaders say
constexpr UInt platform_version = 0x0901, platform_name = 0x0902;
constexpr UInt device_type = 0x1000, device_units = 0x1002, device_max_allocation = 0x1010,
               device_memory = 0x101F, device_local_type = 0x1022, device_unified = 0x1035,
               device_name = 0x102B, device_driver = 0x102D, device_version = 0x102F,
               device_extensions = 0x1030, device_features = 0x106F;
constexpr Flags all_types = 0xFFFFFFFF, type_cpu = 2, type_gpu = 4;
constexpr Flags read_only = 4, write_only = 2, copy_host_memory = 32;
constexpr UInt build_log = 0x1183;

struct NameVersion {  // cl_name_version
  UInt version;
  char name[64];
};

using GetPlatforms = Int (*)(UInt, Handle*, UInt*);
using GetPlatformInfo = Int (*)(Handle, UInt, std::size_t, void*, std::size_t*);
using GetDevices = Int (*)(Handle, Flags, UInt, Handle*, UInt*);
using GetDeviceInfo = Int (*)(Handle, UInt, std::size_t, void*, std::size_t*);
using CreateContext = Handle (*)(const std::intptr_t*, UInt, const Handle*, void*, void*, Int*);
using CreateQueue = Handle (*)(Handle, Handle, Flags, Int*);
using CreateBuffer = Handle (*)(Handle, Flags, std::size_t, void*, Int*);
using CreateProgram = Handle (*)(Handle, UInt, const char**, const std::size_t*, Int*);
using BuildProgram = Int (*)(Handle, UInt, const Handle*, const char*, void*, void*);
using GetBuildInfo = Int (*)(Handle, Handle, UInt, std::size_t, void*, std::size_t*);
using CreateKernel = Handle (*)(Handle, const char*, Int*);
using SetArgument = Int (*)(Handle, UInt, std::size_t, const void*);
using Launch = Int (*)(Handle, Handle, UInt, const std::size_t*, const std::size_t*,
                       const std::size_t*, UInt, const Handle*, Handle*);
using ReadBuffer = Int (*)(Handle, Handle, UInt, std::size_t, std::size_t, void*, UInt,
                           const Handle*, Handle*);
using GetExtension = void* (*)(const char*);
using GetLoaderInfo =
    Int (*)(UInt, std::size_t, void*,
            std::size_t*);  // clGetICDLoaderInfoOCLICD, an extension of both loaders
constexpr UInt loader_version = 2, loader_vendor = 4;

}  // namespace tinygrad::doctor::cl
