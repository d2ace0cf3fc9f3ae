// SPDX-License-Identifier: MIT
// Simulates a machine by maps: an Intel laptop on Ubuntu 24.04 on which everything works until a
// test breaks something.
#pragma once
#include <map>
#include <set>

#include "distribution.h"
#include "system.h"

namespace tinygrad::doctor {

inline Outcome said(const std::string& lines) { return {Outcome::exited, 0, lines}; }
inline Outcome failed(const std::string& error) {
  return {Outcome::exited, 1, "@error " + error + "\n"};
}
inline Outcome crashed(int signal, const std::string& lines) {
  return {Outcome::crashed, signal, lines};
}
inline Outcome hung(const std::string& lines) { return {Outcome::timed_out, 0, lines}; }

/// The lines that the probe of a driver writes up to its platform, and about one device.
inline std::string platform_lines(const std::string& name) {
  return "@call clGetPlatformIDs\n@platforms 0\n@call clGetPlatformInfo\n@platform " + name +
         "\n@platform_version OpenCL 3.0\n@call clGetDeviceIDs\n";
}
inline std::string device_lines(const std::string& name, const std::string& driver,
                                const std::string& kernel = "kernel_right 0") {
  return "@device " + name + "\n@driver_version " + driver +
         "\n@device_version OpenCL 3.0 NEO\n@type 4\n@units 96\n@memory 13421772800\n@unified 1\n" +
         "@extensions cl_khr_fp16 cl_khr_subgroups cl_intel_subgroups "
         "cl_intel_required_subgroup_size\n@" +
         kernel + "\n";
}

class FakeSystem : public System {
 public:
  std::map<std::string, std::string> files, variables;
  std::map<std::string, Access> nodes;
  std::map<std::string, Outcome> probes;  ///< by arguments, joined with spaces
  std::string of_khronos =
      "@loader /usr/lib64/libOpenCL.so.1\n@loader_version Khronos Group 3.1.0\n";
  std::string intel_library = "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so";
  CpuInfo info = {"avx2", "", 8};
  bool opencl_backend = true;
  CudaBuild build = {13000, 91900, "75-real 80-real 90-real 100-real 120"};

  FakeSystem() {
    on("ubuntu", "24.04", "noble");
    linux("6.8.0-31-generic");
    chip(0x9A49);
    nodes["/dev/dri/renderD128"] = {true, "render", true, true};
    files["/proc/cpuinfo"] = "processor : 0\nmodel name : Core i7\nflags : fpu avx avx2 fma f16c\n";
    for (int i = 1; i < 8; ++i) files["/proc/cpuinfo"] += "processor : " + std::to_string(i) + "\n";
    probes["loader"] = said(
        "@loader /usr/lib/x86_64-linux-gnu/libOpenCL.so.1.0.0\n@loader_version OCL Icd free "
        "software 2.3.2\n");
    probes["devices"] = said("@device cpu\n@device opencl\n");
    probes["device cpu"] = probes["device opencl"] = said("@works\n");
    intel_driver("23.43.27642");
    intel_says("@library " + intel_library + "\n" + platform_lines("Intel(R) OpenCL Graphics") +
               "@devices 0\n" + device_lines("Intel(R) Iris(R) Xe Graphics", "23.43.27642.40"));
  }

  void on(const std::string& id, const std::string& version, const std::string& codename = "") {
    files["/etc/os-release"] = "PRETTY_NAME=\"" + id + " " + version + "\"\nID=" + id +
                               "\nVERSION_ID=\"" + version + "\"\nVERSION_CODENAME=" + codename +
                               "\n";
  }
  void linux(const std::string& release) { files["/proc/sys/kernel/osrelease"] = release + "\n"; }
  /// The card on the bus.
  void card(int vendor, int device) {
    const std::string slot = "/sys/bus/pci/devices/0000:00:02.0/";
    char hex[16];
    std::snprintf(hex, sizeof hex, "0x%04x\n", unsigned(vendor)), files[slot + "vendor"] = hex;
    std::snprintf(hex, sizeof hex, "0x%04x\n", unsigned(device)), files[slot + "device"] = hex;
    files[slot + "class"] = "0x030000\n";
  }
  void chip(int device) { card(0x8086, device); }
  void no_card() { erase("/sys/bus/pci/"), nodes.clear(); }
  void erase(const std::string& beginning) {
    std::erase_if(files, [&](const auto& file) { return file.first.rfind(beginning, 0) == 0; });
  }

  void icd(const std::string& name, const std::string& library) {
    files["/etc/OpenCL/vendors/" + name] = library + "\n";
  }
  void no_icd() { erase("/etc/OpenCL/vendors/"); }
  /// The library's bytes, with its version among them.
  void intel_driver(const std::string& version) {
    icd("intel.icd", intel_library);
    files[intel_library] = std::string("\x7f") + "ELF 1.2.3 10.11.12 \0" + version + " more";
  }
  void intel_says(const std::string& lines) { probes["icd " + intel_library] = said(lines); }
  void intel_is_silent() {
    intel_says("@call dlopen\n@library " + intel_library +
               "\n@call clGetPlatformIDs\n@platforms -1001\n@call exit\n");
  }

  std::optional<std::string> read(const std::string& file) const override {
    const auto found = files.find(file);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<std::string> list(const std::string& folder) const override {
    const std::string beginning = folder.back() == '/' ? folder : folder + "/";
    std::set<std::string> names;
    auto add = [&](const std::string& path) {
      if (path.rfind(beginning, 0) == 0)
        names.insert(
            path.substr(beginning.size(), path.find('/', beginning.size()) - beginning.size()));
    };
    for (auto& file : files) add(file.first);
    for (auto& node : nodes) add(node.first);
    return {names.begin(), names.end()};
  }
  bool exists(const std::string& path) const override {
    return files.count(path) || nodes.count(path);
  }
  Access access(const std::string& path) const override { return nodes.at(path); }
  std::string environment(const std::string& variable) const override {
    const auto found = variables.find(variable);
    return found == variables.end() ? "" : found->second;
  }
  CpuInfo cpu() const override { return info; }
  CudaBuild cuda_build() const override { return build; }
  bool has_opencl_backend() const override { return opencl_backend; }
  Outcome probe(const std::vector<std::string>& arguments, const Drivers&) const override {
    std::string key;
    for (const std::string& word : arguments) key += (key.empty() ? "" : " ") + word;
    const auto found = probes.find(key);
    return found == probes.end() ? failed("there is no " + key) : found->second;
  }
};

}  // namespace tinygrad::doctor
