// The table of devices that exist, and the default one.
#include "tinygrad/device.h"

#include <deque>
#include <memory>
#include <mutex>

#include "backends/backends.h"
#include "environment.h"
#include "tinygrad/backend.h"
#include "tinygrad/error.h"

namespace tinygrad {
namespace {

/// Lives as long as the process: tensors in other statics may be released after main. Devices are only ever added.
struct Table {
  std::mutex mutex;
  std::deque<std::unique_ptr<Backend>> backends;
  Device default_device;
  Table() {
    for (auto& b : built_in_backends()) backends.push_back(std::move(b));
    default_device = environment::device();
  }
  Backend* find(const Device& device) {
    for (auto& b : backends)
      if (b->device() == device) return b.get();
    return nullptr;
  }
};
Table& table() {
  static Table& instance = *new Table;
  return instance;
}

/// A backend that is asked for again and again (by every tensor that is made) is found without the lock.
thread_local Backend* last_found = nullptr;

}  // namespace

Device::Device(const char* text) : Device(std::string(text)) {}
Device::Device(const std::string& text) {
  const auto colon = text.find(':');
  name = text.substr(0, colon);
  if (colon != std::string::npos) {
    const std::string digits = text.substr(colon + 1);
    const bool valid = !digits.empty() && digits.size() < 5 && digits.find_first_not_of("0123456789") == std::string::npos;
    require(valid, "device", "\"", text, "\" is not a device; write a name, or a name and a number, such as \"cpu\" or \"opencl:1\"");
    index = std::stoi(digits);
  }
  require(!name.empty(), "device", "\"", text, "\" names no device; write one such as \"cpu\" or \"opencl:1\"");
}

std::string to_string(const Device& device) { return device.index ? device.name + ":" + std::to_string(device.index) : device.name; }

Backend& register_backend(std::unique_ptr<Backend> backend) {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  require(!t.find(backend->device()), "register_backend", "the device \"", backend->device(), "\" exists already");
  return *t.backends.emplace_back(std::move(backend));
}

Backend& backend(const Device& device) {
  if (last_found && last_found->device() == device) return *last_found;
  Table& t = table();
  std::lock_guard lock(t.mutex);
  if (Backend* found = t.find(device)) return *(last_found = found);
  std::string known;
  for (auto& b : t.backends) known += (known.empty() ? "" : ", ") + to_string(b->device());
  fail<DeviceError>("device", "there is no device \"", to_string(device), "\" in this build and on this machine; there are: ", known);
}

Device default_device() {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  return t.default_device;
}
void set_default_device(const Device& device) {
  backend(device);
  Table& t = table();
  std::lock_guard lock(t.mutex);
  t.default_device = device;
}
std::vector<Device> devices() {
  Table& t = table();
  std::lock_guard lock(t.mutex);
  std::vector<Device> all;
  for (auto& b : t.backends) all.push_back(b->device());
  return all;
}
void synchronize(const Device& device) { backend(device).synchronize(); }
MemoryStats memory_stats(const Device& device) { return backend(device).stats(); }
void empty_cache(const Device& device) { backend(device).empty_cache(); }

}  // namespace tinygrad
