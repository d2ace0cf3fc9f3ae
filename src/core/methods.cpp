// SPDX-License-Identifier: MIT
// The members of Tensor that methods.def lists, each a call of the op of the same name.
#include "core/ops/internal.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad {

template <class... Arguments> static bool need_gradient(const Arguments&... arguments) {
  auto needs = [](const auto& argument) {
    if constexpr (std::is_same_v<decltype(argument), const Tensor&>)
      return argument.requires_grad();
    else return false;
  };
  return grad_enabled() && (needs(arguments) || ...);
}

static Tensor& write_result(const Call& call, Tensor& x, const Tensor& y) {
  check_holds(call, x, y.dtype());
  return overwrite(call.op, x, y, call.location);
}

#define DEFAULT(parameter, value) parameter
#define AND(...) __VA_OPT__(, ) __VA_ARGS__
#define METHOD(type, name, arguments, ...)                                      \
  type Tensor::name(__VA_ARGS__ __VA_OPT__(, ) SourceLocation location) const { \
    return tinygrad::name({*this, location} AND arguments);                     \
  }
// If the gradient needs the elements that are overwritten, the op reads a copy of them.
#define IN_PLACE(name, arguments, ...)                                             \
  Tensor& Tensor::name##_(__VA_ARGS__ __VA_OPT__(, ) SourceLocation location) {    \
    const Tensor x = need_gradient(*this AND arguments) ? clone(location) : *this; \
    return write_result({#name "_", location}, *this,                              \
                        tinygrad::name({x, location} AND arguments));              \
  }
#define LIST(...) __VA_ARGS__
#define RANDOM(name, op, arguments, ...)                                        \
  Tensor& Tensor::name##_(__VA_ARGS__, SourceLocation location) {               \
    const TensorOptions like{.dtype = dtype(location), .device = device()};     \
    return write_result({#name "_", location}, *this,                           \
                        tinygrad::op(LIST arguments, shape(), like, location)); \
  }
#include "tinygrad/methods.def"

}  // namespace tinygrad
