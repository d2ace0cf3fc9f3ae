// SPDX-License-Identifier: MIT
// Checks how OpenCL's loader finds drivers on Windows. Sources of the rules:
// - OpenCL.dll, the loader, is in System32, and comes with a card's driver: Khronos, "OpenCL ICD
//   Installation Guidelines".
// - Drivers are named by values OpenCLDriverName (OpenCLDriverNameWow for 32-bit programs) at a
//   display adapter or a software component below it, and by the key Vendors, whose values have
//   libraries as names and must be a DWORD of 0; OCL_ICD_FILENAMES names more, between semicolons:
//   Khronos, OpenCL-ICD-Loader (README.md, pull request 21). 32-bit programs read Vendors below
//   WOW6432Node: its README.md, and Microsoft, "Registry keys affected by WOW64".
// - DriverDesc, DriverVersion and DriverDate are written by Windows beside those values:
//   Microsoft, "Registry trees and keys for devices and drivers".
// - The service BasicDisplay drives cards that have no driver: Microsoft, "Microsoft Basic Display
//   Driver".
#include "chains/windows.h"

#include <sstream>

#include "remedies.h"

namespace tinygrad::doctor::windows {
namespace {

using opencl::Icd;

const std::string classes = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\",
                  vendors = "HKLM\\SOFTWARE\\Khronos\\OpenCL\\Vendors",
                  vendors_32 = "HKLM\\SOFTWARE\\WOW6432Node\\Khronos\\OpenCL\\Vendors",
                  enabled = "dword:00000000";

Link card_link(const System& system, const DisplayAdapter& adapter, const Graphics& card) {
  const std::string name = to_string(card);
  if (adapter.service == "BasicDisplay")
    return {.name = Text::driver,
            .state = State::broken,
            .what = {Text::driver_basic, {name}},
            .mend = remedy::windows_driver(&card)};
  const std::string path = classes + (adapter.keys.empty() ? "" : adapter.keys[0]);
  const RegistryKey key = system.registry(path);
  const std::string version = key.value("DriverVersion");
  return {.name = Text::driver,
          .what = {Text::driver_of_windows,
                   {name, key.value("DriverDesc"), version, key.value("DriverDate")}},
          .version = version,
          .path = path};
}

/// Libraries that the values of one name at display adapters name: of each adapter, the first key
/// that has the value, as the loader does.
std::vector<Icd> at_adapters(const System& system, const std::string& value) {
  std::vector<Icd> icds;
  for (const DisplayAdapter& adapter : system.display_adapters())
    for (const std::string& key : adapter.keys) {
      const std::string text = system.registry(classes + key).value(value);
      std::istringstream libraries(text);
      for (std::string library; std::getline(libraries, library, ';');)
        icds.push_back({classes + key, "", library});
      if (!text.empty()) break;
    }
  return icds;
}

/// A name without a folder is one of System32.
std::string file_of(const System& system, const std::string& library) {
  if (library.find('\\') != std::string::npos) return library;
  const std::string root = system.environment("SystemRoot");
  return (root.empty() ? "C:\\Windows" : root) + "\\System32\\" + library;
}

/// A driver that the loader opens, unless its library is not there.
void add(const Surroundings& here, Icd icd, std::vector<Icd>& icds, std::vector<Link>& links) {
  for (const Icd& other : icds)
    if (other.library == icd.library) return;
  icd.name = icd.library.substr(icd.library.rfind('\\') + 1);
  if (here.system.exists(file_of(here.system, icd.library))) return icds.push_back(icd);
  links.push_back({.name = Text::icd,
                   .subject = icd.name,
                   .state = State::broken,
                   .what = {Text::registry_no_library, {icd.file, icd.library}},
                   .path = icd.file,
                   .mend = icd.file == vendors ? remedy::remove_from_registry(vendors, icd.library)
                                               : driver(here)});
}

/// No driver is registered, or only for programs of 32 bits.
Link none(const Surroundings& here) {
  std::vector<Icd> others = at_adapters(here.system, "OpenCLDriverNameWow");
  for (auto& [library, value] : here.system.registry(vendors_32).values)
    if (value == enabled) others.push_back({vendors_32, "", library});
  Link link{.name = Text::icd,
            .state = State::broken,
            .what = {Text::registry_empty, {vendors}},
            .path = vendors,
            .mend = driver(here)};
  if (!others.empty())
    link.what = {Text::registry_32_bits, {others[0].library}}, link.path = others[0].file;
  return link;
}

}  // namespace

Commands driver(const Surroundings& here, const Graphics* card) {
  if (!card && !here.cards.empty()) card = &here.cards[0];
  return remedy::windows_driver(card);
}

std::vector<Link> card_links(const Surroundings& here, bool of_nvidia) {
  std::vector<Link> links;
  for (const DisplayAdapter& adapter : here.system.display_adapters())
    if (const Graphics card = card_of(adapter); of_nvidia ? card.nvidia() : card.known())
      links.push_back(card_link(here.system, adapter, card));
  if (links.empty() && !of_nvidia)
    links.push_back(
        {.name = Text::driver, .state = State::skipped, .what = {Text::permission_no_graphics}});
  return links;
}

std::vector<Link> find_icds(const Surroundings& here, std::vector<Icd>& icds) {
  std::vector<Link> links;
  std::istringstream more(here.system.environment("OCL_ICD_FILENAMES"));
  for (std::string library; std::getline(more, library, ';');)
    if (!library.empty()) icds.push_back({library, "OCL_ICD_FILENAMES", library});
  for (const Icd& icd : at_adapters(here.system, "OpenCLDriverName")) add(here, icd, icds, links);
  for (auto& [library, value] : here.system.registry(vendors).values)
    if (value == enabled) add(here, {vendors, "", library}, icds, links);
    else
      links.push_back({.name = Text::icd,
                       .subject = library,
                       .state = State::note,
                       .what = {Text::registry_disabled, {vendors, library, value}},
                       .path = vendors,
                       .mend = remedy::write_registry(vendors, library, 0)});
  if (icds.empty())
    for (Link& link : links) link.state = State::broken;
  if (icds.empty() && links.empty()) links.push_back(none(here));
  return links;
}

Link monitor_link() {
  return {.name = Text::monitor, .state = State::note, .what = {Text::monitor_task_manager}};
}

}  // namespace tinygrad::doctor::windows
