// SPDX-License-Identifier: MIT
// FileBytes maps or reads a whole file; NewFile writes a temporary file and renames it when it is
// complete.
#include "io/file.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "io/system_file.h"

namespace tinygrad {

namespace fs = std::filesystem;

namespace {

std::string text(int error) { return std::generic_category().message(error); }

// Temporary files are named .tinygrad-<process>-<number>.tmp.
constexpr std::string_view temporary_beginning = ".tinygrad-", temporary_ending = ".tmp";

std::string folder_of(const std::string& path) {
  const std::string folder = io::as_text(io::as_path(path).parent_path());
  return folder.empty() ? "." : folder;
}

/// An open file descriptor, which the destructor closes.
struct Handle {
  explicit Handle(int d) : descriptor(d) {}
  Handle(const Handle&) = delete;
  ~Handle() {
    if (descriptor >= 0) io::close(descriptor);
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
    const std::ptrdiff_t count = io::read_some(file, all);
    require<io::SystemError>(count >= 0, call, in_quotes(path), ": cannot be read: ", text(errno));
    require<IoError>(count > 0, call, in_quotes(path), ": became shorter while it was read");
    all = all.subspan(std::size_t(count));
  }
}

FileBytes::FileBytes(const std::string& path, bool map, Call call) {
  require<IoError>(path.find('\0') == std::string::npos, call, in_quotes(path),
                   ": a path must not contain a zero byte");
  const Handle file(io::open_to_read(path));
  io::FileStatus status{.is_folder = file.get() < 0 && errno == EISDIR};  // on Windows
  require<io::SystemError>(file.get() >= 0 || status.is_folder, call, in_quotes(path),
                           ": cannot be opened: ", text(errno));
  require<io::SystemError>(status.is_folder || io::status_of(file.get(), status), call,
                           in_quotes(path), ": cannot be inspected: ", text(errno));
  require<IoError>(!status.is_folder, call, in_quotes(path), ": is a folder; name the file in it");
  require<IoError>(status.is_regular, call, in_quotes(path), ": is not a regular file");
  require<IoError>(status.size > 0, call, in_quotes(path), ": the file is empty");
  size_ = status.size;
  if (map) mapped_ = io::map(file.get(), size_);
  if (mapped_) return;
  read_ = std::make_unique_for_overwrite<std::byte[]>(size_);
  read_all(call, path, file.get(), {read_.get(), size_});
}

FileBytes::~FileBytes() {
  if (mapped_) io::unmap(mapped_, size_);
}

// ------------------------------------------------------------ writing

/// Follows symbolic links, of which the last may name a file that does not exist yet.
static std::string behind_links(const Call& call, std::string path) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(io::as_path(path), error); ++links) {
    require<IoError>(links < 40, call, in_quotes(path), ": is a link that leads to itself");
    const fs::path target = fs::read_symlink(io::as_path(path), error);
    path = io::as_text(target.is_absolute() ? target : io::as_path(folder_of(path)) / target);
  }
  return path;
}

NewFile::NewFile(const std::string& path, Call call) : call_(call) {
  require<IoError>(!path.empty() && path.find('\0') == std::string::npos, call, in_quotes(path),
                   ": is not a path");
  path_ = behind_links(call, path), folder_ = folder_of(path_);
  io::FileStatus old;
  const bool exists = io::status_of(path_, old);
  require<IoError>(!exists || old.is_regular, call, in_quotes(path_),
                   ": exists and is not a regular file");
  static std::atomic<unsigned> number = 0;
  const std::string start =
      folder_ + "/" + std::string(temporary_beginning) + std::to_string(io::process_id()) + "-";
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::string name = start + std::to_string(number++) + std::string(temporary_ending);
    file_ = io::create(name);
    if (file_ < 0 && errno == EEXIST)
      continue;  // left by a killed process with the same process id
    if (file_ < 0) refuse("cannot be written: no file can be made in its folder", errno);
    temporary_ = std::move(name);
    if (!exists || io::keep_owner_and_mode(file_, old)) return;
    const int error = errno;
    discard();
    refuse("cannot be written with its mode", error);
  }
  refuse("cannot be written: its folder is full of temporary files", EEXIST);
}

NewFile::~NewFile() { discard(); }

void NewFile::discard() {
  if (file_ >= 0) io::close(file_);
  if (!temporary_.empty()) io::remove(temporary_);
  file_ = -1, temporary_.clear();
}

void NewFile::refuse(const char* what, int error) const {
  fail<io::SystemError>(call_, in_quotes(path_), ": ", what, ": ", text(error));
}

void NewFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::ptrdiff_t count = io::write_some(file_, bytes);
    if (count < 0) refuse("cannot be written", errno);
    if (count == 0) refuse("cannot be written", EIO);
    bytes = bytes.subspan(std::size_t(count));
  }
}

void NewFile::publish() {
  io::close(std::exchange(file_, -1));
  if (!io::rename_over(temporary_, path_))
    refuse("is written, but cannot be renamed to this name", errno);
  temporary_.clear();
}

void NewFile::commit() {
  if (!io::flush(file_)) refuse("cannot be written to the disk", errno);
  publish();
  if (!io::flush_folder(folder_))
    refuse("is complete, but may be gone after a power failure, as its folder cannot be flushed",
           errno);
}

/// The process that a temporary file belongs to; 0 if the name is not that of a temporary file.
static long long owner(std::string_view name) {
  long long process = 0;
  if (!name.starts_with(temporary_beginning) || !name.ends_with(temporary_ending)) return 0;
  const char* last = name.data() + name.size();
  const auto [end, error] =
      std::from_chars(name.data() + temporary_beginning.size(), last, process);
  return error == std::errc() && *end == '-' && process > 0 ? process : 0;
}

void io::remove_abandoned(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> abandoned;
  for (fs::directory_iterator it(io::as_path(folder), error), end; !error && it != end;
       it.increment(error)) {
    const long long process = owner(it->path().filename().string());
    if (process != 0 && !io::process_exists(process)) abandoned.push_back(it->path());
  }
  for (auto& path : abandoned) fs::remove(path, error);  // a failure only costs space
}

void write_file(const std::string& path, std::string_view bytes, Call call) {
  NewFile file(path, call);
  file.write(bytes);
  file.commit();
}

}  // namespace tinygrad
