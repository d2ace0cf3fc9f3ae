// SPDX-License-Identifier: MIT
// The parts of a GGUF file: metadata, a list of tensors, and their bytes.
#include <fmt/format.h>
#include <tinygrad/gguf/gguf.h>

#include <algorithm>

#include "layout.h"

namespace tinygrad::inspect {
namespace {

template <class T> struct IsVector : std::false_type {};
template <class T> struct IsVector<std::vector<T>> : std::true_type {};

/// A scalar or text as it is; of an array its length and its first elements.
std::string text_of(const gguf::Value& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::vector<gguf::Value>>)
          return fmt::format("{} arrays", v.size());
        else if constexpr (IsVector<T>::value) {
          std::string text = fmt::format("{} elements:", v.size());
          for (std::size_t i = 0; i < v.size() && i < 8; ++i)
            text += " " + text_of(gguf::Value(typename T::value_type(v[i])));
          return v.size() > 8 ? text + " ..." : text;
        } else return fmt::format("{}", v);
      },
      value.base());
}

}  // namespace

void add_gguf(const io::Source& source, Layout& layout) {
  const gguf::File file(source.path);
  layout.facts = {{"version", std::to_string(file.version())}};
  for (const auto& [key, value] : file.metadata())
    layout.metadata.emplace_back(key, text_of(value));
  if (file.tensors().empty()) return;
  const auto address = [](const gguf::TensorInfo& t) { return t.bytes.data(); };
  const auto [first, last] = std::ranges::minmax_element(file.tensors(), {}, address);
  // The tensors end the file, but for less than an alignment of zeros.
  const auto alignment = file.get<std::uint64_t>("general.alignment", 32);
  const std::uint64_t length = std::uint64_t(address(*last) - address(*first)) + last->bytes.size();
  const std::uint64_t data = (source.bytes.size() - length) / alignment * alignment;
  layout.parts = {{"(header)", Part::Kind::header, 0, data}};
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    const auto begin = data + std::uint64_t(address(tensor) - address(*first));
    layout.parts.push_back({tensor.name, Part::Kind::tensor, begin, begin + tensor.bytes.size(),
                            to_string(tensor.type)});
  }
}

}  // namespace tinygrad::inspect
