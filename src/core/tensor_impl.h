// SPDX-License-Identifier: MIT
// TensorImpl: the object that all handles of one tensor share, and Storage: the memory that all its
// views share.
#pragma once
#include <atomic>

#include "tinygrad/backend.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct Node;
TINYGRAD_API void retain(Node*);
TINYGRAD_API void release(Node*);

/// A block of memory with a version that counts writes, and the name of the op that wrote last.
struct Storage {
  std::atomic<int> count = 0;
  std::atomic<int> tensors = 0;       ///< the number of tensors that use this memory
  std::atomic<unsigned> version = 0;  ///< the number of writes after the first
  const char* writer = "";
  Backend& backend;
  Memory memory;
  InlineFunction<void(void*), 16> deleter = {};  ///< of memory that the backend did not allocate
  Storage(Backend& backend, std::size_t bytes)
      : backend(backend), memory(backend.allocate(bytes)) {}
  Storage(Backend& backend, Memory memory, InlineFunction<void(void*), 16> deleter)
      : backend(backend), memory(memory), deleter(std::move(deleter)) {}
  ~Storage() {
    if (deleter) deleter(memory.handle);
    else backend.release(memory);
  }
  Storage(const Storage&) = delete;
};
inline void retain(Storage* s) { s->count.fetch_add(1, std::memory_order_relaxed); }
inline void release(Storage* s) {
  if (s->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete s;
}

/// An edge of the graph: output number `output` of `node`, to which a gradient is sent. Without a
/// node, there is no gradient.
struct Edge {
  Ref<Node> node;
  int output = 0;
};

/// One tensor: a view of a storage, and the edge to the node that computed it.
struct TensorImpl {
  std::atomic<int> count = 0;
  Ref<Storage> storage;
  View view;
  Edge edge;
  TensorImpl(Ref<Storage> s, const View& v, Edge e)
      : storage(std::move(s)), view(v), edge(std::move(e)) {
    storage->tensors.fetch_add(1, std::memory_order_relaxed);
  }
  ~TensorImpl() { storage->tensors.fetch_sub(1, std::memory_order_relaxed); }
};

/// A contiguous tensor in memory of its own, whose elements are not initialized.
Tensor make_tensor(Backend& backend, const Shape& shape, DType dtype);
inline Tensor make_tensor(Ref<Storage> storage, const View& view, Edge edge = {}) {
  return Tensor(Ref<TensorImpl>(new TensorImpl(std::move(storage), view, std::move(edge))));
}

/// The TensorImpl of a tensor. Throws ArgumentError if the tensor is undefined, which is most often
/// a forgotten argument or a moved-from tensor.
inline TensorImpl& impl_of(const Tensor& t, SourceLocation location = {}) {
  if (!t.defined()) [[unlikely]]
    fail_undefined(location);
  return *t.impl();
}
inline Backend& backend_of(const Tensor& t) { return impl_of(t).storage->backend; }
inline Edge& edge_of(const Tensor& t) { return impl_of(t).edge; }
/// Returns whether no other tensor would see a write into t, and its elements do not share memory.
inline bool is_unique(const Tensor& t) {
  return t.impl()->count == 1 && t.impl()->storage->count == 1 && t.impl()->view.is_dense();
}
/// Counts a write by the op `writer`.
inline void mark_written(const Tensor& t, const char* writer) {
  t.impl()->storage->version.fetch_add(1, std::memory_order_relaxed);
  t.impl()->storage->writer = writer;
}

}  // namespace tinygrad
