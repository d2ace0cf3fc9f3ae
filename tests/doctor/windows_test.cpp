// SPDX-License-Identifier: MIT
// Tests the chains of Windows on simulated machines: a laptop with Intel's graphics and a desktop
// with NVIDIA's, on which everything works until a test breaks something.
#include <gtest/gtest.h>

#include "doctor/links.h"
#include "print.h"

namespace tinygrad::doctor {
namespace {

const std::string classes = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\",
                  display = "{4d36e968-e325-11ce-bfc1-08002be10318}\\0000",
                  component = "{5c4c3332-344d-483c-8739-259e934c9cc8}\\0001",
                  vendors = "HKLM\\SOFTWARE\\Khronos\\OpenCL\\Vendors",
                  vendors_32 = "HKLM\\SOFTWARE\\WOW6432Node\\Khronos\\OpenCL\\Vendors",
                  lxss = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss",
                  store = "C:\\Windows\\System32\\DriverStore\\FileRepository\\";
const std::string zero = "dword:00000000",
                  intels_driver = "winget install Intel.IntelDriverAndSupportAssistant",
                  nvidias_driver = "start https://www.nvidia.com/drivers";

class WindowsSystem : public FakeSystem {
 public:
  std::map<std::string, RegistryKey> keys;
  std::vector<DisplayAdapter> adapters;

  WindowsSystem() {
    files.clear(), nodes.clear(), build = {};
    keys["HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"].values = {
        {"ProductName", "Windows 10 Home"}, {"CurrentBuildNumber", "22631"}};
    probes["loader"] = said("@loader C:\\Windows\\System32\\OpenCL.dll\n");
    has("8086", "9A49", "igfxn", "Intel(R) Iris(R) Xe Graphics", "31.0.101.5186");
    registered(component, store + "iigd\\igdrcl64.dll");
  }
  void has(const std::string& vendor, const std::string& device, const std::string& service,
           const std::string& name, const std::string& version) {
    adapters = {{"PCI\\VEN_" + vendor + "&DEV_" + device + "&SUBSYS_09A01028&REV_01\\3&11583659",
                 service,
                 {display, component}}};
    keys[classes + display].values = {
        {"DriverDesc", name}, {"DriverVersion", version}, {"DriverDate", "1-18-2024"}};
  }
  /// An OpenCL driver that works, named at the card or by the key Vendors.
  void registered(const std::string& key, const std::string& library) {
    if (key == vendors) keys[key].values[library] = zero;
    else keys[classes + key].values["OpenCLDriverName"] = library;
    files[library] = "";
    probes["icd " + library] = said("@library " + library + "\n" + platform_lines("Platform") +
                                    "@devices 0\n" + device_lines("Card", "1.2"));
  }
  void unregistered() {
    keys[classes + component] = {}, keys[vendors] = {};
    probes["devices"] = said("@device cpu\n");
  }

