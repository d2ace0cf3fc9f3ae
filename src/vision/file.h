// SPDX-License-Identifier: MIT
// bytes_of(): the bytes of a file. UnpackedFile: reads them in parts, unpacked if the file is a
// gzip file, so that memory is allocated only for sizes that were checked.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad::vision {

/// The bytes of a file. Throws IoError if it is not a regular file or cannot be read.
std::string bytes_of(const Call& call, const std::string& path);

/// A file that is read from front to back. What is wrong with it is thrown as IoError.
class UnpackedFile {
 public:
  UnpackedFile(const Call& call, const std::string& path);
  ~UnpackedFile();
  /// Fills `out`. Throws if the file is damaged or contains fewer bytes.
  void read(std::span<unsigned char> out, const char* what);
  /// Throws if the rest of the file cannot unpack to so many bytes.
  void check_room(std::int64_t bytes, const char* what) const;
  /// Throws if there are more bytes, in the packed data or after them.
  void end();
  /// Throws unless ok.
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require<IoError>(ok, call_, "\"", path_, "\": ", parts...);
  }

 private:
  struct Gzip;
  std::size_t unpack(std::span<unsigned char> out);
  void next_member();
  Call call_;
  std::string path_, bytes_;
  std::string_view rest_;       // the bytes that were not consumed
  std::unique_ptr<Gzip> gzip_;  // null if the file is not packed
};

}  // namespace tinygrad::vision
