// SPDX-License-Identifier: MIT
// Tries libcuda.so.1, the driver's part that programs open, in a child process: the CUDA version
// that it runs, and the GPUs that it shows. The meaning of cuInit's numbers is in the driver's
// reference, "CUresult". Library and kernel module must have the same version; the library's is in
// the file's name, libcuda.so.535.183.01.
#include <cstdio>
#include <cstdlib>

#include "chains/cuda.h"
#include "chains/windows.h"
#include "cuda_api.h"
#include "remedies.h"

namespace tinygrad::doctor::cuda {
namespace {

const std::string wsl_library = "/usr/lib/wsl/lib/libcuda.so.1",
                  kernels_words = "sudo dmesg | grep -iE 'nvrm|nvidia'";

std::string gibibytes(const std::string& bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::strtod(bytes.c_str(), nullptr) / (1 << 30));
  return text;
}

/// The part of a file's name after "libcuda.so.", if that is a version.
std::string version_in(const std::string& file) {
  const std::string before = "libcuda.so.";
  const auto at = file.rfind(before);
  const std::string rest = at == std::string::npos ? "" : file.substr(at + before.size());
  return version_of(rest).major >= 100 ? rest : "";
}

/// Folders of LD_LIBRARY_PATH but those with a word in their names.
std::string path_without(const std::string& word) {
  return "export LD_LIBRARY_PATH=$(echo $LD_LIBRARY_PATH | tr : '\\n' | grep -v " + word +
         " | paste -sd :)";
}

class Reader {
 public:
  Reader(const Surroundings& here, Found& found)
      : here_(here),
        found_(found),
        outcome_(here.system.probe({"cuda"})),
        lines_(lines_of(outcome_)) {
    library_ = find(lines_, "library"), module_ = module_version(here.system);
    found_.driver = std::atoi(find(lines_, "version").c_str());
    found_.ends_us = outcome_.how != Outcome::exited;
  }

  std::vector<Link> read() {
    Link link = judged();
    link.name = Text::cuda_version, link.path = library_;
    if (found_.driver) link.version = cuda_text(found_.driver);
    std::vector<Link> links = {std::move(link)};
    if (links[0].state == State::ok) add_devices(links);
    return links;
  }

 private:
  static Link broken(Text text, std::vector<std::string> parts = {}, Commands mend = {}) {
    return {.state = State::broken, .what = {text, std::move(parts)}, .mend = std::move(mend)};
  }

  std::string name() const { return here_.windows ? "nvcuda.dll" : "libcuda.so.1"; }

  Link judged() const {
    const std::string missing = find(lines_, "missing"), init = find(lines_, "init"),
                      call = last_call(lines_);
    if (outcome_.how == Outcome::timed_out)
      return broken(Text::version_hung, {name(), call}, reinstall());
    if (outcome_.how != Outcome::exited || outcome_.code != 0)
      return broken(Text::version_crashed, {name(), how_it_ended(outcome_), call}, reinstall());
    if (!missing.empty()) return without_library(missing);
    if (init != "0") return refused(std::atoi(init.c_str()));
    if (found_.driver < 12000)
      return broken(Text::version_too_old, {cuda_text(found_.driver)}, newer_driver());
    return {.what = {Text::version_found,
                     {cuda_text(found_.driver), std::to_string(major_of(found_.driver))}}};
  }

  Link without_library(const std::string& error) const {
    if (here_.wsl && here_.system.exists(wsl_library))
      return broken(
          Text::version_wsl_not_found, {error},
          {"echo /usr/lib/wsl/lib | sudo tee /etc/ld.so.conf.d/ld.wsl.conf && sudo ldconfig"});
    if (here_.windows && card_of(here_))
      return broken(Text::version_no_nvcuda, {error}, newer_driver());
    if (module_.empty())
      return {.state = State::skipped, .what = {Text::version_no_driver, {name()}}};
    return broken(Text::version_no_library, {error},
                  remedy::libcuda(here_.distribution, std::atoi(module_.c_str())));
  }

  /// cuInit gave an error.
  Link refused(int code) const {
    const std::string hidden = here_.system.environment("CUDA_VISIBLE_DEVICES"),
                      own = version_in(library_);
    if (here_.wsl && library_.rfind("/usr/lib/wsl/", 0) != 0)
      return broken(Text::version_wsl_hidden, {library_}, remedy::remove(library_));
    if (code == stub_library)
      return broken(Text::version_stub, {library_}, {path_without("stubs")});
    if (code == driver_mismatch || (!own.empty() && !module_.empty() && own != module_))
      return broken(Text::version_mismatch, {module_, own.empty() ? "?" : own}, {"sudo reboot"});
    if (code == no_device && !hidden.empty())
      return broken(Text::version_hidden, {hidden}, remedy::unset("CUDA_VISIBLE_DEVICES"));
    if (code == no_device) return broken(Text::version_no_device, {}, {kernels_words});
    if (code == system_not_ready)
      return broken(Text::version_not_ready, {}, remedy::fabric_manager());
    if (code == compat_not_supported)
      return broken(Text::version_compat, {library_}, {path_without("compat")});
    if (code == unknown)
      return broken(Text::version_unknown, {},
                    {"sudo modprobe -r nvidia_uvm; sudo modprobe nvidia_uvm"});
    return broken(Text::version_failed, {std::to_string(code), find(lines_, "init_name")},
                  {kernels_words});
  }

  Commands newer_driver() const {
    const Graphics* card = card_of(here_);
    if (here_.windows) return windows::driver(here_, card);
    return here_.wsl ? Commands("wsl.exe --shutdown")
                     : remedy::cuda_driver(here_.distribution, card ? card->gpu : nullptr);
  }
  Commands reinstall() const {
    if (here_.windows) return newer_driver();
    return library_.empty() ? Commands() : remedy::reinstall(library_);
  }

  void add_devices(std::vector<Link>& links) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].word != "device") continue;
      const std::vector<Said> own(lines_.begin() + std::ptrdiff_t(i),
                                  lines_.end());  // the first of each word is this device's
      const std::string name = lines_[i].text, capability = find(own, "capability");
      found_.devices.push_back({name, capability_of(capability)});
      links.push_back(
          {.name = Text::device,
           .subject = name,
           .what = {Text::gpu_computes,
                    {name, capability, find(own, "processors"), gibibytes(find(own, "memory"))}}});
    }
    found_.reachable = !found_.devices.empty();
  }

  const Surroundings& here_;
  Found& found_;
  const Outcome outcome_;
  const std::vector<Said> lines_;
  std::string library_, module_;
};

}  // namespace

std::vector<Link> version_links(const Surroundings& here, Found& found) {
  return Reader(here, found).read();
}

}  // namespace tinygrad::doctor::cuda
