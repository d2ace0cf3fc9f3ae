// SPDX-License-Identifier: MIT
// The table of all devices, which finds devices by name or description, and the default device.
#include "tinygrad/device.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "backends/registry.h"
#include "environment.h"
#include "fork.h"
#include "tinygrad/backend.h"
#include "tinygrad/error.h"

namespace tinygrad {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The table lives as long as the process, since tensors in static variables may be released after
/// main. Devices are added and never removed.
struct Table {
  ProcessMutex mutex;
  std::deque<std::unique_ptr<Backend>> backends;
  std::vector<DeviceFamily> unlisted = families();
  std::vector<std::string> problems;  // of families that were searched and have no device
  std::optional<OwnProcess> search;   // in progress
  std::optional<Device> default_device;

  Table() { list("cpu"); }
  Backend* find(const Device& device) {
    for (auto& b : backends)
      if (b->device() == device) return b.get();
    return nullptr;
  }
  /// Searches for the devices of a family if that was not done before; without a name, for those of
  /// all families.
  void list(const std::string& name = {}) {
    if (search && !search->is_this_one()) {  // drivers wait for the thread that searched
      problems.push_back("this process was forked while another thread searched for devices");
      unlisted.clear(), search.reset();
    }
    for (auto family = unlisted.begin(); family != unlisted.end();) {
      if (!name.empty() && family->name != name) {
        ++family;
        continue;
      }
      search.emplace();
      DeviceSearch found = find_devices(*family);
      search.reset();
      if (!found.problem.empty()) problems.push_back(family->name + ": " + found.problem);
      for (auto& b : found.backends) backends.push_back(std::move(b));
      family = unlisted.erase(family);
    }
  }
  /// The first device of a family whose description contains this text, in letters of any case; of
  /// any family if the name is empty.
  Backend* find_described(const std::string& family, const std::string& part) {
    list(family);
    for (auto& b : backends)
      if ((family.empty() || b->device().name == family) &&
          lower(b->description()).find(lower(part)) != std::string::npos)
        return b.get();
    return nullptr;
  }
  std::string all_names() const {
    std::string all;
    for (auto& b : backends) {
      all += (all.empty() ? "" : ", ") + to_string(b->device());
      if (!b->description().empty()) all += " (" + b->description() + ")";
    }
    for (auto& problem : problems) all += "; " + problem;
    return all;
  }
};
Table& table() {
  static Table& instance = *new Table;
  return instance;
}

/// The index of the device of a family whose description contains this text.
int index_of_described(const std::string& family, const std::string& part) {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  if (Backend* found = t.find_described(family, part)) return found->device().index;
  fail<DeviceError>("device", "no device of \"", family, "\" has \"", part,
                    "\" in its name; there are: ", t.all_names());
}

/// The backend that was found last on this thread. Every new tensor needs its backend, and finds it
/// here without the lock.
thread_local Backend* last_found = nullptr;

}  // namespace

Device::Device(const char* text) : Device(std::string(text)) {}
Device::Device(const std::string& text) {
  const auto colon = text.find(':');
  name = text.substr(0, colon);
  require(!name.empty(), "device", "\"", text,
          "\" names no device; write one such as \"cpu\" or \"opencl:1\"");
  if (colon == std::string::npos) return;
  const std::string rest = text.substr(colon + 1);
  const bool digits = rest.find_first_not_of("0123456789") == std::string::npos;
  const bool letters =
      std::any_of(rest.begin(), rest.end(), [](unsigned char c) { return std::isalpha(c); });
  require(
      letters || (digits && !rest.empty() && rest.size() < 5), "device", "\"", text,
      "\" is not a device; write a name, or a name and an index, such as \"cpu\" or \"opencl:1\"");
  index = digits ? std::stoi(rest) : index_of_described(name, rest);
}

std::string to_string(const Device& device) {
  return device.index ? device.name + ":" + std::to_string(device.index) : device.name;
}

Backend& register_backend(std::unique_ptr<Backend> backend) {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  require(!t.find(backend->device()), "register_backend", "the device \"", backend->device(),
          "\" exists already");
  return *t.backends.emplace_back(std::move(backend));
}

Backend& backend(const Device& device) {
  if (last_found && last_found->device() == device) return *last_found;
  Table& t = table();
  std::lock_guard lock(t.mutex);
  Backend* found = t.find(device);
  if (!found) t.list(device.name), found = t.find(device);
  if (found) return *(last_found = found);
  if (device.index == 0 && (found = t.find_described("", device.name))) return *found;  // "iris"
  fail<DeviceError>("device", "there is no device \"", to_string(device),
                    "\" in this build and on this machine; there are: ", t.all_names());
}

Device default_device() {
  Table& t = table();
  {
    std::lock_guard lock(t.mutex);
    if (t.default_device) return *t.default_device;
  }
  const Device named = environment::device();  // may search for it, and takes the lock
  std::lock_guard lock(t.mutex);
  if (!t.default_device) t.default_device = named;
  return *t.default_device;
}
void set_default_device(const Device& device) {
  const Device& own = backend(device).device();
  Table& t = table();
  std::lock_guard lock(t.mutex);
  t.default_device = own;
}
std::vector<Device> devices() {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  t.list();
  std::vector<Device> all;
  for (auto& b : t.backends) all.push_back(b->device());
  return all;
}
void synchronize(const Device& device) { backend(device).synchronize(); }
MemoryStats memory_stats(const Device& device) { return backend(device).stats(); }
void empty_cache(const Device& device) { backend(device).empty_cache(); }

}  // namespace tinygrad
