// SPDX-License-Identifier: MIT
// Tries one driver, alone in a child process: its ICD file, its platforms, its devices, and a
// kernel on each of them.
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "chains/opencl.h"
#include "chains/windows.h"
#include "opencl_api.h"
#include "remedies.h"

namespace tinygrad::doctor::opencl {
namespace {

std::string gibibytes(const std::string& bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::strtod(bytes.c_str(), nullptr) / (1 << 30));
  return text;
}

/// Reads the lines of a probe from the first to the last, and makes links of them.
class Reader {
 public:
  Reader(const Surroundings& here, const Icd& icd)
      : here_(here),
        icd_(icd),
        outcome_(here.system.probe({"icd", icd.library}, icd.library)),
        lines_(lines_of(outcome_)) {
    library_ = find(lines_, "library");
  }

  IcdLinks read() {
    if (opened()) {
      for (const Said& said : lines_) take(said);
      finish_device();
      if (outcome_.how == Outcome::exited && outcome_.code != 0)
        platform_failed(find(lines_, "error"));
    }
    return std::move(links_);
  }

 private:
  void add(Link link) {
    link.subject = icd_.name;
    links_.first.push_back(std::move(link));
  }
  Link broken(Text name, Message what, Commands mend) const {
    return {.name = name,
            .state = State::broken,
            .what = std::move(what),
            .path = icd_.file,
            .mend = std::move(mend)};
  }

  /// The ICD link. False if the driver's library cannot be opened, or ends or hangs the child at
  /// any time.
  bool opened() {
    const std::string error = find(lines_, "library_error"), call = last_call(lines_);
    Link link = broken(Text::icd, {}, {});
    if (!error.empty()) link = unopened(error);
    else if (outcome_.how == Outcome::not_started) link.what = {Text::icd_not_started, {icd_.name}};
    else if (outcome_.how == Outcome::crashed)
      link.what = {Text::icd_crashed, {icd_.name, how_it_ended(outcome_), call}},
      link.mend = hide();
    else if (outcome_.how == Outcome::timed_out)
      link.what = {Text::icd_hung, {icd_.name, call}}, link.mend = hide();
    else
      link = {.name = Text::icd,
              .what = {Text::icd_names, {of_registry() ? icd_.file : icd_.name, icd_.library}},
              .path = library_};
    add(link);
    return link.state == State::ok;
  }

  bool of_registry() const { return here_.windows && icd_.file != icd_.library; }

  Commands hide() const {
    if (icd_.file == icd_.library) return remedy::unset(icd_.name);
    return of_registry() ? remedy::write_registry(icd_.file, icd_.library, 1)
                         : remedy::hide(icd_.file);
  }
  Commands reinstall() const {
    return here_.windows ? windows::driver(here_) : remedy::reinstall(icd_.file);
  }

  /// The driver's library cannot be opened: it lacks another one, or it is not where the ICD file
  /// says.
  Link unopened(const std::string& error) const {
    const std::string missing = find(lines_, "missing"), file = find(lines_, "file");
    if (!missing.empty()) {
      const Commands package = remedy::library(missing);
      return broken(Text::icd, {Text::icd_library_lacks, {icd_.name, file, missing}},
                    package.empty() ? remedy::reinstall(file) : package);
    }
    if (const std::string beside = file.empty() ? library_beside() : ""; !beside.empty())
      return broken(Text::icd, {Text::icd_misplaced, {icd_.name, icd_.library, beside}},
                    remedy::write_icd(icd_.file, beside));
    return broken(Text::icd, {Text::icd_library_missing, {icd_.name, error}}, reinstall());
  }
  /// A library of that name near the ICD file. Intel's packages of Python bring an ICD file with a
  /// placeholder for the folder into which they were installed.
  std::string library_beside() const {
    const std::string name = icd_.library.substr(icd_.library.rfind('/') + 1);
    std::string folder = icd_.file;
    for (int up = 0; up < 4 && folder.find('/') != std::string::npos; ++up) {
      folder.resize(folder.rfind('/'));
      for (const char* below : {"/", "/lib/"})
        if (const std::string file = folder + below + name; here_.system.exists(file)) return file;
    }
    return "";
  }

  void take(const Said& said) {
    if (said.word == "platforms" && said.text != "0") no_platform(said.text);
    else if (said.word == "platform")
      add({.name = Text::platform, .what = {Text::platform_found, {platform_ = said.text}}});
    else if (said.word == "platform_version") links_.first.back().version = said.text;
    else if (said.word == "devices" && said.text != "0") no_device(said.text);
    else if (said.word == "device") finish_device(), device_ = {said};
    else if (!device_.empty()) device_.push_back(said);
  }

