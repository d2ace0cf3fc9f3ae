// SPDX-License-Identifier: MIT
// The calls of POSIX that files need.
#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "io/system_file.h"

namespace tinygrad::io {

/// Repeats a system call as long as a signal interrupts it.
template <class F> static auto uninterrupted(F call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

static int open_file(const std::string& path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}
int open_to_read(const std::string& path) { return open_file(path, O_RDONLY | O_NONBLOCK); }
int create(const std::string& path) { return open_file(path, O_WRONLY | O_CREAT | O_EXCL); }
std::ptrdiff_t read_some(int file, std::span<std::byte> to) {
  return uninterrupted([&] { return ::read(file, to.data(), to.size()); });
}
std::ptrdiff_t write_some(int file, std::span<const std::byte> from) {
  return uninterrupted([&] { return ::write(file, from.data(), from.size()); });
}
void close(int file) { ::close(file); }
void remove(const std::string& path) { ::unlink(path.c_str()); }

static bool filled(int result, const struct stat& about, FileStatus& status) {
  if (result == 0)
    status = {S_ISDIR(about.st_mode), S_ISREG(about.st_mode), std::size_t(about.st_size),
              about.st_mode,          about.st_uid,           about.st_gid};
  return result == 0;
}
bool status_of(int file, FileStatus& status) {
  struct stat about {};
  const int result = ::fstat(file, &about);
  return filled(result, about, status);
}
bool status_of(const std::string& path, FileStatus& status) {
  struct stat about {};
  const int result = ::stat(path.c_str(), &about);
  return filled(result, about, status);
}

void* map(int file, std::size_t size) {
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  return address == MAP_FAILED ? nullptr : address;
}
void unmap(void* address, std::size_t size) { ::munmap(address, size); }

/// A private file stays private. Only root may give a file to another user; where that is not
/// allowed, the file belongs to the writer, and others may read it only if they could before.
bool keep_owner_and_mode(int file, const FileStatus& old) {
  const bool same =
      ::fchown(file, old.user, old.group) == 0 || ::fchown(file, uid_t(-1), old.group) == 0;
  const mode_t mode = old.mode & (same ? 07777 : 07707);  // another group gets nothing
  return ::fchmod(file, mode) == 0;
}

bool flush(int file) {
  return uninterrupted([&] { return ::fsync(file); }) == 0;
}
/// Some file systems cannot flush a folder, which is no error.
bool flush_folder(const std::string& folder) {
  const int file = open_file(folder, O_RDONLY | O_NONBLOCK | O_DIRECTORY);
  const bool kept = file >= 0 && flush(file);
  const int error = errno;
  if (file >= 0) ::close(file);
  errno = error;
  return kept || error == EINVAL || error == EACCES;
}
bool rename_over(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0;
}

long long process_id() { return ::getpid(); }
bool process_exists(long long id) { return ::kill(pid_t(id), 0) == 0 || errno != ESRCH; }

}  // namespace tinygrad::io
#endif
