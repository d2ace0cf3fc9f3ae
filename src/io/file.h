// Files as the system has them: one read whole, and one that is written beside its name and takes
// it only when complete.
#pragma once
#include <memory>
#include <string>

#include "io/source.h"

namespace tinygrad::io {

/// An IoError of the system's making, not of the file's: another time it may go well.
struct SystemError : IoError {
  using IoError::IoError;
};

/// An open file; closed when it goes.
class Handle {
 public:
  explicit Handle(int number = -1) : number_(number) {}
  Handle(const Handle&) = delete;
  ~Handle() { close(); }
  void reset(int number) {
    close();
    number_ = number;
  }
  int get() const { return number_; }

 private:
  void close();
  int number_;
};

/// The bytes of a file, mapped or read. Throws IoError where it is no regular file or cannot be
/// read.
class FileBytes {
 public:
  FileBytes(const Call& call, const std::string& path, bool map);
  FileBytes(const FileBytes&) = delete;
  ~FileBytes();
  Source source() const {
    return {call_, path_, {mapped_ ? static_cast<const std::byte*>(mapped_) : read_.get(), size_}};
  }

 private:
  void read_all(int file);
  Call call_;
  std::string path_;
  std::size_t size_ = 0;
  void* mapped_ = nullptr;
  std::unique_ptr<std::byte[]> read_;
};

/// A file that comes to be when commit() or publish() succeeds; until then its bytes are in a
/// temporary file in the same folder, which goes where this goes without a commit. Throws IoError.
class NewFile {
 public:
  NewFile(const Call& call, const std::string& path);
  NewFile(const NewFile&) = delete;
  ~NewFile();
  void write(Bytes bytes);
  /// To the disk, then under its name, then the name to the disk.
  void commit();
  /// Under its name, without waiting for the disk: for what can be made again. A failure of power
  /// may leave it cut short.
  void publish();

 private:
  [[noreturn]] void refuse(const char* what, int error) const;
  Call call_;
  std::string path_, folder_, temporary_;
  Handle file_;
};

/// Deletes the temporary files in a folder that belong to processes which are gone, killed while
/// they saved.
void remove_abandoned(const std::string& folder);

}  // namespace tinygrad::io
