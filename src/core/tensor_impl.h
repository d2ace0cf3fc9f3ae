// What a Tensor points to.
#pragma once
#include <atomic>

#include "tinygrad/backend.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct Node;
void retain(Node*);
void release(Node*);

/// A block of memory, and what all views of it share: the version, and who wrote last.
struct Storage {
  std::atomic<int> count = 0;
  std::atomic<int> tensors = 0;       ///< tensors that look at this memory
  std::atomic<unsigned> version = 0;  ///< counts the writes after the first
  const char* writer = "";
  Backend& backend;
  Memory memory;
  Storage(Backend& on, std::size_t bytes) : backend(on), memory(on.allocate(bytes)) {}
  ~Storage() { backend.release(memory); }
  Storage(const Storage&) = delete;
};
inline void retain(Storage* s) { s->count.fetch_add(1, std::memory_order_relaxed); }
inline void release(Storage* s) {
  if (s->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete s;
}

/// Where a gradient goes: output number `output` of `node`. Empty: nowhere.
struct Edge {
  Ref<Node> node;
  int output = 0;
};

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

/// A tensor on its own memory, row-major; elements not set.
Tensor make_tensor(Backend& backend, const Shape& shape, DType dtype);
inline Tensor make_tensor(Ref<Storage> storage, const View& view, Edge edge = {}) {
  return Tensor(Ref<TensorImpl>(new TensorImpl(std::move(storage), view, std::move(edge))));
}

/// The tensor's body. Throws ArgumentError where it is undefined: most often a forgotten argument
/// or a moved-from tensor.
inline TensorImpl& impl_of(const Tensor& t) {
  if (!t.defined()) [[unlikely]]
    fail_undefined();
  return *t.impl();
}
inline Backend& backend_of(const Tensor& t) { return impl_of(t).storage->backend; }
inline Edge& edge_of(const Tensor& t) { return impl_of(t).edge; }
/// Nobody else would see a write into it, and its elements do not share memory.
inline bool is_unique(const Tensor& t) {
  return t.impl()->count == 1 && t.impl()->storage->count == 1 && t.impl()->view.is_dense();
}
/// Counts a write.
inline void mark_written(const Tensor& t, const char* writer) {
  t.impl()->storage->version.fetch_add(1, std::memory_order_relaxed);
  t.impl()->storage->writer = writer;
}

}  // namespace tinygrad
