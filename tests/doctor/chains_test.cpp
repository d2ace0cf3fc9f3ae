// SPDX-License-Identifier: MIT
// Tests tinygrad-doctor on machines with one broken link: the whole sentence, and the command for
// each distribution.
#include <gtest/gtest.h>

#include <csignal>

#include "doctor/links.h"

namespace tinygrad::doctor {
namespace {

Report examined(const FakeSystem& system, const std::string& device = "opencl") {
  return report_on(system, device);
}
Link link(const FakeSystem& system, Text name, const std::string& subject = "",
          const std::string& device = "opencl") {
  return link_of(system, device, name, subject);
}
std::string on(FakeSystem system, const char* id, const char* version, const char* codename,
               Text name) {
  return command_on(system, "opencl", id, version, codename, name);
}

const std::string legacy_packages =
    "cd $(mktemp -d) && wget "
    "https://github.com/intel/intel-graphics-compiler/releases/download/igc-1.0.17537.24/"
    "intel-igc-{core,opencl}_1.0.17537.24_amd64.deb "
    "https://github.com/intel/compute-runtime/releases/download/24.35.30872.36/";
const std::string legacy_alone = legacy_packages +
                                 "intel-opencl-icd-legacy1_24.35.30872.36_amd64.deb && sudo "
                                 "apt-get install ./*.deb && sudo ldconfig";
const std::string legacy_with_library = legacy_packages +
                                        "{intel-opencl-icd-legacy1_24.35.30872.36,libigdgmm12_22.5."
                                        "0}_amd64.deb && sudo apt-get install ./*.deb"
                                        " && sudo ldconfig";
const std::string newest_packages =
    "cd $(mktemp -d) && wget "
    "https://github.com/intel/intel-graphics-compiler/releases/download/v2.28.4/"
    "intel-igc-{core,opencl}-2_2.28.4+20760_amd64.deb "
    "https://github.com/intel/compute-runtime/releases/download/26.05.37020.3/"
    "{intel-opencl-icd_26.05.37020.3-0,libigdgmm12_22.9.0}_amd64.deb && sudo apt-get install "
    "./*.deb";
const std::string to_trixie =
    "sudo sed -i 's/bookworm/trixie/g' /etc/apt/sources.list /etc/apt/sources.list.d/*; sudo "
    "apt-get update && sudo apt-get full-upgrade";

TEST(Doctor, FindsNothingWrongWhereNothingIs) {
  const FakeSystem laptop;
  const Report report = examined(laptop);
  ASSERT_EQ(report.chains.size(), 1u);
  std::string names;
  for (const Link& l : report.chains[0].links) {
    names += in_words({l.name}, Language::english) + " ";
    EXPECT_TRUE(l.state == State::ok || l.name == Text::extensions) << text(l);
    EXPECT_TRUE(l.mend.empty());
  }
  EXPECT_EQ(names, "loader ICD platform driver device permission extensions kernel tinygrad ");
  EXPECT_TRUE(report.chains[0].works && report.asked.works);
  EXPECT_EQ(report.system, "ubuntu 24.04, Linux 6.8.0-31-generic");
  EXPECT_EQ(report.graphics, "Intel Tiger Lake (8086:9a49)");
  EXPECT_EQ(link(laptop, Text::loader).path, "/usr/lib/x86_64-linux-gnu/libOpenCL.so.1.0.0");
  EXPECT_EQ(link(laptop, Text::loader).version, "OCL Icd free software 2.3.2");
  EXPECT_EQ(link(laptop, Text::icd).path, laptop.intel_library);
  EXPECT_EQ(link(laptop, Text::driver).version, "23.43.27642.40");
  expect(link(laptop, Text::device), State::ok,
         "Intel(R) Iris(R) Xe Graphics: a GPU of 96 compute units with 12.5 GiB, shared with the "
         "processor.");
  expect(
      link(laptop, Text::kernel), State::ok,
      "Intel(R) Iris(R) Xe Graphics added two vectors of 65536 numbers, and every sum is right.");
  expect(link(laptop, Text::extensions), State::note,
         "Intel(R) Iris(R) Xe Graphics has cl_khr_fp16, cl_khr_subgroups, cl_intel_subgroups, "
         "cl_intel_required_subgroup_size; it lacks cl_khr_fp64. Without "
         "cl_khr_fp64 there are no float64 tensors; the others do not care.");
}

// ------------------------------------------------------------ loader

const Commands the_loader = {"sudo apt-get install ocl-icd-libopencl1",
                             "sudo dnf install 'libOpenCL.so.1()(64bit)'",
                             "sudo pacman -S ocl-icd"};

TEST(DoctorLoader, IsMissing) {
  FakeSystem s;
  s.probes["loader"] =
      failed("libOpenCL.so.1: cannot open shared object file: No such file or directory");
  expect(link(s, Text::loader), State::broken,
         "libOpenCL.so.1 is missing: the loader, the library that programs open and that passes "
         "their calls on to drivers. (libOpenCL.so.1: "
         "cannot open shared object file: No such file or directory)",
         the_loader);
  for (Text later : {Text::platform, Text::driver, Text::device, Text::extensions, Text::kernel})
    expect(link(s, later), State::skipped, "Not reached.");
  expect(link(s, Text::permission), State::ok,
         "/dev/dri/renderD128 may be read and written.");  // it can be seen to at the same time
}

TEST(DoctorLoader, IsNeitherHeadersNorSdk) {
  FakeSystem s;
  s.probes["loader"] = failed("no");
  s.files["/usr/include/CL/cl.h"] = "";
  expect(link(s, Text::loader), State::broken,
         "libOpenCL.so.1 is missing: the loader, the library that programs open. The headers are "
         "there (/usr/include/CL/cl.h), but they only "
         "serve to compile programs.",
         the_loader);
  s.files["/usr/local/cuda/lib64/libOpenCL.so.1"] = "";
  expect(link(s, Text::loader), State::broken,
         "libOpenCL.so.1 is missing where programs look for it. An SDK has a loader of its own "
         "(/usr/local/cuda/lib64/libOpenCL.so.1); an SDK "
         "serves to develop programs, and running them takes the system's loader.",
         the_loader);
}

/// A loader of an SDK or of a package of Python lies before the system's and cannot be opened.
TEST(DoctorLoader, LacksALibrary) {
  FakeSystem s;
  const std::string file = "/home/me/env/lib/libOpenCL.so.1";
  const auto lacks = [&](const std::string& missing) {
    s.probes["loader"] = {Outcome::exited, 1,
                          "@file " + file + "\n@missing " + missing + "\n@error " + missing +
                              ": cannot open shared object file: No such file or directory\n"};
  };
  const auto sentence = [&](const std::string& missing) {
    return file + " was found, but cannot be opened: it needs " + missing +
           ", which was not found. It hides a loader that lies in a later folder.";
  };
  s.variables["LD_LIBRARY_PATH"] = "/home/me/env/lib";
  lacks("libimf.so");
  expect(link(s, Text::loader), State::broken, sentence("libimf.so"),
         {"pip install intel-cmplr-lib-rt"});
  EXPECT_EQ(link(s, Text::loader).path, file);
  lacks("libother.so.2");
  expect(link(s, Text::loader), State::broken, sentence("libother.so.2"),
         {"unset LD_LIBRARY_PATH"});
}

TEST(DoctorLoader, CannotBeOpened) {
  FakeSystem s;
  const std::string file = "/usr/lib/x86_64-linux-gnu/libOpenCL.so.1";
  s.probes["loader"] = {Outcome::exited, 1,
                        "@file " + file + "\n@missing\n@error " + file + ": file too short\n"};
  expect(
      link(s, Text::loader), State::broken,
      file + " was found, but cannot be opened: " + file + ": file too short",
      {"sudo apt-get install --reinstall $(dpkg -S " + file + " | cut -d: -f1)",
       "sudo dnf reinstall $(rpm -qf " + file + ")", "sudo pacman -S $(pacman -Qoq " + file + ")"});
}

TEST(DoctorLoader, MayCrash) {
  FakeSystem s;
  s.probes["loader"] = crashed(SIGSEGV, "");
  expect(link(s, Text::loader), State::broken,
         "Opening libOpenCL.so.1 ends the program (SIGSEGV).");
}

// ------------------------------------------------------------ ICD files

TEST(DoctorIcd, NoneIsThere) {
  FakeSystem s;
  s.no_icd();
  expect(link(s, Text::icd), State::broken,
         "The loader is there, but no driver is registered with it: /etc/OpenCL/vendors holds no "
         ".icd file. Such a file is one line that names "
         "a driver's library; it comes with the driver's package, the runtime. (Programs get -1001 "
         "from clGetPlatformIDs.)",
         {"sudo apt-get install intel-opencl-icd", "sudo dnf install intel-compute-runtime",
          "sudo pacman -S intel-compute-runtime"});
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::icd), "sudo apt-get install intel-opencl-icd");
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::icd),
            newest_packages);  // Debian 13 has no such package
}

