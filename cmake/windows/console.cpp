// SPDX-License-Identifier: MIT
// Linked into every program on Windows: its console shows UTF-8, and obeys the escape sequences
// that move the cursor and choose colours.
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <cstdio>
#include <initializer_list>

namespace {

[[maybe_unused]] const bool prepared = [] {
  SetConsoleOutputCP(CP_UTF8);
  SetConsoleCP(CP_UTF8);
  for (const DWORD stream : {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    const HANDLE console = GetStdHandle(stream);
    DWORD mode = 0;
    if (!GetConsoleMode(console, &mode)) continue;
    SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    // As text, or without a buffer, the C library would write each byte as a character of its own.
    if (stream != STD_OUTPUT_HANDLE) continue;
    _setmode(_fileno(stdout), _O_BINARY);
    std::setvbuf(stdout, nullptr, _IOFBF, 1 << 12);
  }
  return true;
}();

}  // namespace