  /// Returns whether the rules of Intel's driver for Linux apply.
  bool of_intel() const { return icd_.is_intel() && !here_.windows; }

  /// Loaders return -1001 if no driver offers a platform.
  void no_platform(const std::string& code) {
    if (code != std::to_string(cl::no_platform)) return platform_failed(code);
    const bool harmless =
        of_intel() && !here_.wsl && !here_.intel_card();  // a driver for hardware that is not here
    Link link = broken(Text::platform, {Text::platform_silent, {icd_.name}},
                       of_intel() ? Commands{} : reinstall());
    if (harmless) link.state = State::note;
    link.path = {};
    add(link);
    if (of_intel()) add(why_intel_is_silent(here_, icd_, library_));
  }
  void platform_failed(const std::string& code) {
    add(broken(Text::platform, {Text::platform_failed, {icd_.name, code}}, reinstall()));
  }

  void no_device(const std::string& code) {
    if (platform_ == "rusticl") {
      const bool amd = !here_.cards.empty() && here_.cards[0].amd();
      add({.name = Text::device,
           .state = State::broken,
           .what = {Text::device_rusticl},
           .mend = {amd ? "export RUSTICL_ENABLE=radeonsi" : "export RUSTICL_ENABLE=iris"}});
    } else if (code == std::to_string(cl::device_not_found)) {
      add({.name = Text::device, .state = State::broken, .what = {Text::device_none, {platform_}}});
      if (of_intel()) add(why_intel_is_silent(here_, icd_, library_));
    } else
      add({.name = Text::device,
           .state = State::broken,
           .what = {Text::device_failed, {platform_, code}}});
  }

  /// The links of the device whose lines were collected.
  void finish_device() {
    if (device_.empty()) return;
    const std::string name = find(device_, "device");
    add(driver_link(here_, icd_, {name, platform_, find(device_, "driver_version"), library_}));
    const Text text = find(device_, "unified") == "1" ? Text::device_shared : Text::device_own;
    const bool gpu =
        (std::strtoull(find(device_, "type").c_str(), nullptr, 10) & cl::type_gpu) != 0;
    add({.name = Text::device,
         .what = {text,
                  {name, gpu ? "GPU" : "CPU", find(device_, "units"),
                   gibibytes(find(device_, "memory"))}},
         .version = find(device_, "device_version")});
    links_.last.push_back(extensions(name));
    links_.last.push_back(kernel(name));
    device_.clear();
  }

  Link extensions(const std::string& name) const {
    struct Wanted {
      const char *name, *feature;  // what OpenCL 3.0 made of the extension
    };
    std::string has, lacks;
    const std::string all = " " + find(device_, "extensions") + " ";
    const auto is_there = [&](const std::string& name) {
      return all.find(" " + name + " ") != std::string::npos;
    };
    for (const auto& [name, feature] :
         {Wanted{"cl_khr_fp64", "__opencl_c_fp64"},
          {"cl_khr_fp16", "cl_khr_fp16"},
          {"cl_khr_subgroups", "__opencl_c_subgroups"},
          {"cl_intel_subgroups", "cl_intel_subgroups"},
          {"cl_intel_required_subgroup_size", "cl_intel_required_subgroup_size"}}) {
      std::string& list = is_there(name) || is_there(feature) ? has : lacks;
      list += (list.empty() ? "" : ", ") + std::string(name);
    }
    if (has.empty()) has = "-";
    Link link{
        .name = Text::extensions, .subject = name, .what = {Text::extensions_of, {name, has}}};
    if (lacks.find("cl_khr_fp64") != std::string::npos)
      link.state = State::note, link.what = {Text::extensions_no_float64, {name, has, lacks}};
    else if (!lacks.empty()) link.what = {Text::extensions_lacking, {name, has, lacks}};
    return link;
  }

  Link kernel(const std::string& name) {
    const std::string wrong = find(device_, "kernel_wrong"),
                      failed = find(device_, "kernel_failed");
    Link link{.name = Text::kernel, .subject = name, .what = {Text::kernel_right, {name}}};
    if (!wrong.empty()) link.what = {Text::kernel_wrong, {name, wrong}};
    if (!failed.empty()) link.what = {Text::kernel_failed, {name, failed, find(device_, "log")}};
    if (!wrong.empty() || !failed.empty()) link.state = State::broken, link.mend = reinstall();
    else links_.computes = true;
    return link;
  }

  const Surroundings& here_;
  const Icd& icd_;
  const Outcome outcome_;
  const std::vector<Said> lines_;
  std::string library_, platform_;
  std::vector<Said> device_;
  IcdLinks links_;
};

}  // namespace

IcdLinks walk_icd(const Surroundings& here, const Icd& icd) { return Reader(here, icd).read(); }

}  // namespace tinygrad::doctor::opencl