TEST(DoctorIcd, NoneIsThereForAnOldChip) {
  FakeSystem s;
  s.no_icd(), s.chip(0x1916);  // Skylake
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::icd), "sudo apt-get install intel-opencl-icd");
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::icd), legacy_alone);
  EXPECT_EQ(on(s, "debian", "", "", Text::icd),
            "sudo apt-get install intel-opencl-icd-legacy");  // unstable
  EXPECT_EQ(on(s, "ubuntu", "24.04", "noble", Text::icd), "sudo apt-get install intel-opencl-icd");
  EXPECT_EQ(on(s, "ubuntu", "26.04", "resolute", Text::icd),
            "sudo apt-get install intel-opencl-icd-legacy");
  EXPECT_EQ(link(s, Text::icd).mend.fedora,
            "sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=iris");
  EXPECT_EQ(link(s, Text::icd).mend.arch, "yay -S intel-compute-runtime-legacy-bin");
}

TEST(DoctorIcd, NoneIsThereForOtherHardware) {
  const Commands pocl = {"sudo apt-get install pocl-opencl-icd", "sudo dnf install pocl",
                         "sudo pacman -S pocl"};
  FakeSystem s;
  s.no_icd(), s.chip(0x0416);  // Haswell, which Intel's driver never served
  EXPECT_EQ(link(s, Text::icd).mend.debian, pocl.debian);
  s.card(0x10DE, 0x2684);
  EXPECT_EQ(link(s, Text::icd).mend.debian, "sudo ubuntu-drivers install");
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::icd), "sudo apt-get install nvidia-opencl-icd");
  s.card(0x1002, 0x744C);
  EXPECT_EQ(link(s, Text::icd).mend.fedora,
            "sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=radeonsi");
  s.no_card();
  expect(link(s, Text::icd), State::broken,
         "The loader is there, but no driver is registered with it: /etc/OpenCL/vendors holds no "
         ".icd file. No graphics card was found either; "
         "PoCL is a driver for the processor itself.",
         pocl);
}

