// SPDX-License-Identifier: MIT
// Gives JavaScript what the classes of the pages share: tensors become its typed arrays, and
// exceptions its errors.
#pragma once
#include <emscripten/bind.h>
#include <tinygrad/autograd.h>
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

namespace page {

namespace tg = tinygrad;
using emscripten::val;
using tg::Tensor;

/// A copy of the values as a Float32Array, row by row.
inline val to_js(const Tensor& x) {
  const auto values = x.to(tg::DType::float32).to_vector<float>();
  return val(emscripten::typed_memory_view(values.size(), values.data())).call<val>("slice");
}
/// The values of an array of JavaScript. Throws ShapeError if there are not as many.
inline Tensor from_js(const val& values, const tg::Shape& shape) {
  return tg::from_vector(emscripten::convertJSArrayToNumberVector<float>(values), shape);
}

/// A module's state in the order of its names.
inline tg::NamedTensors sorted_state(const tg::nn::Module& net) {
  tg::NamedTensors state = net.state_dict();
  std::sort(state.begin(), state.end(), [](auto& a, auto& b) { return a.first < b.first; });
  return state;
}
/// Its values as a Float32Array, which wasm/pack.js rounds to bfloat16.
inline val flat_state(const tg::nn::Module& net) {
  tg::Tensors parts;
  for (auto& [name, x] : sorted_state(net)) parts.push_back(x.detach().flatten());
  return to_js(tg::cat(parts));
}
/// Fills the state with such values, as a Uint16Array of bfloat16. Throws ArgumentError if there
/// are not as many.
inline void load_weights(const tg::nn::Module& net, const val& bits) {
  std::vector<float> values;
  for (const auto b : emscripten::convertJSArrayToNumberVector<std::uint16_t>(bits))
    values.push_back(std::bit_cast<float>(std::uint32_t(b) << 16));
  const tg::NamedTensors state = sorted_state(net);
  std::int64_t count = 0;
  for (auto& [name, x] : state) count += x.numel();
  tg::require(count == std::ssize(values), "load_weights", "expected ", count, " values, got ",
              values.size());
  const tg::NoGrad off;
  const Tensor flat = tg::from_vector(values);
  for (std::int64_t at = 0; auto& [name, x] : state) {
    Tensor(x).copy_(flat.narrow(0, at, x.numel()).reshape(x.shape()));
    at += x.numel();
  }
}

/// The value of f(); an exception becomes an Error of JavaScript with its message.
template <class F> auto guarded(const F& f) {
  try {
    return f();
  } catch (const std::exception& e) {
    val::global("Error").new_(std::string(e.what())).throw_();
    __builtin_unreachable();
  }
}
/// checked<&Net::read>: the member as a guarded function.
template <auto member> struct Checked;
template <class T, class Result, class... Args, Result (T::*member)(Args...)>
struct Checked<member> {
  static Result call(T& object, Args... args) {
    return guarded([&] { return (object.*member)(args...); });
  }
};
template <auto member> inline constexpr auto checked = &Checked<member>::call;
/// .constructor(&made<Net, int>, emscripten::allow_raw_pointers())
template <class T, class... Args> T* made(Args... args) {
  return guarded([&] { return new T(args...); });
}

}  // namespace page
