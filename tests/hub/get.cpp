// SPDX-License-Identifier: MIT
// get ID FILE prints the path of a file of a repository, and get ID the folder of all its files;
// ends with 3 if there is no such file, and with 1 after any other error.
#include "tinygrad/hub/hub.h"

#include <cstdio>

int main(int argc, char** argv) {
  namespace hub = tinygrad::hub;
  if (argc < 2) return 2;
  try {
    const std::string path =
        argc > 2 ? hub::get(argv[1], {.file = argv[2]}) : hub::snapshot(argv[1]);
    std::puts(path.c_str());
    return 0;
  } catch (const tinygrad::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return dynamic_cast<const hub::EntryNotFoundError*>(&error) ? 3 : 1;
  }
}
