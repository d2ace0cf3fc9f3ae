// SPDX-License-Identifier: MIT
#include "doctor.h"

#include <cstdlib>

#include "chains/chains.h"

namespace tinygrad::doctor {
namespace {

/// A row a chain; another backend joins here, with a file in chains/.
struct Row {
  const char* device;  ///< the name of tinygrad's devices of this chain
  Chain (*walk)(const Surroundings&);
};
constexpr Row chains[] = {{"cpu", walk_cpu}, {"opencl", walk_opencl}, {"cuda", walk_cuda}};

std::string backend_of(const std::string& device) { return device.substr(0, device.find(':')); }

bool names_a_chain(const std::string& device) {
  for (const Row& row : chains)
    if (row.device == backend_of(device)) return true;
  return false;
}

std::string all_cards(const std::vector<Graphics>& cards) {
  std::string all;
  for (const Graphics& card : cards) all += (all.empty() ? "" : ", ") + to_string(card);
  return all;
}

/// The chains have tried each device that tinygrad offers; another name (a part of a device's, or
/// one that is not there) is tried now.
Asked asked_for(const Report& report, const System& system, const std::string& device) {
  for (const Chain& chain : report.chains)
    for (const Link& link : chain.links)
      if (link.name == Text::tinygrad && link.subject == device && link.state == State::ok)
        return {device, true, ""};
  return try_device(system, device);
}

std::vector<Speed> speeds(const Report& report, const System& system, const std::string& only) {
  std::vector<std::string> devices;
  for (const Chain& chain : report.chains)
    for (const Link& link : chain.links)
      if (link.name == Text::tinygrad && link.state == State::ok && only.empty())
        devices.push_back(link.subject);
  if (!only.empty() && report.asked.works) devices = {only};
  std::vector<Speed> all;
  for (const std::string& device : devices) {
    const auto lines = lines_of(system.probe({"bench", device}));
    all.push_back({device, std::strtod(find(lines, "bandwidth").c_str(), nullptr),
                   std::strtod(find(lines, "matmul").c_str(), nullptr)});
  }
  return all;
}

/// Links that are the same on each system know the commands of both.
void leave_commands_of(bool windows, Report& report) {
  for (Chain& chain : report.chains)
    for (Link& link : chain.links)
      if (windows) link.mend = Commands::on_windows(link.mend.windows);
      else link.mend.windows.clear();
}

}  // namespace

Report examine(const System& system, const Wishes& wishes) {
  const Surroundings here(system);
  const std::string kernel = here.windows ? "" : ", Linux " + here.kernel;
  Report report{here.distribution.name + kernel, all_cards(here.cards)};
  for (const Row& row : chains)
    if (!names_a_chain(wishes.device) || row.device == backend_of(wishes.device))
      report.chains.push_back(row.walk(here));
  leave_commands_of(here.windows, report);
  const std::string standard = system.environment("TINYGRAD_DEVICE");
  report.asked = asked_for(report, system,
                           !wishes.device.empty() ? wishes.device
                           : standard.empty()     ? "cpu"
                                                  : standard);
  if (wishes.bench) report.speeds = speeds(report, system, wishes.device);
  return report;
}

}  // namespace tinygrad::doctor