TEST(DoctorIcd, NamesAMissingLibrary) {
  FakeSystem s;
  s.intel_says(
      "@call dlopen\n@library_error libigdrcl.so: cannot open shared object file: No such file or "
      "directory\n");
  const std::string file = "/etc/OpenCL/vendors/intel.icd";
  expect(
      link(s, Text::icd), State::broken,
      "intel.icd names a driver's library that cannot be opened: libigdrcl.so: cannot open shared "
      "object file: No such file or directory. The "
      "package was removed and left this file behind, or something that the library needs is "
      "missing.",
      {"sudo apt-get install --reinstall $(dpkg -S " + file + " | cut -d: -f1)",
       "sudo dnf reinstall $(rpm -qf " + file + ")", "sudo pacman -S $(pacman -Qoq " + file + ")"});
  EXPECT_FALSE(examined(s).chains[0].links.empty());
}

TEST(DoctorIcd, NamesALibraryThatLacksAnother) {
  FakeSystem s;
  const auto lacks = [&](const std::string& missing) {
    s.intel_says("@call dlopen\n@file " + s.intel_library + "\n@missing " + missing +
                 "\n@library_error " + missing + ": cannot open shared object file: No such ...\n");
    return link(s, Text::icd);
  };
  expect(lacks("libsvml.so"), State::broken,
         "intel.icd names " + s.intel_library +
             ", which cannot be opened: it needs libsvml.so, which was not found.",
         {"pip install intel-cmplr-lib-rt"});
  EXPECT_EQ(lacks("libigdgmm.so.12").mend.debian,
            "sudo apt-get install --reinstall $(dpkg -S " + s.intel_library + " | cut -d: -f1)");
}

/// Intel's package of Python brings an ICD file with a placeholder for the folder.
TEST(DoctorIcd, NamesAPlaceholder) {
  FakeSystem s;
  const std::string root = "/home/me/env", file = root + "/etc/OpenCL/vendors/intel-cpu.icd",
                    placeholder = "/opt/placeholder/lib/libintelocl.so";
  s.variables["OCL_ICD_VENDORS"] = file;
  s.files[file] = placeholder + "\n";
  s.probes["icd " + placeholder] =
      said("@call dlopen\n@file\n@missing\n@library_error " + placeholder +
           ": cannot open shared object file: No such file or directory\n");
  EXPECT_EQ(link(s, Text::icd).what.text, Text::icd_library_missing);
  s.files[root + "/lib/libintelocl.so"] = "";
  expect(link(s, Text::icd), State::broken,
         "intel-cpu.icd names " + placeholder + ", which is not there; the library is " + root +
             "/lib/libintelocl.so.",
         {"echo " + root + "/lib/libintelocl.so > " + file});
}

TEST(DoctorIcd, IsEmpty) {
  FakeSystem s;
  s.icd("intel.icd", "  ");
  EXPECT_EQ(text(link(s, Text::icd)),
            "intel.icd is empty: it should hold one line, the name of a driver's library.");
}

TEST(DoctorIcd, AbortsAndDoesNotHideTheOthers) {
  FakeSystem s;
  s.icd("broken.icd", "libbroken.so");
  s.probes["icd libbroken.so"] = crashed(SIGABRT,
                                         "noise of the driver\n@call dlopen\n@library "
                                         "/usr/lib/libbroken.so\n@call clGetPlatformIDs\n");
  expect(link(s, Text::icd, "broken.icd"), State::broken,
         "The driver of broken.icd ends the program (SIGABRT) in clGetPlatformIDs. Every OpenCL "
         "program here suffers from it until it is mended or "
         "hidden.",
         {"sudo mv /etc/OpenCL/vendors/broken.icd /etc/OpenCL/vendors/broken.icd.off"});
  expect(
      link(s, Text::kernel), State::ok,
      "Intel(R) Iris(R) Xe Graphics added two vectors of 65536 numbers, and every sum is right.");
}

TEST(DoctorIcd, HangsAndDoesNotHideTheOthers) {
  FakeSystem s;
  s.icd("slow.icd", "libslow.so");
  s.probes["icd libslow.so"] =
      hung("@call dlopen\n@library /usr/lib/libslow.so\n@call clBuildProgram\n");
  expect(link(s, Text::icd, "slow.icd"), State::broken,
         "The driver of slow.icd does not come back from clBuildProgram. Every OpenCL program here "
         "waits for it until it is mended or hidden.",
         {"sudo mv /etc/OpenCL/vendors/slow.icd /etc/OpenCL/vendors/slow.icd.off"});
  EXPECT_EQ(link(s, Text::kernel).state, State::ok);
}

