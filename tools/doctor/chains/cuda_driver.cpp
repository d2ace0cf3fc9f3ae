// SPDX-License-Identifier: MIT
// Checks NVIDIA's GPU on the bus, and Linux's part of its driver. Sources of the rules:
// - /proc/driver/nvidia/version and /dev/nvidia* are there once the module is loaded and a program
//   has asked for them: the driver's README, "The NVIDIA Driver's procfs Interface" and
//   "nvidia-modprobe"; CUDA also needs nvidia-uvm (error 999 without it).
// - Modules that are installed for a kernel: modules.dep(5). Debian calls NVIDIA's
//   nvidia-current.ko.
// - Secure Boot: UEFI's variable SecureBoot, four bytes of attributes and one that is 1; with it,
//   Linux refuses modules that are not signed by a key it knows ("Key was rejected by service").
// - Generations, branches and open modules: nvidia_gpus.cpp. A branch that is too new for a GPU
//   says "The driver will ignore this GPU".
// - Inside WSL the driver is Windows's: NVIDIA's "CUDA on WSL User Guide".
#include <cstdlib>

#include "chains/access.h"
#include "chains/cuda.h"
#include "remedies.h"

namespace tinygrad::doctor::cuda {
namespace {

const std::string version_file = "/proc/driver/nvidia/version";

Link driver_link(State state, Text text, std::vector<std::string> parts = {}, Commands mend = {}) {
  return {.name = Text::driver,
          .state = state,
          .what = {text, std::move(parts)},
          .mend = std::move(mend)};
}

bool secure_boot(const System& system) {
  const std::string value =
      system.read("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")
          .value_or("");
  return value.size() == 5 && value[4] == 1;
}
/// A module of NVIDIA's that modprobe would find.
bool module_is_built(const Surroundings& here) {
  const std::string modules =
      here.system.read("/lib/modules/" + here.kernel + "/modules.dep").value_or("");
  return modules.find("/nvidia.ko") != std::string::npos ||
         modules.find("/nvidia-current") != std::string::npos;
}
/// Its source, from which DKMS or akmods build it.
bool source_is_installed(const System& system) {
  for (const char* folder : {"/usr/src/", "/usr/src/akmods/"})
    for (const std::string& name : system.list(folder))
      if (name.rfind("nvidia", 0) == 0) return true;
  return false;
}

/// A GPU, and no module of NVIDIA's.
Link why_not_loaded(const Surroundings& here, const Graphics& card) {
  const std::string name = to_string(card);
  const bool built = module_is_built(here), source = source_is_installed(here.system),
             nouveau = here.system.exists("/sys/module/nouveau");
  if (in_container(here.system))
    return driver_link(State::broken, Text::module_container, {name},
                       {"docker run --gpus all ..."});
  if (nouveau && (built || source))
    return driver_link(State::broken, Text::module_nouveau_first, {name},
                       remedy::keep_nouveau_out());
  if (!built && !source)
    return driver_link(State::broken, nouveau ? Text::module_nouveau : Text::module_missing, {name},
                       remedy::cuda_driver(here.distribution, card.gpu));
  if (!built)
    return driver_link(State::broken, Text::module_not_built, {here.kernel},
                       remedy::build_module());
  if (secure_boot(here.system))
    return driver_link(State::broken, Text::module_unsigned, {},
                       remedy::sign_module(here.distribution));
  return driver_link(State::broken, Text::module_not_loaded, {}, {"sudo modprobe nvidia"});
}

/// The module that is loaded against the GPU.
Link loaded(const Surroundings& here, const Graphics* card, const std::string& version, bool open) {
  const NvidiaGpu* gpu = card ? card->gpu : nullptr;
  const int branch = std::atoi(version.c_str());
  auto wrong = [&](Text text, std::vector<std::string> parts) {
    return driver_link(State::broken, text, std::move(parts),
                       remedy::cuda_driver(here.distribution, gpu));
  };
  if (gpu && gpu->last_driver && branch > gpu->last_driver)
    return wrong(Text::module_too_new,
                 {version, to_string(*card), std::to_string(gpu->last_driver)});
  if (gpu && branch < gpu->first_driver)
    return wrong(Text::module_too_old,
                 {version, to_string(*card), std::to_string(gpu->first_driver)});
  if (gpu && open && !has_open_module(*gpu))
    return wrong(Text::module_needs_closed, {to_string(*card)});
  if (gpu && !open && needs_open_module(*gpu))
    return wrong(Text::module_needs_open, {to_string(*card)});
  return driver_link(State::ok, open ? Text::module_open : Text::module_found);
}

Link module_link(const Surroundings& here) {
  const Graphics* card = card_of(here);
  const std::string version = module_version(here.system);
  if (version.empty())
    return card ? why_not_loaded(here, *card) : driver_link(State::skipped, Text::module_none);
  const bool open =
      here.system.read(version_file).value_or("").find("Open Kernel Module") != std::string::npos;
  Link link = loaded(here, card, version, open);
  link.version = version, link.path = version_file;
  return link;
}

/// /dev/nvidia0 is the first GPU, /dev/nvidiactl the driver, /dev/nvidia-uvm the memory that host
/// and GPU share.
Link nodes_link(const Surroundings& here) {
  const std::vector<std::string> files = {"/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"};
  Link link{.name = Text::permission,
            .what = {Text::nodes_given, {files[0] + ", " + files[1] + ", " + files[2]}}};
  for (const std::string& file : files) {
    if (!here.system.exists(file)) {
      const bool container = in_container(here.system);
      return {.name = Text::permission,
              .state = State::broken,
              .what = {container ? Text::nodes_container : Text::nodes_missing, {file}},
              .path = file,
              .mend = {container ? "docker run --gpus all ..." : "sudo nvidia-modprobe -c 0 -u"}};
    }
    if (const Access access = here.system.access(file); !access.usable)
      return locked(file, access, Text::nodes_locked);
  }
  return link;
}

}  // namespace

const Graphics* card_of(const Surroundings& here) {
  for (const Graphics& card : here.cards)
    if (card.nvidia()) return &card;
  return nullptr;
}

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 ...", or "... UNIX Open
/// Kernel Module for x86_64  580.65.06 ...".
std::string module_version(const System& system) {
  const std::string text = system.read(version_file).value_or("");
  for (std::size_t at = text.find("  "); at != std::string::npos; at = text.find("  ", at + 2))
    if (version_of(text.substr(at + 2)).major >= 100)
      return text.substr(at + 2, text.find(' ', at + 2) - at - 2);
  return "";
}

Link gpu_link(const Surroundings& here) {
  const Graphics* card = card_of(here);
  if (!card && here.wsl)
    return {.name = Text::gpu, .state = State::skipped, .what = {Text::gpu_wsl}};
  if (!card) return {.name = Text::gpu, .state = State::broken, .what = {Text::gpu_none}};
  const std::string name = to_string(*card);
  if (!card->gpu)
    return {.name = Text::gpu, .state = State::note, .what = {Text::gpu_unknown, {name}}};
  const Capability capability = card->gpu->capability;
  if (!makes_code_for(12, capability))
    return {.name = Text::gpu,
            .state = State::broken,
            .what = {Text::gpu_too_old, {name, std::to_string(card->gpu->last_cuda)}}};
  const bool old = !makes_code_for(13, capability);
  return {.name = Text::gpu,
          .state = old ? State::note : State::ok,
          .what = {old ? Text::gpu_old : Text::gpu_found, {name, to_string(capability)}}};
}

std::vector<Link> driver_links(const Surroundings& here) {
  if (here.wsl) return {wsl_link(here, "/usr/lib/wsl/lib/libcuda.so.1", Text::wsl_no_libcuda)};
  Link module = module_link(here);
  if (module.version.empty()) return {std::move(module)};
  return {std::move(module), nodes_link(here)};
}

}  // namespace tinygrad::doctor::cuda
