// SPDX-License-Identifier: MIT
// The backend interface: what a device must provide. Everything above it (tensors, autograd, ops,
// modules) is written once, for all backends. The kernels themselves are listed in kernels.def.
//
// The contract, for all kernels:
// - Shapes, dtypes and devices were checked by the caller: a backend never throws for them. Rank is
//   at most 8.
// - All views of a call have the same dtype, except in copy, and except for conditions (boolean),
//   indices (int64) and results of comparisons (boolean).
// - Elementwise inputs come broadcast to `out` (stride 0 if an element repeats). There, and nowhere
//   else, `out` may be the same view as an input. No output has a stride of 0.
// - Any view may have any strides and may be empty.
// - Storage dtypes (is_storage: int8, int16, uint16, uint32) reach only fill, copy, comparisons,
//   where, gather, and a scatter that sets.
// - Values of an index are checked by the kernel, since only it sees them: it never accesses memory
//   for a bad one, and reports the first one (lowest row-major position) with bad_index(), at once
//   on the CPU; a device with a queue reports it at the next read by the host.
// - float16 and bfloat16 are computed in float32 and rounded once, when stored.
// - Integers wrap; integer division by zero gives 0. float to integer saturates, and NaN becomes 0.
//   To boolean, everything but 0 is true.
// - Calls are asynchronous and run in order on the device's one stream, which all threads share.
//   Only a read by the host waits.
// - No result depends on the number of threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/device.h"
#include "tinygrad/dtype.h"
#include "tinygrad/shape.h"

namespace tinygrad {

/// A block of a backend's memory. Only that backend knows what the handle means.
struct Memory {
  void* handle = nullptr;
  std::size_t bytes = 0;
};

/// A View describes a tensor to a kernel: a block of memory, which of its elements belong to the
/// tensor, and in which order. A null view stands for an input that was not given. The constructor
/// checks that every element lies inside the block, so no kernel has to.
class TINYGRAD_API View {
 public:
  View() = default;
  /// Element (i, j, ...) is element offset + i strides[0] + j strides[1] + ... of the block. Throws
  /// ShapeError if one lies outside.
  View(Memory memory, DType dtype, const Shape& shape, const Strides& strides,
       std::int64_t offset = 0);

  explicit operator bool() const { return memory_.handle != nullptr || given_; }
  const Memory& memory() const { return memory_; }
  DType dtype() const { return dtype_; }
  std::int64_t offset() const { return offset_; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  int rank() const { return shape_.rank(); }
  std::int64_t size(int dim) const { return shape_[dim]; }
  std::int64_t stride(int dim) const { return strides_[dim]; }
  std::int64_t count() const { return count_; }
  /// True if the elements are row-major and without gaps.
  bool is_dense() const;
  /// The first element, if the handle is an address (as the CPU's is).
  template <class T> T* data() const { return static_cast<T*>(memory_.handle) + offset_; }

  /// The same elements, repeated to a larger shape by stride 0. This shape must be one that
  /// broadcasts to `shape`.
  View broadcast_to(const Shape& shape) const;
  /// The elements with index i along dim; the rank is one less.
  View select(int dim, std::int64_t i) const;
  /// `size` elements along dim, from `start` on.
  View narrow(int dim, std::int64_t start, std::int64_t size) const;
  /// Other elements of the same block.
  View reshaped(const Shape& shape, const Strides& strides, std::int64_t offset) const {
    return {memory_, dtype_, shape, strides, offset};
  }

 private:
  Memory memory_;
  std::int64_t offset_ = 0, count_ = 0;
  Shape shape_;
  Strides strides_;
  DType dtype_ = DType::float32;
  bool given_ = false;
};
using Views = std::span<const View>;

/// A view, or one scalar for all elements: x * 2 uploads nothing. A value that changes from step to
/// step (a learning rate, the counter of a random call) may be a view of one element on the device,
/// so that a recorded step reads its current value.
struct Operand {
  View view;
  Scalar scalar;
  Operand(const View& v) : view(v) {}
  Operand(Scalar s) : scalar(s) {}
  bool is_scalar() const { return !view; }
};

enum class Unary : std::uint8_t {
#define UNARY(name, ...) name,
#include "tinygrad/elementwise.def"
};
enum class Binary : std::uint8_t {
#define BINARY(name, ...) name,
#define COMPARE(name, ...) name,
#include "tinygrad/elementwise.def"
};
enum class Ternary : std::uint8_t {
#define TERNARY(name, ...) name,
#include "tinygrad/elementwise.def"
};
/// True if the results of an op are boolean.
constexpr bool is_comparison(Binary op) {
  switch (op) {
#define COMPARE(name, ...) case Binary::name:
#include "tinygrad/elementwise.def"
    return true;
    default: return false;
  }
}
/// The scalar parameters of some elementwise ops: slopes, limits.
struct Params {
  Scalar p = 0, q = 0, r = 0, s = 0;
};
enum class Reduce : std::uint8_t { sum, prod, max, min };
enum class ArgReduce : std::uint8_t { max, min };
enum class Write : std::uint8_t { set, add };
enum class Distribution : std::uint8_t {
  uniform,  ///< low + (high - low) u, u in [0, 1) with 24 bits (53 for float64)
  normal,   ///< low + high z. Elements 2k, 2k + 1: z = r cos t, r sin t, r = sqrt(-2 log(1 -
            ///< u[2k])), t = 2 pi u[2k + 1] (Box and Muller)
  integer,  ///< low ... high - 1, on int64; high > low. low + floor(word (high - low) / 2^64), the
            ///< word of 64 bits: as even for wide ranges as for narrow ones
};
/// A PhiloxKey selects the random numbers that are drawn: those of Philox 4x32-10 with key `seed`
/// and `call` in the counter (see random.h).
struct PhiloxKey {
  std::uint64_t seed = 0;
  Operand call = Scalar(0);  ///< a scalar, or a view of one int64
};
/// A Window describes how a window moves over an image, {y, x} each.
struct Window {
  int stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1};
  int groups = 1;
};
/// The constants of an optimizer step, and its values that change from step to step. If `overflow`
/// is not 0 when the device runs the step, nothing is written; it is a view only in recorded steps.
struct SgdStep {
  Operand lr;
  double momentum = 0, weight_decay = 0, dampening = 0;
  bool nesterov = false, first = false;  ///< first: momentum buffers start with m = g
  Operand overflow = Scalar(0);
};
struct AdamStep {
  Operand lr;
  Operand step;  ///< 1 for the first
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;  ///< AdamW's weight decay
  Operand overflow = Scalar(0);
};

/// The calls that a device recorded between begin_recording() and end_recording(), to be run again
/// as a whole. It owns the memory that was allocated meanwhile until it is destroyed.
class TINYGRAD_API Recording {
 public:
  virtual ~Recording() = default;
  /// Queues all recorded calls.
  virtual void run() = 0;
};

/// A clock that runs while a device computes, for profiles; what other threads compute on the
/// device counts too.
class TINYGRAD_API DeviceClock {
 public:
  virtual ~DeviceClock() = default;
  /// Marks the end of the calls that were queued so far. Returns how many marks there were before.
  virtual std::size_t mark() = 0;
  /// The time of the clock at each mark, in seconds. Waits for the device.
  virtual std::vector<double> seconds() = 0;
};

/// The built-in backends, for the second column of kernels.def.
enum : unsigned { on_cpu = 1, on_opencl = 2, on_cuda = 4, on_all = on_cpu | on_opencl | on_cuda };

/// One device: its memory, and its kernels. A backend must override the functions that are pure.
class TINYGRAD_API Backend {
 public:
  explicit Backend(Device device) : device_(std::move(device)) {}
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  const Device& device() const { return device_; }
  /// The product's name, such as "Intel(R) Iris(R) Xe Graphics"; a part of it names the device too.
  /// Empty if there is none.
  virtual std::string description() const { return {}; }
  /// True if the device computes in this dtype. Tensors of other dtypes are not made there.
  virtual bool has(DType) const { return true; }