  bool is_windows() const override { return true; }
  std::vector<DisplayAdapter> display_adapters() const override { return adapters; }
  RegistryKey registry(const std::string& key) const override {
    const auto found = keys.find(key);
    return found == keys.end() ? RegistryKey{} : found->second;
  }
};

WindowsSystem nvidia_desktop() {
  WindowsSystem s;
  s.unregistered();
  s.has("10DE", "2684", "nvlddmkm", "NVIDIA GeForce RTX 4090", "32.0.15.6094");
  s.registered(vendors, "nvopencl64.dll"), s.files["C:\\Windows\\System32\\nvopencl64.dll"] = "";
  s.probes["cuda"] = said(
      "@library C:\\Windows\\System32\\nvcuda.dll\n@version 12060\n@init 0\n@device NVIDIA GeForce "
      "RTX 4090\n@capability 8.9\n@processors 128\n@memory 25757220864\n");
  s.probes["devices"] = said("@device cpu\n@device opencl\n");
  s.variables["CUDA_PATH"] = "C:\\CUDA\\v12.4", s.files["C:\\CUDA\\v12.4\\bin\\nvcc.exe"] = "";
  s.variables["PATH"] = "C:\\Windows;C:\\cudnn\\bin", s.files["C:\\cudnn\\bin\\cudnn64_9.dll"] = "";
  s.keys[lxss].keys = {"{1}"}, s.keys[lxss + "\\{1}"].values["DistributionName"] = "Ubuntu";
  return s;
}

Link opencl(const FakeSystem& s, Text name) { return link_of(s, "opencl", name); }
Link cuda(const FakeSystem& s, Text name) { return link_of(s, "cuda", name); }
Commands command(const std::string& text) { return Commands::on_windows(text); }
std::string names(const Report& report) {
  std::string all;
  for (const Link& l : report.chains[0].links) all += in_words({l.name}, Language::english) + " ";
  return all;
}

TEST(DoctorWindows, FindsNothingWrongWithIntel) {
  const WindowsSystem s;
  const Report report = report_on(s, "opencl");
  EXPECT_EQ(report.system, "Windows 11, build 22631");
  EXPECT_EQ(report.graphics, "Intel Tiger Lake (8086:9a49)");
  EXPECT_EQ(names(report),
            "driver loader ICD platform driver device extensions kernel tinygrad monitor ");
  for (const Link& l : report.chains[0].links) {
    EXPECT_TRUE(l.state == State::ok || l.name == Text::extensions || l.name == Text::monitor);
    EXPECT_TRUE(l.mend.empty()) << text(l);
  }
  EXPECT_EQ(text(report.chains[0].links[0]),
            "Intel Tiger Lake (8086:9a49): Intel(R) Iris(R) Xe Graphics, driver 31.0.101.5186 of "
            "1-18-2024.");
  EXPECT_EQ(text(opencl(s, Text::loader)),
            "OpenCL.dll, which programs open and which passes their calls on to drivers.");
  EXPECT_EQ(text(opencl(s, Text::icd)),
            classes + component + " names " + store + "iigd\\igdrcl64.dll.");
  WindowsSystem twice = s;
  twice.registered(display, store + "iigd\\igdrcl64.dll");
  twice.registered(vendors, store + "iigd\\igdrcl64.dll");
  EXPECT_EQ(names(report_on(twice, "opencl")), names(report)) << "one driver is tried once";
  EXPECT_EQ(opencl(s, Text::monitor).state, State::note);
  EXPECT_TRUE(report.asked.works);
}

TEST(DoctorWindows, FindsNothingWrongWithNvidia) {
  const WindowsSystem s = nvidia_desktop();
  EXPECT_TRUE(report_on(s, "opencl").chains[0].works);
  EXPECT_EQ(text(opencl(s, Text::icd)), vendors + " names nvopencl64.dll.");
  EXPECT_EQ(names(report_on(s, "cuda")),
            "GPU driver CUDA version device toolkit runtime cuDNN WSL architecture tinygrad ");
  expect(cuda(s, Text::driver), State::ok,
         "NVIDIA Ada (10de:2684): NVIDIA GeForce RTX 4090, driver 32.0.15.6094 of 1-18-2024.");
  expect(cuda(s, Text::toolkit), State::note,
         "This build of tinygrad has no CUDA backend, but a toolkit is here: "
         "C:\\CUDA\\v12.4\\bin\\nvcc.exe.");
  EXPECT_EQ(cuda(s, Text::cudnn).path, "C:\\cudnn\\bin\\cudnn64_9.dll");
  expect(cuda(s, Text::wsl), State::note,
         "Build tinygrad with CUDA inside WSL (Ubuntu): Windows' driver serves it there, and no "
         "driver is installed inside.",
         command("wsl -d Ubuntu"));
}

TEST(DoctorWindows, CardWithoutADriver) {
  WindowsSystem s;
  s.unregistered(), s.probes["loader"] = failed("not found");
  s.adapters[0].service = "BasicDisplay";
  expect(opencl(s, Text::driver), State::skipped, "Not reached.");
  expect(report_on(s, "opencl").chains[0].links[0], State::broken,
         "Intel Tiger Lake (8086:9a49) has no driver: Windows drives it with Microsoft Basic "
         "Display Adapter, which shows pictures and computes nothing.",
         command(intels_driver));
  expect(opencl(s, Text::loader), State::broken,
         "OpenCL.dll is missing: the loader, the library that programs open and that passes their "
         "calls on to drivers. (not found)",
         command(intels_driver));
  s.has("10DE", "2684", "BasicDisplay", "", "");
  EXPECT_EQ(cuda(s, Text::driver).mend.windows, nvidias_driver);
  s.has("1002", "744C", "BasicDisplay", "", "");
  EXPECT_EQ(opencl(s, Text::loader).mend.windows, "start https://www.amd.com/support");
  s.has("1234", "1111", "BasicDisplay", "", "");  // of an emulator
  EXPECT_EQ(report_on(s, "opencl").chains[0].links[0].state, State::skipped);
}

TEST(DoctorWindows, NoDriverIsRegistered) {
  WindowsSystem s;
  s.unregistered();
  expect(opencl(s, Text::icd), State::broken,
         "The loader is there, but no driver is registered with it, neither at the graphics card "
         "(OpenCLDriverName) nor in " +
             vendors + ": the card's driver does that. (Programs get -1001 from clGetPlatformIDs.)",
         command(intels_driver));
  s.keys[vendors_32].values["IntelOpenCL32.dll"] = zero;
  expect(opencl(s, Text::icd), State::broken,
         "Only programs of 32 bits find a driver, IntelOpenCL32.dll; this program has 64 bits. A "
         "whole driver registers both.",
         command(intels_driver));
  s.keys[vendors_32].values.clear(),
      s.keys[classes + component].values["OpenCLDriverNameWow"] = "igdrcl32.dll";
  EXPECT_EQ(opencl(s, Text::icd).what.parts[0], "igdrcl32.dll");
}

TEST(DoctorWindows, ValueIsDisabled) {
  WindowsSystem s;
  s.keys[vendors].values["C:\\other.dll"] = "dword:00000001";
  const std::string sentence = vendors +
                               " names C:\\other.dll, but its value is dword:00000001: the loader "
                               "takes only a DWORD of 0. (The command is one for administrators.)";
  const Commands enable =
      command("reg add \"" + vendors + "\" /v \"C:\\other.dll\" /t REG_DWORD /d 0 /f");
  expect(link_of(s, "opencl", Text::icd, "C:\\other.dll"), State::note, sentence, enable);
  EXPECT_EQ(opencl(s, Text::kernel).state, State::ok) << "Intel's driver is not affected";
  s.unregistered(), s.keys[vendors].values["C:\\other.dll"] = "dword:00000001";
  expect(opencl(s, Text::icd), State::broken, sentence, enable);
  s.keys[vendors].values["C:\\other.dll"] = "0";  // a text
  EXPECT_EQ(opencl(s, Text::icd).what.text, Text::registry_disabled);
}

TEST(DoctorWindows, LibraryIsMissing) {
  WindowsSystem s;
  const std::string library = store + "iigd\\igdrcl64.dll";
  s.files.erase(library);
  expect(opencl(s, Text::icd), State::broken,
         classes + component + " names " + library +
             ", which is not there: a driver was removed, or only half installed.",
         command(intels_driver));
  s.keys[vendors].values["gone.dll"] = zero;  // would be in System32
  EXPECT_EQ(link_of(s, "opencl", Text::icd, "gone.dll").mend.windows,
            "reg delete \"" + vendors + "\" /v \"gone.dll\" /f");
  s.registered(vendors, "C:\\pocl\\pocl.dll");
  EXPECT_EQ(opencl(s, Text::kernel).state, State::ok) << "the others are tried";
}

TEST(DoctorWindows, DriverCrashesOrIsSilent) {
  WindowsSystem s;
  s.unregistered(), s.registered(vendors, "C:\\igdrcl64.dll");
  s.probes["icd C:\\igdrcl64.dll"] = crashed(int(0xC0000005), "@call dlopen\n");
  expect(opencl(s, Text::icd), State::broken,
         "The driver of igdrcl64.dll ends the program (0xC0000005) in dlopen. Every OpenCL program "
         "here suffers from it until it is mended or hidden.",
         command("reg add \"" + vendors + "\" /v \"C:\\igdrcl64.dll\" /t REG_DWORD /d 1 /f"));
  s.probes["icd C:\\igdrcl64.dll"] = said("@library C:\\igdrcl64.dll\n@platforms -1001\n");
  EXPECT_EQ(opencl(s, Text::platform).mend.windows, intels_driver);
  EXPECT_EQ(opencl(s, Text::driver).state, State::ok) << "rules of Linux are not applied";
}

TEST(DoctorWindows, CudaDriverIsMissingOrOlderThanTheToolkit) {
  WindowsSystem s = nvidia_desktop();
  s.variables["CUDA_PATH"] = "C:\\CUDA\\v13.0", s.files["C:\\CUDA\\v13.0\\bin\\nvcc.exe"] = "";
  expect(cuda(s, Text::toolkit), State::broken,
         "CUDA_PATH names a toolkit of CUDA 13.0, whose programs need a driver from 580 on; this "
         "one runs CUDA 12.6. (Error 35, cudaErrorInsufficientDriver.)",
         command(nvidias_driver));
  s.variables.clear(), s.keys.erase(lxss), s.probes["cuda"] = said("@missing no such module\n");
  expect(cuda(s, Text::cuda_version), State::broken,
         "nvcuda.dll is missing: the part of NVIDIA's driver that programs open. (no such module)",
         command(nvidias_driver));
  EXPECT_EQ(cuda(s, Text::toolkit).mend.windows, "winget install Nvidia.CUDA");
  EXPECT_EQ(cuda(s, Text::wsl).mend.windows, "wsl --install");
  s.has("8086", "9A49", "igfxn", "Iris", "31.0.101.5186");
  expect(
      cuda(s, Text::cuda_version), State::skipped,
      "nvcuda.dll is not here; it comes with NVIDIA's driver. (Programs get error 35, and 0 from "
      "cudaDriverGetVersion.)");
}

TEST(DoctorWindows, PrintsItsOwnCommandsAlone) {
  WindowsSystem s = nvidia_desktop();
  s.unregistered(), s.variables["TINYGRAD_CPU"] = "baseline", s.info.kernels = "baseline";
  s.files["/proc/cpuinfo"] = "processor : 0\nflags : avx2 fma\n";
  const Report report = examine(s, {});
  for (const char* command : {"set TINYGRAD_CPU=\n", "start https://www.nvidia.com/drivers\n"})
    EXPECT_NE(as_text(report, Family::windows, Language::chinese).find(command), std::string::npos);
  const std::string json = as_json(report, Language::english);
  EXPECT_NE(json.find("\"windows\": \"wsl -d Ubuntu\""), std::string::npos);
  for (const char* other : {"sudo", "unset", "debian", "Linux"})
    EXPECT_EQ(json.substr(0, json.find("WSL")).find(other), std::string::npos) << other;
}

}  // namespace
}  // namespace tinygrad::doctor
