// SPDX-License-Identifier: MIT
// Checks the OpenCL chain: loader, ICD files, platform, driver, device, permission, extensions,
// kernel, tinygrad.
#include "chains/opencl.h"

#include <sstream>

#include "chains/chains.h"
#include "chains/windows.h"
#include "opencl_api.h"
#include "remedies.h"

namespace tinygrad::doctor {
namespace opencl {
namespace {

/// The first of these that exists.
std::string first_of(const System& system, std::initializer_list<const char*> files) {
  for (const char* file : files)
    if (system.exists(file)) return file;
  return "";
}

/// A loader was found, perhaps one of another package that lies before the system's, but it cannot
/// be opened.
Link unopened_loader(const System& system, const std::string& file,
                     const std::vector<Said>& lines) {
  const std::string missing = find(lines, "missing");
  const bool of_system = file.starts_with("/usr/lib") || file.starts_with("/lib");
  Link link{.name = Text::loader,
            .state = State::broken,
            .what = {Text::loader_unopened, {file, find(lines, "error")}},
            .path = file,
            .mend = of_system || system.environment("LD_LIBRARY_PATH").empty()
                        ? remedy::reinstall(file)
                        : Commands("unset LD_LIBRARY_PATH")};
  if (missing.empty()) return link;
  link.what = {Text::loader_lacks, {file, missing}};
  if (const Commands package = remedy::library(missing); !package.empty()) link.mend = package;
  return link;
}

/// Beginners take headers or an SDK for what programs need: if those are found, they are named.
Message missing_loader(const System& system, const std::string& error) {
  const std::string sdk =
      first_of(system, {"/opt/intel/oneapi/compiler/latest/lib/libOpenCL.so.1",
                        "/usr/local/cuda/lib64/libOpenCL.so.1", "/opt/rocm/lib/libOpenCL.so.1"});
  if (!sdk.empty()) return {Text::loader_missing_sdk, {sdk}};
  const std::string headers =
      first_of(system, {"/usr/include/CL/cl.h", "/usr/local/include/CL/cl.h"});
  if (!headers.empty()) return {Text::loader_missing_headers, {headers}};
  return {Text::loader_missing, {cl::loader_name(false), error}};
}

Link loader_link(const Surroundings& here) {
  const System& system = here.system;
  const std::string name = cl::loader_name(here.windows);
  const Outcome outcome =
      system.probe({"loader"}, no_drivers);  // the loader opens all that it sees
  const auto lines = lines_of(outcome);
  Link link{.name = Text::loader, .state = State::broken};
  if (outcome.how != Outcome::exited)
    link.what = {Text::loader_crashed, {name, how_it_ended(outcome)}};
  else if (here.windows && outcome.code != 0)
    link.what = {Text::loader_missing, {name, find(lines, "error")}},
    link.mend = windows::driver(here);
  else if (const std::string file = find(lines, "file"); outcome.code != 0 && !file.empty())
    return unopened_loader(system, file, lines);
  else if (outcome.code != 0)
    link.what = missing_loader(system, find(lines, "error")), link.mend = remedy::loader();
  else
    link = {.name = Text::loader,
            .what = {Text::loader_found, {name}},
            .version = find(lines, "loader_version"),
            .path = find(lines, "loader")};
  return link;
}

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  const auto begin = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
  return begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
}

struct Place {
  std::string path, variable;  ///< and which environment variable says so
};
bool ends_with_icd(const std::string& name) {
  return name.size() > 4 && name.substr(name.size() - 4) == ".icd";
}

/// The place that the loader searches. Khronos's takes a folder in OCL_ICD_VENDORS. ocl-icd also
/// takes an ICD file there, which is in the usual folder if it is a name without a folder, or a
/// driver's library, and it knows OPENCL_VENDOR_PATH (libOpenCL(7)); Khronos's takes libraries in
/// OCL_ICD_FILENAMES.
Place icd_place(const System& system, bool of_khronos) {
  const std::string usual = "/etc/OpenCL/vendors";
  for (const char* variable : {"OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH"}) {
    const std::string path = system.environment(variable);
    if (path.empty() || (of_khronos && variable == std::string("OPENCL_VENDOR_PATH"))) continue;
    const std::string named = usual + "/" + path;
    const bool is_name = ends_with_icd(path) && path.find('/') == std::string::npos;
    return {is_name && !of_khronos && system.exists(named) ? named : path, variable};
  }
  return {usual, ""};
}

/// Whether the variable names a driver's library instead of ICD files.
bool is_library(const System& system, const std::string& path) {
  return path.find(".so") != std::string::npos && !ends_with_icd(path) && system.list(path).empty();
}

/// What the variable means to this loader. Broken if only the other loader reads it so.
Link place_link(const System& system, const Place& place, const std::string& loader,
                bool of_khronos) {
  Link link{.name = Text::icd,
            .state = State::note,
            .what = {Text::icd_elsewhere, {place.variable, place.path}},
            .mend = {"unset " + place.variable}};
  if (!ends_with_icd(place.path) && !is_library(system, place.path)) return link;
  link.what = {Text::icd_named, {place.variable, place.path}};
  if (!of_khronos) return link;
  link.state = State::broken;
  link.what = {Text::icd_takes_folder, {place.variable, place.path, loader}};
  if (const auto slash = place.path.rfind('/');
      ends_with_icd(place.path) && slash != std::string::npos)
    link.mend = {"export " + place.variable + "=" + place.path.substr(0, slash)};
  return link;
}

Commands driver_for(const Surroundings& here) {
  if (const Graphics* card = here.intel_card()) {
    if (card->chip && card->chip->generation < 8) return remedy::pocl();
    return remedy::intel(here.distribution, card->chip && needs_legacy(*card->chip));
  }
  if (here.wsl) return remedy::intel(here.distribution, false);
  if (here.cards.empty()) return remedy::pocl();
  return here.cards[0].nvidia() ? remedy::nvidia(here.distribution) : remedy::amd();
}

Link no_icd(const Surroundings& here, const std::string& folder) {
  const Text text = here.cards.empty() && !here.wsl ? Text::icd_none_no_graphics : Text::icd_none;
  return {.name = Text::icd,
          .state = State::broken,
          .what = {text, {folder}},
          .path = folder,
          .mend = driver_for(here)};
}

void append(std::vector<Link>& to, std::vector<Link> from) {
  for (Link& link : from) to.push_back(std::move(link));
}

void skip(Chain& chain, std::initializer_list<Text> names) {
  for (Text name : names)
    chain.links.push_back({.name = name, .state = State::skipped, .what = {Text::not_reached}});
}

}  // namespace

std::vector<Link> find_icds(const Surroundings& here, const std::string& loader,
                            std::vector<Icd>& icds) {
  if (here.windows) return windows::find_icds(here, icds);
  const bool of_khronos = loader.find("Khronos") != std::string::npos;
  const Place place = icd_place(here.system, of_khronos);
  std::vector<Link> links;
  std::istringstream more(of_khronos ? here.system.environment("OCL_ICD_FILENAMES") : "");
  for (std::string library; std::getline(more, library, ':');)
    if (!library.empty()) icds.push_back({library, "OCL_ICD_FILENAMES", library});
  if (!place.variable.empty()) links.push_back(place_link(here.system, place, loader, of_khronos));
  if (!place.variable.empty() && is_library(here.system, place.path)) {
    icds.push_back({place.path, place.variable, place.path});
    return links;
  }
  std::vector<std::string> files;
  if (ends_with_icd(place.path)) files = {place.path};
  else
    for (const std::string& name : here.system.list(place.path))
      if (ends_with_icd(name)) files.push_back(place.path + "/" + name);
  for (const std::string& file : files) {
    const Icd icd{file, file.substr(file.rfind('/') + 1),
                  first_line(here.system.read(file).value_or(""))};
    if (!icd.library.empty()) icds.push_back(icd);
    else
      links.push_back({.name = Text::icd,
                       .subject = icd.name,
                       .state = State::broken,
                       .what = {Text::icd_empty, {icd.name}},
                       .path = file,
                       .mend = remedy::reinstall(file)});
  }
  if (files.empty() && icds.empty()) links.push_back(no_icd(here, place.path));
  return links;
}

}  // namespace opencl

