// SPDX-License-Identifier: MIT
// ZipWriter: writes a ZIP archive, which shared/zip.h reads and describes.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "shared/source.h"
#include "tinygrad/io/file.h"

namespace tinygrad::io {

/// Writes members one after another, and the directory at the end. Sizes and offsets above `most`
/// are written as ZIP64; by default that is what the format without ZIP64 holds.
class ZipWriter {
 public:
  explicit ZipWriter(NewFile& file, std::uint64_t most = 0xFFFFFFFE) : file_(file), most_(most) {}
  /// Adds a member whose content is the parts, deflated if that is asked for.
  void add(const std::string& name, std::span<const Bytes> parts, bool deflate);
  void finish();

 private:
  void write(std::string_view bytes);

  NewFile& file_;
  std::uint64_t most_, written_ = 0, count_ = 0;
  std::string directory_;
};

}  // namespace tinygrad::io
