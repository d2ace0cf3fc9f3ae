// SPDX-License-Identifier: MIT
// Reads and writes the folders of the cache.
#include "repository.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "names.h"
#include "tinygrad/io/file.h"

namespace tinygrad::hub {

namespace fs = std::filesystem;
using std::error_code;

static std::string folder_name(std::string id) {
  if (const auto slash = id.find('/'); slash != std::string::npos) id.replace(slash, 1, "--");
  return "models--" + id;
}

Repository::Repository(const Call& call, const Path& cache, const std::string& id)
    : call_(call),
      cache_(cache),
      folder_(cache / folder_name(id)),
      locks_(cache / ".locks" / folder_name(id)) {}

std::string Repository::commit_of(const std::string& revision) const {
  if (is_commit(revision)) return revision;
  std::ifstream file(folder_ / "refs" / revision);
  char text[40];
  return file.read(text, 40) && is_commit({text, 40}) ? std::string(text, 40) : "";
}

bool Repository::is_known_to_lack(const std::string& commit, const std::string& name) const {
  return is_there(folder_ / ".no_exist" / commit / name);
}

void Repository::make_folder(const Path& folder) const {
  error_code error;
  fs::create_directories(folder, error);
  require<IoError>(!error, call_, in_quotes(folder.string()),
                   ": cannot be made: ", error.message());
}

void Repository::prepare() const {
  make_folder(folder_ / "blobs");
  make_folder(locks_);
  if (const Path tag = cache_ / "CACHEDIR.TAG"; !is_there(tag))
    write_file(tag,
               "Signature: 8a477f597d28d172789f06886806bc55\n"
               "# This folder is a cache of files from the Hugging Face Hub.\n"
               "# About such tags: https://bford.info/cachedir/\n",
               call_);
}

void Repository::write_ref(const std::string& revision, const std::string& commit) const {
  if (commit_of(revision) == commit) return;
  const Path ref = folder_ / "refs" / revision;
  make_folder(ref.parent_path());
  write_file(ref, commit, call_);
}

void Repository::note_missing(const std::string& commit, const std::string& name) const {
  const Path note = folder_ / ".no_exist" / commit / name;
  make_folder(note.parent_path());
  write_file(note, "", call_);
}

void Repository::link(const std::string& commit, const std::string& name,
                      const std::string& etag) const {
  const Path at = file(commit, name), folder = at.parent_path();
  make_folder(folder);
  // A name of its own is renamed, so that other processes see the link or none.
  const Path temporary = folder / ("." + etag.substr(0, 64) + "." + std::to_string(::getpid()));
  error_code error;
  fs::remove(temporary, error);
  fs::create_symlink(blob(etag).lexically_relative(folder), temporary, error);
  if (error) fs::copy_file(blob(etag), temporary, error);
  if (!error) fs::rename(temporary, at, error);
  require<IoError>(!error, call_, in_quotes(at.string()), ": cannot be made: ", error.message());
}

FileLock::FileLock(const Call& call, const fs::path& path) {
  struct stat mine {
  }, named{};
  do {  // some programs delete a file that they have locked: then the one with its name counts
    if (file_ >= 0) ::close(file_);
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664);
    int result = file_;
    while (file_ >= 0 && (result = ::flock(file_, LOCK_EX)) != 0 && errno == EINTR) continue;
    const int error = errno;
    if (result < 0 && file_ >= 0) ::close(std::exchange(file_, -1));
    require<IoError>(result >= 0, call, in_quotes(path.string()),
                     ": cannot be locked: ", std::generic_category().message(error));
  } while (::fstat(file_, &mine) != 0 || ::stat(path.c_str(), &named) != 0 ||
           mine.st_ino != named.st_ino);
}

FileLock::~FileLock() { ::close(file_); }

}  // namespace tinygrad::hub