TEST(DoctorIcd, IsLookedForWhereAVariableSays) {
  FakeSystem s;
  s.variables["OCL_ICD_VENDORS"] = "/opt/vendors";
  s.files["/opt/vendors/mine.icd"] = "libmine.so\n";
  s.probes["icd libmine.so"] = said("@library /opt/libmine.so\n" + platform_lines("Mine") +
                                    "@devices 0\n" + device_lines("Card", "1"));
  const Report report = examined(s);
  expect(report.chains[0].links[1], State::note,
         "OCL_ICD_VENDORS decides where ICD files are looked for: /opt/vendors.",
         {"unset OCL_ICD_VENDORS"});
  EXPECT_EQ(text(link(s, Text::platform)), "Mine.");
  s.variables["OCL_ICD_VENDORS"] = "/opt/vendors/mine.icd";
  EXPECT_EQ(text(link(s, Text::platform)), "Mine.");
  s.icd("mine.icd", "libmine.so");
  s.variables["OCL_ICD_VENDORS"] = "mine.icd";
  EXPECT_EQ(link(s, Text::icd).what.parts, (std::vector<std::string>{"mine.icd", "libmine.so"}));
  EXPECT_EQ(examined(s).chains[0].links[1].what.parts[1], "/etc/OpenCL/vendors/mine.icd");
  s.variables["OCL_ICD_VENDORS"] = "/opt/libmine.so";
  s.probes["icd /opt/libmine.so"] = s.probes["icd libmine.so"];
  EXPECT_EQ(text(link(s, Text::platform)), "Mine.");
  expect(examined(s).chains[0].links[1], State::note,
         "OCL_ICD_VENDORS names one driver: /opt/libmine.so. ocl-icd, the loader of Debian and "
         "Ubuntu, takes that; Khronos's loader takes only a folder of ICD files.",
         {"unset OCL_ICD_VENDORS"});
}

/// Khronos's loader reads the same variables in another way.
TEST(DoctorIcd, IsLookedForAsTheLoaderDoes) {
  FakeSystem s;
  s.probes["loader"] = said(s.of_khronos);
  s.files["/opt/vendors/mine.icd"] = "libmine.so\n";
  s.probes["icd libmine.so"] = said("@library /opt/libmine.so\n" + platform_lines("Mine") +
                                    "@devices 0\n" + device_lines("Card", "1"));
  const auto place = [&](const std::string& value) {
    s.variables["OCL_ICD_VENDORS"] = value;
    return examined(s).chains[0].links[1];
  };
  const auto refused = [](const std::string& value) {
    return "OCL_ICD_VENDORS names " + value +
           ", but this loader (Khronos Group 3.1.0) takes only a folder of ICD files there, so "
           "programs see no driver. (ocl-icd, the loader of Debian and Ubuntu, takes a file too.)";
  };
  s.probes["devices"] = said("@device cpu\n");
  s.probes["device opencl"] = failed("CL_PLATFORM_NOT_FOUND_KHR (-1001)");
  expect(place("/opt/vendors/mine.icd"), State::broken, refused("/opt/vendors/mine.icd"),
         {"export OCL_ICD_VENDORS=/opt/vendors"});
  EXPECT_EQ(text(link(s, Text::platform)), "Mine.");  // the driver itself is right
  expect(link(s, Text::tinygrad), State::broken,
         "Offers no device \"opencl\": CL_PLATFORM_NOT_FOUND_KHR (-1001)");
  expect(place("intel.icd"), State::broken, refused("intel.icd"), {"unset OCL_ICD_VENDORS"});
  expect(place("/opt/libmine.so"), State::broken, refused("/opt/libmine.so"),
         {"unset OCL_ICD_VENDORS"});
  expect(place("/opt/vendors"), State::note,
         "OCL_ICD_VENDORS decides where ICD files are looked for: /opt/vendors.",
         {"unset OCL_ICD_VENDORS"});
  s.variables.erase("OCL_ICD_VENDORS");
  s.variables["OPENCL_VENDOR_PATH"] = "/opt/vendors";  // which this loader does not know
  EXPECT_EQ(examined(s).chains[0].links[1].subject, "intel.icd");
  s.variables["OCL_ICD_FILENAMES"] = "libmine.so";
  EXPECT_EQ(text(link(s, Text::platform, "OCL_ICD_FILENAMES")), "Mine.");
  EXPECT_EQ(link(s, Text::icd, "intel.icd").state, State::ok);
}

// ------------------------------------------------------------ a silent Intel driver: -1001

TEST(DoctorPermission, IsMissing) {
  FakeSystem s;
  s.intel_is_silent();
  s.nodes["/dev/dri/renderD128"] = {false, "render", false, false};
  expect(link(s, Text::platform), State::broken,
         "clGetPlatformIDs gave -1001: the driver of intel.icd is loaded, but offers nothing. (The "
         "same number also means that there is no ICD file "
         "at all.)");
  expect(
      link(s, Text::driver), State::skipped,
      "Nothing can be said of the driver before /dev/dri can be opened; see the permission below.");
  expect(link(s, Text::permission), State::broken,
         "/dev/dri/renderD128 may not be opened: you are not in the group render. Intel's driver "
         "then offers nothing (-1001).",
         {"sudo usermod -aG render $USER && newgrp render"});
}

