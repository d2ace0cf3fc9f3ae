// SPDX-License-Identifier: MIT
// Copies of tensors: to another dtype, to another device, to contiguous memory, and in place.
#include "core/ops/internal.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// A contiguous copy of x, converted to dtype.   dx = dy, which the backward pass converts back.
static Tensor copy_as(const char* name, const In& x, DType dtype) {
  return apply(
      {.name = name,
       .inputs = {x},
       .outputs = {{x->shape(), dtype}},
       .kernel = [](Backend& b, Views in, Views out) { return b.copy(in[0], out[0]), true; },
       .derivatives = [](Dy dy, Saved) { return dy; }});
}

/// A copy of x on another backend, through the host's memory.
static Tensor transfer(const Tensor& x, Backend& target) {
  const Tensor dense = contiguous(x);
  Tensor y = make_tensor(target, x.shape(), x.dtype());
  const View &from = view_of(dense), &to = view_of(y);
  const std::size_t bytes = std::size_t(from.count()) * size_of(x.dtype());
  std::vector<std::byte> host(bytes);
  backend_of(dense).download(from.memory(), std::size_t(from.offset()) * size_of(x.dtype()),
                             host.data(), bytes);
  target.upload(host.data(), to.memory(), 0, bytes);
  return y;
}

Tensor to(In x, DType dtype) { return x->dtype() == dtype ? *x : copy_as("to", x, dtype); }
Tensor clone(In x) { return copy_as("clone", x, x->dtype()); }
Tensor contiguous(In x) { return x->is_contiguous() ? *x : copy_as("contiguous", x, x->dtype()); }

/// dx = dy, copied to the device of x.
Tensor to(In x, const Device& device) {
  Backend& target = backend(device);
  if (&backend_of(x.given()) == &target) return *x;
  return apply(
      {.name = "to",
       .inputs = {x},
       .formula = [&target](const Tensors& in) { return transfer(in[0], target); },
       .derivatives = [from = &backend_of(*x)](Dy dy, Saved) { return to(dy, from->device()); }});
}

/// Overwrites x.  The gradient flows to the source, and nowhere if a scalar was written.
static Tensor& write(const char* name, Tensor& x, const Tensor& source, Kernel kernel,
                     SourceLocation location) {
  require(x.defined(), Call{name, location}, "an undefined tensor has no memory to write to");
  apply({.name = name,
         .inputs = {Tensors{x, source}, location},
         .kernel = std::move(kernel),
         .derivatives = {[](Dy, Saved) { return Tensor(); }, [](Dy dy, Saved) { return dy; }},
         .in_place = true});
  return x;
}

void check_holds(const Call& call, const Tensor& x, DType dtype) {
  require<DTypeError>(is_floating(x.dtype()) || !is_floating(dtype), call, "the result is ",
                      to_string(dtype), ", which does not fit into a tensor of ",
                      to_string(x.dtype()), "; use the functional form");
}

Tensor& overwrite(const char* name, Tensor& x, const Tensor& y, SourceLocation location) {
  const Call call{name, location};
  const Shape &own = x.shape(location), &given = y.shape(location);
  require<ShapeError>(broadcast_shapes(call, own, given) == own, call, "shape ", given,
                      " does not broadcast to ", own);
  const Tensor here = y.to(x.device(), location);
  const bool shared = here.impl()->storage.get() ==
                      x.impl()->storage.get();  // they may overlap: copy the source first
  const Tensor source = shared ? here.clone(location) : here;
  return write(
      name, x, source,
      [](Backend& b, Views in, Views out) {
        return b.copy(in[1].broadcast_to(out[0].shape()), out[0]), true;
      },
      location);
}
Tensor& Tensor::copy_(const Tensor& other, SourceLocation location) {
  return overwrite("copy_", *this, other, location);
}
Tensor& Tensor::fill_(Scalar scalar, SourceLocation location) {
  const Scalar value = saturated(scalar, dtype(location));
  return write(
      "fill_", *this, {},
      [value](Backend& b, Views, Views out) { return b.fill(out[0], value), true; }, location);
}
Tensor& Tensor::zero_(SourceLocation location) { return fill_(0, location); }

}  // namespace tinygrad
