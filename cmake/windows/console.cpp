// SPDX-License-Identifier: MIT
// Linked into every program on Windows: its console shows UTF-8, and obeys the escape sequences
// that move the cursor and choose colours.
#include <windows.h>

#include <initializer_list>

namespace {

[[maybe_unused]] const bool prepared = [] {
  SetConsoleOutputCP(CP_UTF8);
  SetConsoleCP(CP_UTF8);
  for (const DWORD stream : {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    const HANDLE console = GetStdHandle(stream);
    DWORD mode = 0;
    if (GetConsoleMode(console, &mode))
      SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
  }
  return true;
}();

}  // namespace
