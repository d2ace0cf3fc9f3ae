// SPDX-License-Identifier: MIT
// Files that are read as they lie on the disk, and files that appear whole.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad {

/// The bytes of a file, mapped into memory if `map` is set and the file system allows it, otherwise
/// read. If another program shortens a file while it is mapped, the operating system kills the
/// process that reads it. Throws IoError if the file is empty, not a regular file or cannot be
/// read; call names the caller in the message.
class TINYGRAD_API FileBytes {
 public:
  explicit FileBytes(const std::string& path, bool map = true,
                     Call call = {"FileBytes", SourceLocation::current()});
  FileBytes(const FileBytes&) = delete;
  ~FileBytes();
  std::span<const std::byte> bytes() const {
    return {mapped_ ? static_cast<const std::byte*>(mapped_) : read_.get(), size_};
  }

 private:
  std::size_t size_ = 0;
  void* mapped_ = nullptr;
  std::unique_ptr<std::byte[]> read_;
};

/// A file that appears under its name when commit() or publish() succeeds. Until then its bytes are
/// in a temporary file in the same folder, which the destructor deletes: no program sees half of
/// it, and a file of that name is replaced only by a whole one. It keeps the mode of a file that it
/// replaces, and the owner if that is allowed; if the name is a link, the file that it leads to is
/// replaced. Throws IoError; call names the caller in the message.
class TINYGRAD_API NewFile {
 public:
  explicit NewFile(const std::string& path, Call call = {"NewFile", SourceLocation::current()});
  NewFile(const NewFile&) = delete;
  ~NewFile();
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
  /// Flushes the file to the disk, renames it, and flushes the folder.
  void commit();
  /// Renames the file without waiting for the disk. After a power failure it may be truncated, so
  /// this is for files that can be made again.
  void publish();

 private:
  void discard();
  [[noreturn]] void refuse(const char* what, int error) const;
  Call call_;
  std::string path_, folder_, temporary_;
  int file_ = -1;
};

/// Writes a whole file as NewFile does, and flushes it to the disk.
TINYGRAD_API void write_file(const std::string& path, std::string_view bytes,
                             Call call = {"write_file", SourceLocation::current()});

}  // namespace tinygrad
