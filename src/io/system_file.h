// SPDX-License-Identifier: MIT
// The calls of the operating system that files need, for POSIX and for Windows. Paths are UTF-8. A
// call that fails sets errno; descriptors are those of open(), read(), write() and close().
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace tinygrad::io {

/// Paths for std::filesystem, and from there. (On Windows its own conversion is not that of UTF-8.)
inline std::filesystem::path as_path(const std::string& utf8) {
  return std::u8string(utf8.begin(), utf8.end());
}
inline std::string as_text(const std::filesystem::path& path) {
  const std::u8string utf8 = path.u8string();
  return {utf8.begin(), utf8.end()};
}

/// The state of a file, as the system tells it. Only POSIX systems fill mode, user and group.
struct FileStatus {
  bool is_folder = false, is_regular = false;
  std::size_t size = 0;
  unsigned mode = 0, user = 0, group = 0;
};
bool status_of(int file, FileStatus& status);
/// False if there is no such file.
bool status_of(const std::string& path, FileStatus& status);

/// Opens a file; if the path names a pipe, does not wait for a writer. Returns -1 if it fails.
int open_to_read(const std::string& path);
/// Makes a file, which must not exist.
int create(const std::string& path);
/// As read() and write(): the number of bytes; 0 at the end of the file; less than 0 if it fails.
std::ptrdiff_t read_some(int file, std::span<std::byte> to);
std::ptrdiff_t write_some(int file, std::span<const std::byte> from);
void close(int file);
void remove(const std::string& path);

/// The file's bytes in memory, to be read only; null if the file system does not allow it.
void* map(int file, std::size_t size);
void unmap(void* address, std::size_t size);

/// Gives a file the mode of another, and its owner if that is allowed. (Windows: those of the
/// folder, which files inherit.)
bool keep_owner_and_mode(int file, const FileStatus& old);
/// Waits until the disk has the file, or the folder's list of names.
bool flush(int file);
bool flush_folder(const std::string& folder);
/// Gives a file a name, in one step also if that name is taken.
bool rename_over(const std::string& from, const std::string& to);

long long process_id();
bool process_exists(long long id);

}  // namespace tinygrad::io
