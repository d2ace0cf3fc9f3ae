// SPDX-License-Identifier: MIT
// Writing text to any stream, without a header of streams.
#pragma once
#include <string>

namespace tinygrad::detail {

template <class Stream>
concept TextStream = requires(Stream& s, const std::string& text) {
  s.write(text.data(), 1);
};

template <TextStream Stream> Stream& print(Stream& stream, const std::string& text) {
  stream.write(text.data(), static_cast<long>(text.size()));
  return stream;
}

}  // namespace tinygrad::detail
