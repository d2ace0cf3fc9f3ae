// SPDX-License-Identifier: MIT
// Scratch memory of a call, and inputs and outputs of kernels as dense arrays, for backends that
// have a Runtime with a pool of memory (OpenCL, CUDA).
//
// An operand that is dense is used in place; others are copied on the device to dense scratch
// memory, or from there. So kernels of whole rows and planes take operands of any strides, and are
// written for dense ones. Dtypes are not converted.
#pragma once
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "tinygrad/backend.h"

namespace tinygrad::common {

/// Memory for the time of a call. Work that uses it may still wait in the queue when it is
/// released: whoever gets it next comes after that work.
template <class Runtime> class Scratch {
 public:
  Scratch(Runtime& runtime, std::int64_t bytes)
      : pool_(runtime.memory()), memory_(pool_.allocate(std::size_t(bytes))) {}
  ~Scratch() { pool_.release(memory_); }
  Scratch(const Scratch&) = delete;
  const Memory& memory() const { return memory_; }
  /// The address, on devices that have addresses.
  template <class T> T* as() const { return static_cast<T*>(memory_.handle); }

 private:
  std::remove_reference_t<decltype(std::declval<Runtime&>().memory())>& pool_;
  Memory memory_;
};

/// Scratch memory as a dense view.
template <class Runtime> class ScratchView {
 public:
  ScratchView(Runtime& runtime, DType dtype, const Shape& shape)
      : scratch_(runtime, shape.count() * std::int64_t(size_of(dtype))),
        view_(scratch_.memory(), dtype, shape, dense_strides(shape)) {}
  operator const View&() const { return view_; }
  const View* operator->() const { return &view_; }

 private:
  Scratch<Runtime> scratch_;
  View view_;
};

/// `view` itself if it is dense and begins at a multiple of `alignment` bytes in its memory;
/// otherwise a dense view of its shape in scratch memory. Null if `view` is null.
template <class Runtime, int alignment> class Dense {
 public:
  const View& view() const { return dense_; }
  operator const View&() const { return dense_; }
  /// The address of the first element, on devices that have addresses.
  template <class T> T* as() const {
    char* memory = static_cast<char*>(dense_.memory().handle);
    return memory ? reinterpret_cast<T*>(memory + byte_offset(dense_)) : nullptr;
  }

 protected:
  Dense(Runtime& runtime, const View& view) : runtime_(runtime), view_(view), dense_(view) {
    if (!view || view.count() == 0 || (view.is_dense() && byte_offset(view) % alignment == 0))
      return;
    scratch_.emplace(runtime, view.dtype(), view.shape());
    dense_ = *scratch_;
  }
  bool is_copy() const { return scratch_.has_value(); }
  Runtime& runtime_;
  View view_, dense_;

 private:
  static std::int64_t byte_offset(const View& v) {
    return v.offset() * std::int64_t(size_of(v.dtype()));
  }
  std::optional<ScratchView<Runtime>> scratch_;
};

/// An input; null if the call was not given one. The backend's copy(runtime, from, to) makes the
/// copy.
template <class Runtime, int alignment = 1> class Input : public Dense<Runtime, alignment> {
 public:
  Input(Runtime& runtime, const View& x) : Dense<Runtime, alignment>(runtime, x) {
    if (this->is_copy()) copy(runtime, x, this->dense_);
  }
};

/// An output; null if the caller does not want it. finish() copies what was written in scratch
/// memory to the output's own.
template <class Runtime, int alignment = 1> class Output : public Dense<Runtime, alignment> {
 public:
  Output(Runtime& runtime, const View& y) : Dense<Runtime, alignment>(runtime, y) {}
  void finish() const {
    if (this->is_copy()) copy(this->runtime_, this->dense_, this->view_);
  }
};

}  // namespace tinygrad::common
