// SPDX-License-Identifier: MIT
// The functions of POSIX that tests call and Windows lacks; included before every test there.
#pragma once
#ifdef __cplusplus
#include <cstdlib>
#include <filesystem>
#include <string>

inline int setenv(const char* name, const char* value, int) {
  return _putenv((std::string(name) + "=" + value).c_str());
}
inline int unsetenv(const char* name) { return setenv(name, "", 1); }

/// Makes a folder; the six X at the end of the name become a number.
inline char* mkdtemp(char* name) {
  for (int number = std::rand() % 1000, tries = 0; tries < 1000; ++tries) {
    std::string path(name);
    path.replace(path.size() - 6, 6, std::to_string(100000 + (number + tries) % 900000));
    std::error_code error;
    if (std::filesystem::create_directory(path, error)) return path.copy(name, path.size()), name;
  }
  return nullptr;
}
#endif
