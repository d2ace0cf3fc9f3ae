// SPDX-License-Identifier: MIT
// FileBytes: the bytes of a whole file. NewFile: a file that is written under a temporary name and
// renamed when it is complete.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <string>

#include "io/source.h"

namespace tinygrad::io {

/// An IoError that the system caused and not the content of the file; a second try may succeed.
struct SystemError : IoError {
  using IoError::IoError;
};

/// An open file descriptor, which the destructor closes.
class Handle {
 public:
  explicit Handle(int descriptor = -1) : descriptor_(descriptor) {}
  Handle(const Handle&) = delete;
  ~Handle() { close(); }
  void reset(int descriptor) {
    close();
    descriptor_ = descriptor;
  }
  int get() const { return descriptor_; }

 private:
  void close();
  int descriptor_;
};

/// The bytes of a file, mapped into memory or read. Throws IoError if it is not a regular file or
/// cannot be read.
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

/// A file that appears under its name when commit() or publish() succeeds. Until then its bytes are
/// in a temporary file in the same folder, which the destructor deletes. If the name is a link, the
/// file that it leads to is replaced; a file that is replaced keeps its mode, and its owner if that
/// is allowed. Throws IoError.
class NewFile {
 public:
  NewFile(const Call& call, const std::string& path);
  NewFile(const NewFile&) = delete;
  ~NewFile();
  void write(Bytes bytes);
  /// Flushes the file to the disk, renames it, and flushes the folder.
  void commit();
  /// Renames the file without waiting for the disk. After a power failure it may be truncated, so
  /// this is for files that can be made again.
  void publish();

 private:
  void keep_owner_and_mode(const struct stat& old);
  [[noreturn]] void refuse(const char* what, int error) const;
  Call call_;
  std::string path_, folder_, temporary_;
  Handle file_;
};

/// Deletes the temporary files in a folder whose processes no longer exist, because they were
/// killed during a save.
void remove_abandoned(const std::string& folder);

}  // namespace tinygrad::io