TEST(DoctorPermission, CameAfterLoginOrIsNobodys) {
  FakeSystem s;
  s.nodes["/dev/dri/renderD128"] = {false, "render", true, false};
  expect(link(s, Text::permission), State::broken,
         "/dev/dri/renderD128 may not be opened yet: you are in the group render, but since after "
         "this login. Log out and in again.",
         {"newgrp render"});
  s.nodes["/dev/dri/renderD128"] = {false, "root", true, true};
  expect(link(s, Text::permission), State::broken,
         "/dev/dri/renderD128 may not be opened, and its group root may not either.",
         {"sudo chmod g+rw /dev/dri/renderD128"});
}

TEST(DoctorPermission, NoFileToOpen) {
  FakeSystem s;
  s.nodes.clear();
  expect(link(s, Text::permission), State::broken,
         "Intel Tiger Lake (8086:9a49) is there, but its kernel driver is not loaded: /dev/dri has "
         "no renderD file.",
         {"sudo modprobe i915"});
  s.files["/proc/cmdline"] = "quiet nomodeset\n";
  const std::string edit = "sudo sed -i 's/ *nomodeset//' /etc/default/grub && ";
  expect(link(s, Text::permission), State::broken,
         "Intel Tiger Lake (8086:9a49) is there, but Linux was started with nomodeset, which keeps "
         "graphics drivers away: /dev/dri has no renderD "
         "file.",
         {edit + "sudo update-grub && sudo reboot",
          "sudo grubby --update-kernel=ALL --remove-args=nomodeset && sudo reboot",
          edit + "sudo grub-mkconfig -o /boot/grub/grub.cfg && sudo reboot"});
  s.files["/.dockerenv"] = "";
  expect(link(s, Text::permission), State::broken,
         "Intel Tiger Lake (8086:9a49) is there, but this container was started without it: "
         "/dev/dri has no renderD file.",
         {"docker run --device /dev/dri ..."});
}

TEST(DoctorPermission, NoFileSinceTheKernelIsOld) {
  FakeSystem s;
  s.nodes.clear(), s.chip(0x64A0);  // Lunar Lake
  expect(link(s, Text::permission), State::broken,
         "Intel Lunar Lake (8086:64a0) is there, but Linux 6.8.0-31-generic is too old for it; it "
         "takes 6.12: /dev/dri has no renderD file.",
         {"sudo apt-get install linux-generic-hwe-24.04 && sudo reboot",
          "sudo dnf upgrade --refresh kernel && sudo reboot",
          "sudo pacman -Syu linux && sudo reboot"});
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::permission),
            "sudo apt-get install -t bookworm-backports linux-image-amd64 && sudo reboot");
}

TEST(DoctorDriver, IsOlderThanTheChip) {
  FakeSystem s;
  s.intel_is_silent(), s.intel_driver("22.43.24595"), s.chip(0x7D55), s.linux("6.7.1");
  expect(link(s, Text::driver), State::broken,
         "Version 22.43 is older than the chip: Intel Meteor Lake (8086:7d55) is known to be "
         "served from 23.43 on.",
         {newest_packages, "sudo dnf upgrade --refresh intel-compute-runtime",
          "sudo pacman -Syu intel-compute-runtime"});
  EXPECT_EQ(link(s, Text::driver).version, "22.43");
  EXPECT_EQ(link(s, Text::driver).path, s.intel_library);
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::driver), to_trixie);
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::driver), newest_packages);
  EXPECT_EQ(on(s, "ubuntu", "22.04", "jammy", Text::driver), "sudo do-release-upgrade");
  s.chip(0xA7A0), s.linux("6.1.0");  // Raptor Lake is Alder Lake's graphics: 22.43 serves it
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_no_reason);
}

TEST(DoctorDriver, IsTooNewForTheChip) {
  FakeSystem s;
  s.intel_is_silent(), s.intel_driver("25.05.32567"), s.chip(0x5916);
  expect(link(s, Text::driver), State::broken,
         "Version 25.05 no longer serves Intel Kaby Lake (8086:5916): since 24.35, chips of Gen8 "
         "to Gen11 need Intel's legacy package, which lives "
         "beside it.",
         {legacy_alone, "sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=iris",
          "yay -S intel-compute-runtime-legacy-bin"});
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::driver), legacy_alone);
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::driver), legacy_alone);
  EXPECT_EQ(on(s, "ubuntu", "25.10", "questing", Text::driver),
            "sudo apt-get install intel-opencl-icd-legacy");
  s.intel_driver("24.35.30872");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_too_new);
  s.intel_driver("24.31.30508");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_no_reason);
}

TEST(DoctorDriver, LegacyOneIsNotTooNew) {
  FakeSystem s;
  s.no_icd(), s.chip(0x8A52);
  s.intel_library = "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl_legacy1.so";
  s.intel_driver("24.35.30872"), s.intel_is_silent();
  expect(link(s, Text::driver), State::broken,
         "Version 24.35 should serve Intel Ice Lake (8086:8a52), and does not. What the kernel "
         "says of it may tell why.",
         {"sudo dmesg | grep -iE 'i915|xe |drm'"});
}