Chain walk_opencl(const Surroundings& here) {
  using namespace opencl;
  Chain chain{"OpenCL", "opencl"};
  if (here.windows) append(chain.links, windows::card_links(here));
  const Link loader = loader_link(here);
  chain.links.push_back(loader);
  std::vector<Icd> icds;
  append(chain.links, find_icds(here, loader.version, icds));
  std::vector<Link> last;
  bool computes = false;
  if (loader.state != State::ok || icds.empty())
    skip(chain, {Text::platform, Text::driver, Text::device});
  else
    for (const Icd& icd : icds) {
      IcdLinks links = walk_icd(here, icd);
      append(chain.links, std::move(links.first));
      append(last, std::move(links.last));
      computes = computes || links.computes;
    }
  if (!here.windows) chain.links.push_back(permission_link(here));
  if (last.empty()) skip(chain, {Text::extensions, Text::kernel});
  append(chain.links, std::move(last));
  for (Link& link :
       tinygrad_links(here, "opencl", computes,
                      {here.system.has_opencl_backend(),
                       {"cmake -B build -DTINYGRAD_OPENCL=ON && cmake --build build"}}))
    chain.works = chain.works || link.state == State::ok, chain.links.push_back(std::move(link));
  if ((here.windows || here.wsl) && chain.works) chain.links.push_back(windows::monitor_link());
  return chain;
}

}  // namespace tinygrad::doctor
