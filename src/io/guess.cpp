// SPDX-License-Identifier: MIT
// Guesses about the format of an unexpected file.
#include "io/guess.h"

#include <algorithm>
#include <cctype>

namespace tinygrad::io {

namespace {

struct Kind {
  std::string_view beginning, what;
};
using namespace std::string_view_literals;
constexpr Kind kinds[] = {
    {"\x1f\x8b"sv, "a gzip file; unpack it first"},
    {"PK\x03\x04"sv,
     "a zip archive, as PyTorch's .pt files are, which load() reads if the program links "
     "tinygrad::pytorch, and .npz files, which load_npz() reads"},
    {"\x80\x02"sv,
     "a Python pickle, as PyTorch's old .pt files are, which load() reads if the program links "
     "tinygrad::pytorch; convert others with torch.load and safetensors.torch.save_file"},
    {"version https://git-lfs"sv,
     "a git LFS pointer, not the file itself; fetch it with git lfs pull"},
    {"\x93NUMPY"sv, "a NumPy array, which load_npy() reads"},
    {"\x89HDF"sv, "an HDF5 file"},
    {"GGUF"sv, "a GGUF model, which load() reads if the program links tinygrad::gguf"},
    {"\xFD"
     "7zXZ"sv,
     "an xz file; unpack it first"},
};

/// Returns whether a file begins with <!doctype html> or <html>, in letters of any case, as a
/// download from a wrong address does.
bool is_web_page(std::string_view text) {
  std::string start;
  for (char c : text.substr(0, 64)) {
    if (start.empty() && std::isspace(static_cast<unsigned char>(c))) continue;
    start += char(std::tolower(static_cast<unsigned char>(c)));
  }
  return start.starts_with("<!doctype") || start.starts_with("<html");
}

}  // namespace

std::string guess(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 64));
  for (auto& kind : kinds)
    if (text.starts_with(kind.beginning)) return "; this is " + std::string(kind.what);
  if (is_web_page(text)) return "; this is a web page, probably from a wrong address";
  if (text.starts_with("{")) return "; this is JSON text";
  return "";
}

}  // namespace tinygrad::io