TEST(DoctorDriver, IsOlderThanTheKernel) {
  FakeSystem s;
  s.intel_is_silent(), s.intel_driver("22.43.24595"), s.chip(0x3E92),
      s.on("debian", "12", "bookworm"), s.linux("6.8.9-amd64");
  expect(link(s, Text::driver), State::broken,
         "Version 22.43 does not find Intel Coffee Lake (8086:3e92) under Linux 6.8.9-amd64: from "
         "6.8 on the kernel reports another size of the "
         "address space, and drivers before 24.09 take that for an unknown chip. To see whether "
         "that is it: NEOReadDebugKeys=1 "
         "OverrideGpuAddressSpace=48 tinygrad-doctor",
         {legacy_with_library, "sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=iris",
          "yay -S intel-compute-runtime-legacy-bin"});
  s.chip(0x9A49);
  EXPECT_EQ(link(s, Text::driver).mend.debian, to_trixie);
  EXPECT_EQ(link(s, Text::driver).mend.fedora, "sudo dnf upgrade --refresh intel-compute-runtime");
  s.linux("6.7.12-amd64");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_no_reason);
  s.linux("6.12.1-amd64"), s.intel_driver("24.09.28717");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_no_reason);
}

TEST(DoctorDriver, NeverServedTheChip) {
  FakeSystem s;
  s.intel_is_silent(), s.chip(0x0416);
  expect(link(s, Text::driver), State::broken,
         "Intel's driver never served Intel Haswell (8086:0416). PoCL computes on the processor "
         "instead.",
         {"sudo apt-get install pocl-opencl-icd", "sudo dnf install pocl", "sudo pacman -S pocl"});
  s.chip(0xF123);
  EXPECT_EQ(text(link(s, Text::driver)),
            "Version 23.43 does not know Intel (8086:f123), and neither does this program: "
            "probably the chip is newer than both.");
}

TEST(DoctorDriver, WithoutItsHardwareDoesNoHarm) {
  FakeSystem s;
  s.intel_is_silent(), s.no_card();
  EXPECT_EQ(link(s, Text::platform).state, State::note);
  expect(link(s, Text::driver), State::note,
         "Intel's driver is installed, but no Intel graphics was found here. It does no harm.");
  expect(link(s, Text::permission), State::skipped,
         "No graphics card was found, so there is nothing to be opened.");
}

TEST(DoctorDriver, BeignetIsSuperseded) {
  FakeSystem s;
  s.no_icd(), s.icd("intel-beignet.icd", "/usr/lib/beignet/libcl.so"), s.chip(0x1916),
      s.on("debian", "12", "bookworm");
  s.probes["icd /usr/lib/beignet/libcl.so"] =
      said("@library /usr/lib/beignet/libcl.so\n" + platform_lines("Intel Gen OCL Driver") +
           "@devices 0\n" + device_lines("HD Graphics", "1.3"));
  expect(
      link(s, Text::driver), State::note,
      "Beignet is no longer maintained and computes wrongly here and there; Intel's "
      "compute-runtime has superseded it for Intel Skylake "
      "(8086:1916).",
      {"sudo apt-get remove beignet-opencl-icd && sudo apt-get install intel-opencl-icd",
       "sudo dnf remove beignet && sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=iris",
       "sudo pacman -R beignet && yay -S intel-compute-runtime-legacy-bin"});
  s.chip(0x0416);
  expect(link(s, Text::driver), State::note,
         "Beignet is no longer maintained, but nothing newer serves Intel Haswell (8086:0416).");
}

TEST(DoctorPlatform, OfAnotherDriverIsSilent) {
  FakeSystem s;
  s.no_icd(), s.icd("pocl.icd", "libpocl.so.2");
  s.probes["icd libpocl.so.2"] = said("@library /usr/lib/libpocl.so.2\n@platforms -1001\n");
  EXPECT_EQ(
      link(s, Text::platform).mend.debian,
      "sudo apt-get install --reinstall $(dpkg -S /etc/OpenCL/vendors/pocl.icd | cut -d: -f1)");
  s.probes["icd libpocl.so.2"] = said("@library /usr/lib/libpocl.so.2\n@platforms -6\n");
  EXPECT_EQ(text(link(s, Text::platform)), "clGetPlatformIDs gave -6 for pocl.icd.");
}

// ------------------------------------------------------------ devices: -1

TEST(DoctorDevice, IsMissing) {
  FakeSystem s;
  s.intel_says("@library " + s.intel_library + "\n" +
               platform_lines("Intel(R) OpenCL HD Graphics") + "@devices -1\n");
  s.intel_driver("25.05.32567"), s.chip(0x5916);
  expect(link(s, Text::device), State::broken,
         "clGetDeviceIDs gave -1: the platform Intel(R) OpenCL HD Graphics is there, but has no "
         "device. Loader, ICD file and driver are right, so "
         "what is missing is the hardware or the way to it.");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::driver_too_new);
}

