// SPDX-License-Identifier: MIT
// Calls dlopen() or LoadLibrary().
#include "backends/common/shared_library.h"

#if defined(_WIN32)
#include <windows.h>

#include <system_error>
#else
#include <dlfcn.h>
#endif

namespace tinygrad::common {

#if defined(_WIN32)
SharedLibrary::SharedLibrary(const std::string& file) : handle(LoadLibraryA(file.c_str())) {
  if (!handle) error = std::system_category().message(int(GetLastError()));
}
void* SharedLibrary::find(const char* name) const {
  if (!handle) return nullptr;
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle), name));
}
#else
SharedLibrary::SharedLibrary(const std::string& file)
    : handle(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!handle) error = dlerror();
}
void* SharedLibrary::find(const char* name) const { return handle ? dlsym(handle, name) : nullptr; }
#endif

}  // namespace tinygrad::common