  // ------------------------------------------------------------ memory
  /// A block of at least `bytes` (0 is allowed), aligned for every dtype and vector. Throws
  /// DeviceError if the device has no memory left.
  virtual Memory allocate(std::size_t bytes) = 0;
  virtual void release(Memory memory) noexcept = 0;
  /// Copies `bytes` from the host to the block, from byte `offset` on. The host's memory may be
  /// reused on return.
  virtual void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) = 0;
  /// Copies `bytes` from byte `offset` of the block to the host. Waits for all calls before it.
  virtual void download(Memory from, std::size_t offset, void* to, std::size_t bytes) = 0;
  /// Waits for all calls.
  virtual void synchronize() {}
  /// A new clock of the device. Null if it has none: then the host measures until synchronize().
  virtual std::unique_ptr<DeviceClock> clock() { return nullptr; }
  virtual MemoryStats stats() const { return {}; }
  /// Returns memory that is kept for reuse to the system.
  virtual void empty_cache() {}
  /// True if handles are addresses that the host may read and write.
  virtual bool is_host() const { return false; }

  /// From here to end_recording(), calls of this thread are recorded and not run; reads by the host
  /// throw DeviceError, and other threads wait. False if the device cannot record.
  [[nodiscard]] virtual bool begin_recording() { return false; }
  /// Must be called also after a call has thrown; the caller then discards the result.
  virtual std::unique_ptr<Recording> end_recording() { return nullptr; }

  // ------------------------------------------------------------ kernels
#define REQUIRED_KERNEL(name, parameters, arguments) virtual void name parameters = 0;
#define KERNEL(name, backends, parameters, arguments) [[nodiscard]] virtual bool name parameters;
#include "tinygrad/kernels.def"

 private:
  Device device_;
};

/// For kernels: throws IndexError for the index `value`, found at row-major `position` of the view
/// `index`, into a dimension of `size`. The position in the message leaves out dimensions of stride
/// 0, along which the view repeats the elements of the user's tensor.
[[noreturn]] TINYGRAD_API void bad_index(const View& index, std::int64_t position,
                                         std::int64_t value, std::int64_t size);

/// Adds a device; its name becomes known to Device(...) and `--device`. Throws ArgumentError if
/// that device exists already.
TINYGRAD_API Backend& register_backend(std::unique_ptr<Backend> backend);
/// The backend of a device. Throws DeviceError, naming the devices that exist.
TINYGRAD_API Backend& backend(const Device& device);

}  // namespace tinygrad
