// SPDX-License-Identifier: MIT
// Compares the CUDA parts of this build with the driver and the GPU: its toolkit's number, the
// runtime in it, and its code. The rules are in cuda_rules.cpp.
#include <sstream>

#include "chains/cuda.h"
#include "remedies.h"

namespace tinygrad::doctor::cuda {
namespace {

/// The nvcc that a build would find: cmake/TinygradCuda.cmake looks in the same places.
std::string find_nvcc(const System& system) {
  const std::string path = system.environment("CUDA_PATH"), home = system.environment("CUDA_HOME");
  std::istringstream folders(path + "/bin:" + home + "/bin:" + system.environment("PATH") +
                             ":/usr/local/cuda/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (system.exists(folder + "/nvcc")) return folder + "/nvcc";
  return "";
}

/// "7.5, 8.0" of those with machine code, or with PTX.
std::string list_of(const std::vector<Code>& codes, bool Code::*kind) {
  std::string all;
  for (const Code& code : codes)
    if (code.*kind)
      all += (all.empty() ? "" : ", ") + to_string(code.capability) + (code.exact ? "a" : "");
  return all;
}
std::string all_of(const std::vector<Code>& codes) {
  const std::string machine = list_of(codes, &Code::machine), ptx = list_of(codes, &Code::ptx);
  return machine + (machine.empty() || ptx.empty() ? "" : "; ") + (ptx.empty() ? "" : "PTX " + ptx);
}

Link without_device(const std::vector<Code>& codes) {
  const std::string machine = list_of(codes, &Code::machine), ptx = list_of(codes, &Code::ptx);
  if (ptx.empty())
    return {.name = Text::architecture, .what = {Text::code_alone_no_ptx, {machine}}};
  return {.name = Text::architecture,
          .what = {Text::code_alone, {machine.empty() ? "-" : machine, ptx}}};
}

Link of_device(const Surroundings& here, const Found& found, const std::vector<Code>& codes,
               const Device& device) {
  const int toolkit = found.build.toolkit;
  const std::string capability = to_string(device.capability);
  const Given what = given(codes, device.capability, toolkit, found.driver);
  const std::string source = to_string(source_of(codes, device.capability, what));
  Link link{.name = Text::architecture, .subject = device.name};
  auto broken = [&](Text text, std::vector<std::string> parts, Commands mend) {
    link.state = State::broken, link.what = {text, std::move(parts)}, link.mend = std::move(mend);
    return link;
  };
  if (what == Given::machine)
    return link.what = {Text::code_machine, {device.name, capability, source}}, link;
  if (what == Given::ptx)
    return link.state = State::note,
           link.what = {Text::code_ptx, {device.name, capability, source}}, link;
  if (!makes_code_for(12, device.capability))
    return broken(Text::code_never, {device.name, capability}, {});
  if (!makes_code_for(major_of(toolkit), device.capability))
    return broken(Text::code_needs_cuda_12, {device.name, capability},
                  remedy::toolkit_and_build(here.distribution, 12, device.capability));
  const int number = 10 * device.capability.major + device.capability.minor;
  const Commands rebuild =
      remedy::build("-DTINYGRAD_CUDA=ON -DTINYGRAD_CUDA_ARCHITECTURES=" + std::to_string(number));
  if (what == Given::ptx_too_new)
    return broken(Text::code_ptx_too_new,
                  {device.name, capability, cuda_text(found.driver), cuda_text(toolkit)}, rebuild);
  return broken(Text::code_none, {device.name, capability, all_of(codes)}, rebuild);
}

}  // namespace

Link toolkit_link(const Surroundings& here, const Found& found) {
  const std::string nvcc = find_nvcc(here.system);
  Link link{.name = Text::toolkit, .path = nvcc};
  if (const int toolkit = found.build.toolkit) {
    link.what = {Text::toolkit_built, {cuda_text(toolkit)}}, link.version = cuda_text(toolkit);
    return link;
  }
  link.state = found.expected ? State::broken : State::note;
  const bool usable = !nvcc.empty() && !found.old_gpu();
  link.what = nvcc.empty() ? Message{Text::toolkit_none} : Message{Text::toolkit_here, {nvcc}};
  const Capability gpu = !found.old_gpu()        ? Capability{}
                         : found.devices.empty() ? found.on_bus
                                                 : found.devices[0].capability;
  link.mend = usable ? remedy::build("-DTINYGRAD_CUDA=ON")
                     : remedy::toolkit_and_build(here.distribution, found.cuda_major(), gpu);
  return link;
}

Link runtime_link(const Surroundings& here, const Found& found) {
  const int toolkit = found.build.toolkit, major = major_of(toolkit);
  Link link{.name = Text::runtime};
  if (!toolkit) return link.state = State::skipped, link.what = {Text::not_reached}, link;
  const std::string own = cuda_text(toolkit), driver = cuda_text(found.driver),
                    least = std::to_string(least_driver(major));
  link.version = own;
  if (!found.driver) return link.what = {Text::runtime_alone, {own, least}}, link;
  switch (runs(toolkit, found.driver)) {
    case Runs::yes: link.what = {Text::runtime_right, {own, driver}}; break;
    case Runs::within_major:
      link.what = {Text::runtime_within, {own, driver, std::to_string(major), least}};
      break;
    case Runs::no:
      const Graphics* card = card_of(here);
      const bool another = major_of(found.driver) >= 12;  // a build that would run
      link.state = State::broken;
      link.what = {another ? Text::runtime_too_new : Text::runtime_too_new_for_all,
                   {own, least, driver, std::to_string(major_of(found.driver))}};
      link.mend = here.wsl ? Commands("wsl.exe --shutdown")
                           : remedy::cuda_driver(here.distribution, card ? card->gpu : nullptr);
  }
  return link;
}

std::vector<Link> architecture_links(const Surroundings& here, const Found& found) {
  if (!found.build.toolkit)
    return {{.name = Text::architecture, .state = State::skipped, .what = {Text::not_reached}}};
  const std::vector<Code> codes = codes_of(found.build.architectures);
  if (found.devices.empty()) return {without_device(codes)};
  std::vector<Link> links;
  for (const Device& device : found.devices) links.push_back(of_device(here, found, codes, device));
  return links;
}

}  // namespace tinygrad::doctor::cuda