TEST(DoctorDevice, OfRusticlHasToBeEnabled) {
  FakeSystem s;
  s.no_icd(), s.icd("rusticl.icd", "libRusticlOpenCL.so.1");
  s.probes["icd libRusticlOpenCL.so.1"] = said("@library /usr/lib/libRusticlOpenCL.so.1\n" +
                                               platform_lines("rusticl") + "@devices -1\n");
  expect(link(s, Text::device), State::broken,
         "clGetDeviceIDs gave -1: Mesa's platform rusticl shows no device until RUSTICL_ENABLE "
         "names a driver.",
         {"export RUSTICL_ENABLE=iris"});
  s.card(0x1002, 0x744C);
  EXPECT_EQ(link(s, Text::device).mend.debian, "export RUSTICL_ENABLE=radeonsi");
}

TEST(DoctorKernel, ComputesWrongOrNotAtAll) {
  FakeSystem s;
  auto says = [&](const std::string& kernel) {
    s.intel_says("@library x\n" + platform_lines("P") + "@devices 0\n" +
                 device_lines("Card", "1", kernel));
    return link(s, Text::kernel);
  };
  EXPECT_EQ(text(says("kernel_wrong 17")),
            "Card added two vectors of 65536 numbers, and 17 sums are wrong. Do not compute with "
            "this driver.");
  EXPECT_EQ(says("kernel_wrong 17").state, State::broken);
  EXPECT_EQ(text(says("log cannot find spirv\n@kernel_failed clBuildProgram -11")),
            "Card could not add two vectors: clBuildProgram -11 cannot find spirv");
  s.probes["devices"] = said("@device cpu\n");
  EXPECT_EQ(link(s, Text::tinygrad).state, State::skipped) << "the chain broke before tinygrad";
}

// ------------------------------------------------------------ Windows

TEST(DoctorWsl, LendsGraphics) {
  FakeSystem s;
  s.no_card(), s.linux("5.15.167.4-microsoft-standard-WSL2");
  s.files["/dev/dxg"] = s.files["/usr/lib/wsl/lib/libdxcore.so"] = "";
  expect(link(s, Text::wsl), State::ok,
         "Windows lends its graphics through /dev/dxg and /usr/lib/wsl/lib.");
  EXPECT_TRUE(examined(s).chains[0].works);
  expect(
      link(s, Text::monitor), State::note,
      "Task Manager may show no use of the GPU: its graphs are \"3D\", \"Copy\" and video. Under "
      "Performance, GPU, click on the name above one and choose \"Compute_0\", or \"Cuda\". Why: "
      "docs/course/en/task-manager.md.");
}

TEST(DoctorWsl, LendsNone) {
  FakeSystem s;
  s.no_card(), s.intel_is_silent(), s.linux("5.15.167.4-microsoft-standard-WSL2");
  expect(link(s, Text::wsl), State::broken,
         "/dev/dxg is missing: this WSL does not lend graphics (there is no /dev/dri here, and "
         "none is needed). Update WSL.",
         {"wsl.exe --update && wsl.exe --shutdown"});
  expect(link(s, Text::driver), State::skipped,
         "Nothing can be said of the driver before Windows lends its graphics; see WSL below.");
  s.files["/dev/dxg"] = "";
  expect(link(s, Text::wsl), State::broken,
         "/dev/dxg is there, but /usr/lib/wsl/lib/libdxcore.so is not: Windows puts it there. "
         "Install the newest graphics driver in Windows (Intel's "
         "from 30.0.100.9955 on), then restart WSL.",
         {"wsl.exe --shutdown"});
  s.files["/usr/lib/wsl/lib/libdxcore.so"] = "";
  expect(link(s, Text::driver), State::broken,
         "Version 23.43 offers nothing, though Windows lends its graphics. In WSL it serves Coffee "
         "Lake, Ice Lake, and all from Tiger Lake on; older "
         "chips only where Linux itself runs on the machine.",
         {newest_packages, "sudo dnf upgrade --refresh intel-compute-runtime",
          "sudo pacman -Syu intel-compute-runtime"});
  s.linux("4.4.0-19041-Microsoft");
  expect(link(s, Text::wsl), State::broken,
         "This is WSL 1, where no graphics can be reached. WSL 2 has a kernel of its own and can.",
         {"wsl.exe --set-version $WSL_DISTRO_NAME 2"});
}

// ------------------------------------------------------------ extensions

/// OpenCL 3.0 made some extensions features of OpenCL C, and drivers need not list both.
TEST(DoctorExtensions, MayBeFeatures) {
  FakeSystem s;
  s.intel_says("@library " + s.intel_library + "\n" + platform_lines("Intel") +
               "@devices 0\n@device Card\n@type 2\n@extensions cl_khr_fp16 __opencl_c_fp64 "
               "__opencl_c_subgroups __opencl_c_images\n@kernel_right 0\n");
  expect(link(s, Text::extensions), State::ok,
         "Card has cl_khr_fp64, cl_khr_fp16, cl_khr_subgroups; it lacks cl_intel_subgroups, "
         "cl_intel_required_subgroup_size.");
}

// ------------------------------------------------------------ tinygrad itself

