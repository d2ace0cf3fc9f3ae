// SPDX-License-Identifier: MIT
// The calls of Windows that files need. Descriptors are those of its C library; what that lacks is
// called by their handles.
#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <sys/stat.h>
#include <windows.h>

#include <algorithm>
#include <cerrno>

#include "io/system_file.h"

namespace tinygrad::io {

static std::wstring wide(const std::string& utf8) {
  const auto convert = [&](wchar_t* to, int room) {
    return MultiByteToWideChar(CP_UTF8, 0, utf8.data(), int(utf8.size()), to, room);
  };
  std::wstring text(std::size_t(convert(nullptr, 0)), L'\0');
  convert(text.data(), int(text.size()));
  return text;
}

/// Windows opens no folder, and says that this is not permitted.
int open_to_read(const std::string& path) {
  const int file = ::_wopen(wide(path).c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT);
  const int error = errno;
  FileStatus status;
  errno = file < 0 && status_of(path, status) && status.is_folder ? EISDIR : error;
  return file;
}
int create(const std::string& path) {
  return ::_wopen(wide(path).c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                  _S_IREAD | _S_IWRITE);
}
constexpr std::size_t most_at_once = 1u << 30;  // the C library counts in int
std::ptrdiff_t read_some(int file, std::span<std::byte> to) {
  return ::_read(file, to.data(), unsigned(std::min(to.size(), most_at_once)));
}
std::ptrdiff_t write_some(int file, std::span<const std::byte> from) {
  return ::_write(file, from.data(), unsigned(std::min(from.size(), most_at_once)));
}
void close(int file) { ::_close(file); }
void remove(const std::string& path) { ::_wunlink(wide(path).c_str()); }

static bool filled(int result, const struct _stat64& about, FileStatus& status) {
  if (result == 0)
    status = {.is_folder = (about.st_mode & _S_IFMT) == _S_IFDIR,
              .is_regular = (about.st_mode & _S_IFMT) == _S_IFREG,
              .size = std::size_t(about.st_size)};
  return result == 0;
}
bool status_of(int file, FileStatus& status) {
  struct _stat64 about {};
  const int result = ::_fstat64(file, &about);
  return filled(result, about, status);
}
bool status_of(const std::string& path, FileStatus& status) {
  struct _stat64 about {};
  const int result = ::_wstat64(wide(path).c_str(), &about);
  return filled(result, about, status);
}

static HANDLE handle_of(int file) { return reinterpret_cast<HANDLE>(::_get_osfhandle(file)); }

void* map(int file, std::size_t) {
  const HANDLE mapping = CreateFileMappingW(handle_of(file), nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (!mapping) return nullptr;
  void* address = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
  CloseHandle(mapping);  // the view keeps it
  return address;
}
void unmap(void* address, std::size_t) { UnmapViewOfFile(address); }

bool keep_owner_and_mode(int, const FileStatus&) { return true; }
bool flush(int file) { return ::_commit(file) == 0; }
bool flush_folder(const std::string&) { return true; }  // MOVEFILE_WRITE_THROUGH has

/// A program that looks at each new file, such as a virus scanner, may hold one of the two for a
/// moment.
bool rename_over(const std::string& from, const std::string& to) {
  constexpr int tries = 20, wait = 50;  // ms
  for (int i = 0; i < tries; ++i, Sleep(wait)) {
    if (MoveFileExW(wide(from).c_str(), wide(to).c_str(),
                    MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
      return true;
    const DWORD error = GetLastError();
    errno = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ENOENT : EACCES;
    if (error != ERROR_ACCESS_DENIED && error != ERROR_SHARING_VIOLATION) return false;
  }
  return false;
}

long long process_id() { return ::_getpid(); }
bool process_exists(long long id) {
  const HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, DWORD(id));
  if (!process) return GetLastError() != ERROR_INVALID_PARAMETER;
  const bool runs = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
  CloseHandle(process);
  return runs;
}

}  // namespace tinygrad::io
#endif
