// SPDX-License-Identifier: MIT
#include "probes.h"

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <windows.h>
#else
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#endif
#include <unistd.h>

#include <exception>
#include <sstream>

namespace tinygrad::doctor {

int run_probe(const std::vector<std::string>& a) {
  const std::string what = a.empty() ? "" : a[0], name = a.size() > 1 ? a[1] : "",
                    more = a.size() > 2 ? a[2] : "";
#if defined(_WIN32)
  _setmode(STDOUT_FILENO, _O_BINARY);
#endif
  try {
    if (what == "loader") probe_loader();
    else if (what == "icd") probe_icd(name);
    else if (what == "devices") probe_devices();
    else if (what == "device") probe_device(name);
    else if (what == "bench") probe_speed(name);
    else if (what == "cuda") probe_cuda();
    else if (what == "cuda_library") probe_cuda_library(name, more);
    else return 2;
  } catch (const std::exception& e) {
    say("error", e.what());
    return 1;
  }
  return 0;
}

#if defined(_WIN32)
std::string file_of(void* library) {
  char file[32768] = {};
  GetModuleFileNameA(static_cast<HMODULE>(library), file, sizeof file - 1);
  return file;
}
#else
std::string file_of(void* library) {
  link_map* map = nullptr;
  if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || !map) return "";
  char real[PATH_MAX];
  return realpath(map->l_name, real) ? real : map->l_name;
}
#endif

void say(const std::string& word, const std::string& text) {
  std::string line = "@" + word + (text.empty() ? "" : " ") + text;
  for (char& c : line)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  line += '\n';
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = write(STDOUT_FILENO, line.data() + done, line.size() - done);
    if (n <= 0) return;
    done += std::size_t(n);
  }
}

std::vector<Said> lines_of(const Outcome& outcome) {
  std::vector<Said> all;
  std::istringstream text(outcome.output);
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] != '@') continue;  // output of a driver
    const auto space = line.find(' ');
    all.push_back(
        {line.substr(1, space - 1), space == std::string::npos ? "" : line.substr(space + 1)});
  }
  return all;
}

std::string find(const std::vector<Said>& lines, const std::string& word) {
  for (const Said& said : lines)
    if (said.word == word) return said.text;
  return "";
}

std::string last_call(const std::vector<Said>& lines) {
  std::string call;
  for (const Said& said : lines)
    if (said.word == "call") call = said.text;
  return call;
}

}  // namespace tinygrad::doctor
