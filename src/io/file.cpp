// SPDX-License-Identifier: MIT
// FileBytes maps or reads a whole file; NewFile writes a temporary file and renames it when it is
// complete.
#include "io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace tinygrad {

namespace fs = std::filesystem;

namespace {

std::string text(int error) { return std::generic_category().message(error); }

/// Repeats a system call as long as a signal interrupts it.
template <class F> auto uninterrupted(F call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Opens a file; if the path names a pipe, does not wait for a writer.
int open_for_reading(const char* path, int flags = 0) {
  return uninterrupted([=] { return ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags); });
}

// Temporary files are named .tinygrad-<process>-<number>.tmp.
constexpr std::string_view temporary_beginning = ".tinygrad-", temporary_ending = ".tmp";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// An open file descriptor, which the destructor closes.
struct Handle {
  explicit Handle(int d) : descriptor(d) {}
  Handle(const Handle&) = delete;
  ~Handle() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int get() const { return descriptor; }
  int descriptor;
};

}  // namespace

// ------------------------------------------------------------ reading

/// Reads what `all` takes of a file.
static void read_all(const Call& call, const std::string& path, int file,
                     std::span<std::byte> all) {
  while (!all.empty()) {
    const auto count = uninterrupted([&] { return ::read(file, all.data(), all.size()); });
    require<io::SystemError>(count >= 0, call, in_quotes(path), ": cannot be read: ", text(errno));
    require<IoError>(count > 0, call, in_quotes(path), ": became shorter while it was read");
    all = all.subspan(std::size_t(count));
  }
}

FileBytes::FileBytes(const std::string& path, bool map, Call call) {
  require<IoError>(path.find('\0') == std::string::npos, call, in_quotes(path),
                   ": a path must not contain a zero byte");
  const Handle file(open_for_reading(path.c_str()));
  require<io::SystemError>(file.get() >= 0, call, in_quotes(path),
                           ": cannot be opened: ", text(errno));
  struct stat about {};
  require<io::SystemError>(::fstat(file.get(), &about) == 0, call, in_quotes(path),
                           ": cannot be inspected: ", text(errno));
  require<IoError>(!S_ISDIR(about.st_mode), call, in_quotes(path),
                   ": is a folder; name the file in it");
  require<IoError>(S_ISREG(about.st_mode), call, in_quotes(path), ": is not a regular file");
  require<IoError>(about.st_size > 0, call, in_quotes(path), ": the file is empty");
  size_ = std::size_t(about.st_size);
  if (map) {
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address != MAP_FAILED) mapped_ = address;
  }
  if (mapped_) return;
  read_ = std::make_unique_for_overwrite<std::byte[]>(size_);
  read_all(call, path, file.get(), {read_.get(), size_});
}

FileBytes::~FileBytes() {
  if (mapped_) ::munmap(mapped_, size_);
}

// ------------------------------------------------------------ writing

/// Follows symbolic links, of which the last may name a file that does not exist yet.
static std::string behind_links(const Call& call, std::string path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(path, error); ++links) {
    require<IoError>(links < 40, call, in_quotes(path), ": is a link that leads to itself");
    const fs::path target = fs::read_symlink(path, error);
    path = target.is_absolute() ? target : fs::path(folder_of(path)) / target;
  }
  return path;
}

/// A private file stays private. Only root may give a file to another user; where that is not
/// allowed, the file belongs to the writer, and others may read it only if they could before.
static bool keep_owner_and_mode(int file, const struct stat& old) {
  const bool same =
      ::fchown(file, old.st_uid, old.st_gid) == 0 || ::fchown(file, uid_t(-1), old.st_gid) == 0;
  const mode_t mode = old.st_mode & (same ? 07777 : 07707);  // another group gets nothing
  return ::fchmod(file, mode) == 0;
}

NewFile::NewFile(const std::string& path, Call call) : call_(call) {
  require<IoError>(!path.empty() && path.find('\0') == std::string::npos, call, in_quotes(path),
                   ": is not a path");
  path_ = behind_links(call, path), folder_ = folder_of(path_);
  struct stat about {};
  const bool exists = ::stat(path_.c_str(), &about) == 0;
  require<IoError>(!exists || S_ISREG(about.st_mode), call, in_quotes(path_),
                   ": exists and is not a regular file");
  static std::atomic<unsigned> number = 0;
  const std::string start =
      folder_ + "/" + std::string(temporary_beginning) + std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string name = start + std::to_string(number++) + std::string(temporary_ending);
    file_ = uninterrupted(
        [&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (file_ < 0 && errno == EEXIST)
      continue;  // left by a killed process with the same process id
    if (file_ < 0) refuse("cannot be written: no file can be made in its folder", errno);
    temporary_ = std::move(name);
    if (!exists || keep_owner_and_mode(file_, about)) return;
    const int error = errno;
    discard();
    refuse("cannot be written with its mode", error);
  }
  refuse("cannot be written: its folder is full of temporary files", EEXIST);
}

NewFile::~NewFile() { discard(); }

void NewFile::discard() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  file_ = -1, temporary_.clear();
}

void NewFile::refuse(const char* what, int error) const {
  fail<io::SystemError>(call_, in_quotes(path_), ": ", what, ": ", text(error));
}

void NewFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = uninterrupted([&] { return ::write(file_, bytes.data(), bytes.size()); });
    if (count < 0) refuse("cannot be written", errno);
    if (count == 0) refuse("cannot be written", EIO);
    bytes = bytes.subspan(std::size_t(count));
  }
}

void NewFile::publish() {
  ::close(std::exchange(file_, -1));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    refuse("is written, but cannot be renamed to this name", errno);
  temporary_.clear();
}

void NewFile::commit() {
  if (uninterrupted([&] { return ::fsync(file_); }) != 0)
    refuse("cannot be written to the disk", errno);
  publish();
  const Handle folder(open_for_reading(folder_.c_str(), O_DIRECTORY));
  const bool kept = folder.get() >= 0 && uninterrupted([&] { return ::fsync(folder.get()); }) == 0;
  if (!kept && errno != EINVAL && errno != EACCES)
    refuse("is complete, but may be gone after a power failure, as its folder cannot be flushed",
           errno);
}

/// The process that a temporary file belongs to; 0 if the name is not that of a temporary file.
static pid_t owner(std::string_view name) {
  pid_t process = 0;
  if (!name.starts_with(temporary_beginning) || !name.ends_with(temporary_ending)) return 0;
  const char* last = name.data() + name.size();
  const auto [end, error] =
      std::from_chars(name.data() + temporary_beginning.size(), last, process);
  return error == std::errc() && *end == '-' && process > 0 ? process : 0;
}

void io::remove_abandoned(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> abandoned;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const pid_t process = owner(it->path().filename().string());
    if (process != 0 && ::kill(process, 0) != 0 && errno == ESRCH) abandoned.push_back(it->path());
  }
  for (auto& path : abandoned) fs::remove(path, error);  // a failure only costs space
}

void write_file(const std::string& path, std::string_view bytes, Call call) {
  NewFile file(path, call);
  file.write(bytes);
  file.commit();
}

}  // namespace tinygrad
