// SPDX-License-Identifier: MIT
// Recognizes the format of a model file, and lists its parts without gaps.
#include "layout.h"

#include <algorithm>

namespace tinygrad::inspect {
namespace {

using namespace std::string_view_literals;

struct Format {
  const char* name;
  bool (*recognizes)(std::string_view bytes);
  void (*add)(const io::Source& source, Layout& layout);
};

const Format formats[] = {
    {"NumPy .npy", [](auto bytes) { return bytes.starts_with("\x93NUMPY"sv); }, add_npy},
    {"ZIP (.npz, .pth)", [](auto bytes) { return bytes.starts_with("PK\x03\x04"sv); }, add_zip},
    {"GGUF", [](auto bytes) { return bytes.starts_with("GGUF"sv); }, add_gguf},
    {"PyTorch's legacy stream", [](auto bytes) { return bytes.starts_with("\x80\x02"sv); },
     add_pickle},
    {"safetensors", [](auto bytes) { return bytes.size() > 8 && bytes[8] == '{'; },
     add_safetensors},
    {"sharded safetensors, the index", [](auto bytes) { return bytes.starts_with("{"sv); },
     [](auto&, auto&) {}},
    {"ONNX", [](auto bytes) { return bytes.starts_with("\x08"sv); }, add_onnx},
};

/// Sorts the parts, and names what lies between them.
void fill_gaps(Layout& layout, std::uint64_t size) {
  std::vector<Part>& parts = layout.parts;
  std::ranges::stable_sort(parts, {}, &Part::begin);
  std::vector<Part> all;
  std::uint64_t end = 0;
  for (Part& part : parts) {
    if (part.begin > end) all.push_back({layout.rest, Part::Kind::other, end, part.begin});
    end = std::max(end, part.end);
    all.push_back(std::move(part));
  }
  if (end < size) all.push_back({layout.rest, Part::Kind::other, end, size});
  parts = std::move(all);
}

}  // namespace

Layout layout_of(const io::Source& source) {
  const std::string_view bytes(reinterpret_cast<const char*>(source.bytes.data()),
                               source.bytes.size());
  Layout layout;
  layout.format = "another format";
  const auto format =
      std::ranges::find_if(formats, [&](const Format& f) { return f.recognizes(bytes); });
  if (format != std::end(formats)) {
    layout.format = format->name;
    format->add(source, layout);
  }
  fill_gaps(layout, bytes.size());
  return layout;
}

}  // namespace tinygrad::inspect
