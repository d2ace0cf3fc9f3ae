// The same elements elsewhere: in another dtype, on another device, in memory of their own.
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// A dense copy of x in dtype.   dx = dy; the walk converts it back.
Tensor copy_as(const char* name, const In& x, DType dtype) {
  return apply(
      {.name = name,
       .inputs = {x},
       .outputs = {{x->shape(), dtype}},
       .kernel = [](Backend& b, Views in, Views out) { return b.copy(in[0], out[0]), true; },
       .derivatives = [](Dy dy, Saved) { return dy; }});
}

/// x's elements on another backend, through the host.
Tensor transfer(const Tensor& x, Backend& target) {
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

}  // namespace

Tensor to(In x, DType dtype) { return x->dtype() == dtype ? *x : copy_as("to", x, dtype); }
Tensor clone(In x) { return copy_as("clone", x, x->dtype()); }
Tensor contiguous(In x) { return x->is_contiguous() ? *x : copy_as("contiguous", x, x->dtype()); }

/// dx = dy, sent back to x's device.
Tensor to(In x, const Device& device) {
  Backend& target = backend(device);
  if (&backend_of(x.given()) == &target) return *x;
  return apply(
      {.name = "to",
       .inputs = {x},
       .formula = [&target](const Tensors& in) { return transfer(in[0], target); },
       .derivatives = [from = &backend_of(*x)](Dy dy, Saved) { return to(dy, from->device()); }});
}

namespace {

/// Writes new values over x.  For copy_, the gradient goes to the source; for a number, nowhere.
Tensor& overwrite(const char* name, Tensor& x, const Tensor& source, Kernel kernel, Where where) {
  require(x.defined(), Call{name, where}, "an undefined tensor has no memory to write to");
  apply({.name = name,
         .inputs = {Tensors{x, source}, where},
         .kernel = std::move(kernel),
         .derivatives = {[](Dy, Saved) { return Tensor(); }, [](Dy dy, Saved) { return dy; }},
         .in_place = true});
  return x;
}

}  // namespace

Tensor& Tensor::copy_(const Tensor& other, Where where) {
  const Call call{"copy_", where};
  require<ShapeError>(broadcast_shapes(call, shape(), other.shape()) == shape(), call, "shape ",
                      other.shape(), " does not fit into ", shape());
  const Tensor here = other.to(device(), where);
  const bool shared = here.body()->storage.get() ==
                      body_->storage.get();  // an overlapping source is read before it is written
  const Tensor source = shared ? here.clone(where) : here;
  return overwrite(
      "copy_", *this, source,
      [](Backend& b, Views in, Views out) {
        return b.copy(in[1].broadcast_to(out[0].shape()), out[0]), true;
      },
      where);
}
Tensor& Tensor::fill_(Scalar number, Where where) {
  const Scalar value = saturated(number, dtype());
  return overwrite(
      "fill_", *this, {},
      [value](Backend& b, Views, Views out) { return b.fill(out[0], value), true; }, where);
}
Tensor& Tensor::zero_(Where where) { return fill_(0, where); }

Tensor Tensor::to(DType dtype, Where where) const { return tinygrad::to({*this, where}, dtype); }
Tensor Tensor::to(const Device& device, Where where) const {
  return tinygrad::to({*this, where}, device);
}
Tensor Tensor::clone(Where where) const { return tinygrad::clone({*this, where}); }
Tensor Tensor::contiguous(Where where) const { return tinygrad::contiguous({*this, where}); }

}  // namespace tinygrad
