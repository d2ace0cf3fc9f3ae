// SPDX-License-Identifier: MIT
// The members of Tensor that are not ops: creation, properties, gradients, and access to the
// values.
#include "tinygrad/tensor.h"

#include <algorithm>

#include "call.h"
#include "check.h"
#include "node.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {

void fail_undefined(SourceLocation location) {
  fail(Call{"tensor", location}, "an undefined tensor was used; ", why_undefined);
}

void retain(TensorImpl* b) { b->count.fetch_add(1, std::memory_order_relaxed); }
void release(TensorImpl* b) {
  if (b->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete b;
}

Tensor make_tensor(Backend& backend, const Shape& shape, DType dtype) {
  const Call& call = running_call();
  require<DTypeError>(backend.has(dtype), Call{"tensor", call.location},
                      to_string(backend.device()), " has no ", to_string(dtype),
                      "; use float32 there, or convert with to(float32) first");
  check_captured_device({"tensor", call.location}, backend);
  std::int64_t bytes = 0;
  require<ShapeError>(checked_mul(shape.count(call.location), std::int64_t(size_of(dtype)), bytes),
                      call, "shape ", shape, " needs more bytes than 63 bits can count");
  Ref<Storage> storage(new Storage(backend, std::size_t(bytes)));
  const View view(storage->memory, dtype, shape, dense_strides(shape));
  return make_tensor(std::move(storage), view);
}

const View& view_of(const Tensor& t) {
  static const View none;
  return t.defined() ? t.impl()->view : none;
}

const Shape& Tensor::shape(SourceLocation l) const { return impl_of(*this, l).view.shape(); }
const Strides& Tensor::strides(SourceLocation l) const { return impl_of(*this, l).view.strides(); }
DType Tensor::dtype(SourceLocation l) const { return impl_of(*this, l).view.dtype(); }
const Device& Tensor::device(SourceLocation l) const {
  return impl_of(*this, l).storage->backend.device();
}
std::int64_t Tensor::numel(SourceLocation l) const { return impl_of(*this, l).view.count(); }
bool Tensor::is_contiguous(SourceLocation l) const { return impl_of(*this, l).view.is_dense(); }
std::int64_t Tensor::size(int dim, SourceLocation location) const {
  return shape(location)[check_dim({"size", location}, *this, dim)];
}

// ------------------------------------------------------------ autograd

bool Tensor::requires_grad(SourceLocation l) const { return bool(impl_of(*this, l).edge.node); }
bool Tensor::is_leaf(SourceLocation l) const {
  return !requires_grad(l) || impl_->edge.node->is_leaf();
}

Tensor& Tensor::requires_grad_(bool on, SourceLocation location) {
  require<AutogradError>(is_leaf(location), Call{"requires_grad_", location},
                         "this tensor was computed; detach() it first");
  require<DTypeError>(!on || is_floating(dtype()), Call{"requires_grad_", location},
                      to_string(dtype()), " has no gradient; only floating dtypes do");
  if (!on) edge_of(*this) = {};
  else if (!requires_grad()) {
    Ref<Node> leaf(new Node("leaf", location));
    leaf->outputs.push_back({shape(), dtype()});
    edge_of(*this) = {std::move(leaf), 0};
  }
  return *this;
}

Tensor Tensor::grad(SourceLocation location) const {
  if (is_leaf(location)) return requires_grad() ? impl_->edge.node->grad : Tensor();
  for (const auto& hook : impl_->edge.node->hooks)
    if (hook->retained && hook->output == impl_->edge.output) return *hook->retained;
  return {};
}

void Tensor::retain_grad(SourceLocation location) const {
  require<AutogradError>(requires_grad(location), Call{"retain_grad", location},
                         "this tensor has no gradient");
  if (is_leaf()) return;
  Node& node = *impl_->edge.node;
  for (const auto& hook : node.hooks)
    if (hook->retained && hook->output == impl_->edge.output) return;
  const auto kept = std::make_shared<Tensor>();
  Hook keep = [kept](const Tensor& dy) {
    *kept = kept->defined() ? *kept + dy : dy;
    return Tensor();
  };
  node.hooks.push_back(
      std::make_shared<const HookOn>(HookOn{impl_->edge.output, std::move(keep), kept}));
}

void Tensor::set_grad(const Tensor& grad, SourceLocation location) {
  const Call call{"set_grad", location};
  require<AutogradError>(requires_grad(location) && is_leaf(), call,
                         "only a leaf that requires a gradient holds one");
  require<ShapeError>(!grad.defined() || grad.shape() == shape(), call,
                      "expected a gradient of shape ", shape(), ", got ",
                      grad.defined() ? grad.shape() : Shape{});
  require<DTypeError>(!grad.defined() || grad.dtype() == dtype(), call,
                      "expected a gradient of dtype ", to_string(dtype()));
  Tensor& own = impl_->edge.node->grad = grad.defined() ? grad.detach() : Tensor();
  if (is_capturing()) on_every_replay([leaf = impl_->edge.node, own] { leaf->grad = own; });
}

void Tensor::backward(const Tensor& gradient, BackwardOptions options,
                      SourceLocation location) const {
  const Call call{"backward", location};
  require<AutogradError>(requires_grad(location), call,
                         "nothing that this tensor was computed from requires a gradient; call "
                         "requires_grad_() on the inputs");
  require<AutogradError>(gradient.defined() || numel() == 1, call, "this tensor has shape ",
                         shape(),
                         ", and only a single element has an obvious gradient, 1; reduce it with "
                         "sum() or mean(), or pass a gradient of its shape");
  require<ShapeError>(!gradient.defined() || gradient.shape() == shape(), call,
                      "expected a gradient of shape ", shape(), ", got ",
                      gradient.defined() ? gradient.shape() : Shape{});
  const NoGrad off;
  run_backward(*this, gradient.defined() ? gradient.detach() : ones_like(*this), {},
               {.retain_graph = options.retain_graph});
}

Tensor Tensor::detach(SourceLocation location) const {
  const TensorImpl& body = impl_of(*this, location);
  return make_tensor(body.storage, body.view);
}

void Tensor::register_hook(Hook f, SourceLocation location) const {
  require<AutogradError>(requires_grad(location), Call{"register_hook", location},
                         "this tensor has no gradient");
  require(bool(f), Call{"register_hook", location}, "the hook is an empty function");
  impl_->edge.node->hooks.push_back(
      std::make_shared<const HookOn>(HookOn{impl_->edge.output, std::move(f)}));
}

void replace_storage(const Tensor& tensor, const Tensor& with) {
  require<AutogradError>(tensor.is_leaf() && with.defined(), "replace_storage",
                         "only a leaf's memory can be replaced");
  require<ShapeError>(tensor.shape() == with.shape(), "replace_storage", "shape ", with.shape(),
                      " for a tensor of shape ", tensor.shape());
  const NoGrad off;
  const Tensor own = with.contiguous();
  TensorImpl& body = *tensor.impl();
  body.storage->tensors.fetch_sub(1, std::memory_order_relaxed);
  body.storage = own.impl()->storage;
  body.storage->tensors.fetch_add(1, std::memory_order_relaxed);
  body.view = own.impl()->view;
  if (!body.edge.node) return;
  Node& leaf = *body.edge.node;
  leaf.outputs[0].dtype = body.view.dtype();
  if (leaf.grad.defined()) leaf.grad = leaf.grad.to(body.view.dtype()).to(own.device());
}

// ------------------------------------------------------------ values

void Tensor::read(void* out, DType dtype, SourceLocation location) const {
  const NoGrad off;
  if (!impl_of(*this, location).storage->backend.has(dtype))
    return to("cpu", location).read(out, dtype, location);  // converted there
  Tensor dense = to(dtype, location).contiguous(location);
  const View& v = dense.impl()->view;
  const Running running(Call("read", location));
  backend_of(dense).download(v.memory(), std::size_t(v.offset()) * size_of(dtype), out,
                             std::size_t(v.count()) * size_of(dtype));
}

Scalar Tensor::item_scalar(SourceLocation location) const {
  require<ShapeError>(numel(location) == 1, Call{"item", location},
                      "expected a single element, got shape ", shape(location),
                      "; pick one with x[i], or use to_vector()");
  if (is_floating(dtype())) {
    double value = 0;
    read(&value, DType::float64, location);
    return value;
  }
  std::int64_t value = 0;
  read(&value, DType::int64, location);
  return dtype() == DType::boolean ? Scalar(value != 0) : Scalar(value);
}

const void* Tensor::host_data(DType dtype, SourceLocation location) const {
  const Call call{"span", location};
  Backend& b = impl_of(*this, location).storage->backend;
  require<DTypeError>(this->dtype() == dtype, call, "the elements are ", to_string(this->dtype()),
                      ", not ", to_string(dtype), "; use to() or to_vector()");
  require<DeviceError>(b.is_host(), call, "the elements lie on ", device(),
                       "; use to(\"cpu\") or to_vector()");
  require<ShapeError>(is_contiguous(), call,
                      "this view is not contiguous; use contiguous() or to_vector()");
  b.synchronize();
  const View& v = impl_->view;
  return static_cast<const std::byte*>(v.memory().handle) +
         std::size_t(v.offset()) * size_of(dtype);
}

}  // namespace tinygrad