TEST(DoctorTinygrad, WithoutTheBackend) {
  FakeSystem s;
  s.opencl_backend = false;
  s.probes["devices"] = said("@device cpu\n");
  s.probes["device opencl"] = failed("there is no device");
  expect(link(s, Text::tinygrad), State::broken,
         "A driver is there, but this build of tinygrad offers no device \"opencl\": it was made "
         "without that backend.",
         {"cmake -B build -DTINYGRAD_OPENCL=ON && cmake --build build"});
  EXPECT_FALSE(examined(s).asked.works);
  EXPECT_EQ(examined(s).asked.problem, "there is no device");
}

/// Every link is whole, and the library finds no device all the same: its own reason is told.
TEST(DoctorTinygrad, SaysWhyABuildWithTheBackendHasNoDevice) {
  FakeSystem s;
  s.probes["devices"] = said("@device cpu\n");
  s.probes["device opencl"] = failed("the library's reason");
  expect(link(s, Text::tinygrad), State::broken,
         "Offers no device \"opencl\": the library's reason");
}

TEST(DoctorTinygrad, SuffersFromDrivers) {
  FakeSystem s;
  s.probes["device opencl"] = failed("wrong numbers in a gradient");
  expect(link(s, Text::tinygrad), State::broken, "opencl: wrong numbers in a gradient");
  s.probes["device opencl"] = hung("@call tinygrad\n");
  expect(link(s, Text::tinygrad), State::broken, "opencl: tinygrad did not come back.");
  EXPECT_EQ(examined(s).asked.problem, "no answer in time");
  s.probes["devices"] = s.probes["device opencl"] = crashed(SIGSEGV, "@call tinygrad\n");
  expect(link(s, Text::tinygrad), State::broken,
         "opencl: the program ended (SIGSEGV) in tinygrad.");
  EXPECT_FALSE(examined(s).chains[0].works);
  EXPECT_EQ(examined(s).asked.problem, "SIGSEGV");
  EXPECT_TRUE(examined(s, "cpu").chains[0].works)
      << "what OpenCL's drivers do is nothing to the CPU";
}

TEST(DoctorTinygrad, TriesEachDeviceAndTheOneAskedFor) {
  FakeSystem s;
  s.probes["devices"] = said("@device cpu\n@device opencl\n@device opencl:1\n");
  s.probes["device opencl:1"] = failed("broken");
  s.probes["device Iris"] = said("@works\n");
  EXPECT_EQ(link(s, Text::tinygrad, "opencl").state, State::ok);
  EXPECT_EQ(link(s, Text::tinygrad, "opencl:1").state, State::broken);
  EXPECT_TRUE(examined(s).chains[0].works);
  EXPECT_TRUE(examined(s, "opencl").asked.works);
  EXPECT_FALSE(examined(s, "opencl:1").asked.works);
  EXPECT_FALSE(examined(s, "opencl:99").asked.works);
  EXPECT_TRUE(examined(s, "Iris").asked.works);  // a part of a name is tinygrad's to understand
  EXPECT_EQ(examined(s, "Iris").chains.size(), 3u);
  EXPECT_EQ(examined(s, "").asked.device, "cpu");
  s.variables["TINYGRAD_DEVICE"] = "opencl:1";
  EXPECT_EQ(examined(s, "").asked.device, "opencl:1");
}

TEST(DoctorTinygrad, MeasuresDevicesThatWork) {
  FakeSystem s;
  s.probes["device opencl"] = failed("broken");
  s.probes["bench cpu"] = said("@bandwidth 20.5\n@matmul 300\n");
  const Report report = examine(s, {.bench = true});
  ASSERT_EQ(report.speeds.size(), 1u);
  EXPECT_EQ(report.speeds[0].device, "cpu");
  EXPECT_EQ(report.speeds[0].bandwidth, 20.5);
  EXPECT_EQ(report.speeds[0].matmul, 300);
}

// ------------------------------------------------------------ CPU

TEST(DoctorCpu, SaysWhatItWorksWith) {
  FakeSystem s;
  auto cpu = [&](Text name) { return link(s, name, "", "cpu"); };
  expect(cpu(Text::processor), State::ok, "Core i7; it has avx avx2 fma f16c.");
  expect(cpu(Text::kernels), State::ok,
         "The avx2 kernels were chosen, the best for this processor.");
  expect(cpu(Text::threads), State::ok, "8, one for each of the processor's.");
  expect(cpu(Text::blas), State::ok, "none; the library's own product multiplies.");
  expect(cpu(Text::tinygrad), State::ok, "cpu: a product and its gradient are right.");
  s.info = {"baseline", "OpenBLAS 0.3.21", 2};
  expect(cpu(Text::kernels), State::note,
         "The baseline kernels were chosen, though this processor has avx2: this build has no "
         "others.");
  expect(cpu(Text::threads), State::note,
         "2 of the processor's 8: TINYGRAD_THREADS or the system allows no more.");
  expect(cpu(Text::blas), State::ok, "OpenBLAS 0.3.21 multiplies, one thread in each part.");
  s.variables["TINYGRAD_CPU"] = "baseline";
  expect(cpu(Text::kernels), State::note,
         "TINYGRAD_CPU=baseline chose these kernels; this processor has avx2.",
         {"unset TINYGRAD_CPU"});
}

}  // namespace
}  // namespace tinygrad::doctor
