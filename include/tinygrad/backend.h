// The seam: what a backend is. Everything above it (tensors, autograd, ops, modules) is written
// once, for all backends.
//
// Said once, for every function here:
// - Shapes, dtypes and devices were checked above: a backend never throws for them. Rank is at
// most 8.
// - All views of one call have one dtype, except in copy, and for conditions (boolean), indices
// (int64) and results of comparisons
//   (boolean). Elementwise inputs come broadcast to `out` (stride 0 where an element repeats).
//   `out` may be the very view of an input there, and nowhere else. No out has a stride of 0.
// - Any view may have any strides and be empty. Index values are the one thing that only a kernel
// sees: it never touches memory
//   for a bad one. It reports the first bad one (lowest row-major position) with bad_index(): at
//   once on the CPU; on a device with a queue, at the next read by the host.
// - float16 and bfloat16 are computed in float32 and rounded once, when stored. Integers wrap;
// integer division by zero gives 0;
//   float to integer saturates, and NaN becomes 0; to boolean, everything but 0 is true.
// - Calls are asynchronous and in order on the device's one stream, which all threads share; only a
// read by the host waits.
// - No result depends on the number of threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tinygrad/device.h"
#include "tinygrad/dtype.h"
#include "tinygrad/shape.h"

namespace tinygrad {

/// A block of a backend's memory: opaque to everybody but that backend.
struct Memory {
  void* handle = nullptr;
  std::size_t bytes = 0;
};

/// All that a kernel sees of a tensor: a block of memory, and which of its elements, in which
/// order. Null: an input not given. A view proves when it is made that every element lies inside
/// the block, so no kernel has to ask.
class TINYGRAD_API View {
 public:
  View() = default;
  /// Element (i, j, ...) is number offset + i strides[0] + j strides[1] + ... of the block. Throws
  /// ShapeError where one lies outside.
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
  /// Row-major and without gaps.
  bool is_dense() const;
  /// The first element, where the handle is an address (as the CPU's is).
  template <class T> T* data() const { return static_cast<T*>(memory_.handle) + offset_; }

  /// The same elements repeated to a larger shape, by stride 0. shape must come from this one by
  /// broadcasting.
  View broadcast_to(const Shape& shape) const;
  /// The elements with index i along dim; the rank falls by one.
  View select(int dim, std::int64_t i) const;
  /// `size` elements along dim, from `start` on.
  View narrow(int dim, std::int64_t start, std::int64_t size) const;
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

/// A view, or one number for all elements: x * 2 uploads nothing. A number that changes from step
/// to step (a learning rate, the number of a random call) may be a view of one element on the
/// device, so that a recorded step reads it anew.
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
/// Whether the results of an op are bool.
constexpr bool is_comparison(Binary op) {
  switch (op) {
#define COMPARE(name, ...) case Binary::name:
#include "tinygrad/elementwise.def"
    return true;
    default: return false;
  }
}
/// The numbers that some elementwise ops carry: slopes, limits.
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
  integer,  ///< low ... high - 1, on int64; high > low. low + word mod (high - low), the word of 64
            ///< bits
};
/// Which random numbers: Philox 4x32-10 with key `seed` and `call` in the counter (see random.h).
struct PhiloxKey {
  std::uint64_t seed = 0;
  Operand call = Scalar(0);  ///< a number, or a view of one int64
};
/// How a window moves over an image; {y, x} each.
struct Window {
  int stride[2] = {1, 1}, padding[2] = {0, 0}, dilation[2] = {1, 1};
  int groups = 1;
};
/// One optimizer step's constants, and what changes from step to step. Where `overflow` is not 0
/// when the device comes to it, nothing is written; only steps that are recorded have a view there.
struct SgdStep {
  Operand lr;
  double momentum = 0, weight_decay = 0, dampening = 0;
  bool nesterov = false, first = false;  ///< first: the momentum buffers hold nothing yet, m = g
  Operand overflow = Scalar(0);
};
struct AdamStep {
  Operand lr;
  Operand step;  ///< 1 for the first
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
  bool decoupled = false;  ///< AdamW's weight decay
  Operand overflow = Scalar(0);
};

/// What a device noted down between begin_recording() and end_recording(), to be run again as a
/// whole. Memory that was allocated meanwhile belongs to it: nobody else gets it while it lives.
class TINYGRAD_API Recording {
 public:
  virtual ~Recording() = default;
  /// Queues it all.
  virtual void run() = 0;
};

/// One device. Functions above `kernels` are the floor: every backend has them, and with them alone
/// runs every model.
class TINYGRAD_API Backend {
 public:
  explicit Backend(Device device) : device_(std::move(device)) {}
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  const Device& device() const { return device_; }
  /// What people call the device: "Intel(R) Iris(R) Xe Graphics". A part of it names the device
  /// too. Empty: nothing but its name.
  virtual std::string description() const { return {}; }
  /// Whether the device computes in this dtype. Tensors of others are not made there.
  virtual bool has(DType) const { return true; }

  // ------------------------------------------------------------ memory
  /// A block of at least `bytes` (0 is allowed), aligned for every dtype and vector. Throws
  /// DeviceError where there is none left.
  virtual Memory allocate(std::size_t bytes) = 0;
  virtual void release(Memory memory) noexcept = 0;
  /// bytes from the host to the block, from byte `offset` on; the host's memory is free for reuse
  /// on return.
  virtual void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) = 0;
  virtual void download(Memory from, std::size_t offset, void* to, std::size_t bytes) = 0;
  virtual void synchronize() {}
  virtual MemoryStats stats() const { return {}; }
  virtual void empty_cache() {}
  /// Whether handles are addresses that the host may read and write.
  virtual bool is_host() const { return false; }

  /// From here to end_recording() what this thread calls is noted down and not run; reads by the
  /// host throw DeviceError. False: the device cannot do this. Other threads wait meanwhile.
  [[nodiscard]] virtual bool begin_recording() { return false; }
  /// Also after a call has thrown; then what was noted is thrown away with the result.
  virtual std::unique_ptr<Recording> end_recording() { return nullptr; }

  // ------------------------------------------------------------ the floor
  virtual void fill(const View& out, Scalar value) = 0;
  /// Any strides to any strides, any dtype to any dtype; of one shape.
  virtual void copy(const View& x, const View& out) = 0;
  /// Element i (row-major) of out is the i-th number of the key: float32, float64 (uniform, normal)
  /// or int64 (integer).
  virtual void random(Distribution distribution, PhiloxKey key, Scalar low, Scalar high,
                      const View& out) = 0;
  virtual void unary(Unary op, Params params, const View& x, const View& out) = 0;
  /// At most one operand is a number. The out of a comparison is boolean.
  virtual void binary(Binary op, Params params, const Operand& a, const Operand& b,
                      const View& out) = 0;
  /// At least one operand is a view. The a of Ternary::where is boolean.
  virtual void ternary(Ternary op, Params params, const Operand& a, const Operand& b,
                       const Operand& c, const View& out) = 0;
  /// out has x's rank, with size 1 where it reduces; any set of dimensions. sum and prod of nothing
  /// are 0 and 1.
  virtual void reduce(Reduce op, const View& x, const View& out) = 0;
  /// out: int64, x's shape with 1 at dim. The first of equals; the first NaN, where there is one.
  virtual void arg_reduce(ArgReduce op, const View& x, int dim, const View& out) = 0;
  /// out[i, j, k] = x[i, index[i, j, k], k] for dim 1. index and out have one shape, nowhere larger
  /// than x but at dim.
  virtual void gather(const View& x, int dim, const View& index, const View& out) = 0;
  /// out[i, index[i, j, k], k] = (or +=) x[i, j, k] for dim 1; out keeps what is not named. Where
  /// `set` names an element more than once, the highest source position wins; `add` adds in order
  /// of source positions.
  virtual void scatter(const View& out, int dim, const View& index, const View& x, Write how) = 0;
  /// [..., M, K] x [..., K, N] -> [..., M, N]; batch dimensions come broadcast. Transposes are
  /// strides.
  virtual void matmul(const View& a, const View& b, const View& out) = 0;

  // ------------------------------------------------------------ kernels: true if done; false,
  // before touching out: use the formula
  /// dx of the op's row in elementwise.def; kept is x or y, whichever the row mentions, or null.
  [[nodiscard]] virtual bool unary_grad(Unary op, Params params, const View& dy, const View& kept,
                                        const View& dx);
  /// The gradient of input 0 (a) or 1 (b), not yet summed over broadcast dimensions. The inputs
  /// that the row's derivative does not mention may be any number.
  [[nodiscard]] virtual bool binary_grad(Binary op, Params params, int input, const View& dy,
                                         const Operand& a, const Operand& b, const View& dx);
  /// The same for input 0 (a), 1 (b) or 2 (c).
  [[nodiscard]] virtual bool ternary_grad(Ternary op, Params params, int input, const View& dy,
                                          const Operand& a, const Operand& b, const Operand& c,
                                          const View& dx);
  /// y = x wᵀ + b.  x [N, K], w [M, K], b [M] or null, y [N, M].
  [[nodiscard]] virtual bool linear(const View& x, const View& w, const View& b, const View& y);
  /// Here and in losses and norms, float16 and bfloat16 may stand beside float32: they are computed
  /// in float32.
  [[nodiscard]] virtual bool softmax(const View& x, int dim, const View& y);
  [[nodiscard]] virtual bool softmax_grad(const View& dy, const View& y, int dim, const View& dx);
  [[nodiscard]] virtual bool log_softmax(const View& x, int dim, const View& y);
  [[nodiscard]] virtual bool log_softmax_grad(const View& dy, const View& y, int dim,
                                              const View& dx);
  /// x [N, C], target int64 [N] -> loss [] = mean over n of lse[n] - x[n, target[n]], and lse [N] =
  /// logsumexp of each row.
  [[nodiscard]] virtual bool cross_entropy(const View& x, const View& target, const View& loss,
                                           const View& lse);
  /// dy [] -> dx [N, C] = dy / N (softmax(x) - one_hot(target)).
  [[nodiscard]] virtual bool cross_entropy_grad(const View& dy, const View& x, const View& target,
                                                const View& lse, const View& dx);
  /// x [N, C, H, W], w [O, C / groups, kh, kw], b [O] or null, y [N, O, h, w].
  [[nodiscard]] virtual bool conv2d(const View& x, const View& w, const View& b, const Window&,
                                    const View& y);
  [[nodiscard]] virtual bool conv2d_input_grad(const View& dy, const View& w, const Window&,
                                               const View& dx);
  [[nodiscard]] virtual bool conv2d_weight_grad(const View& dy, const View& x, const Window&,
                                                const View& dw);
  /// The largest element of each window kh x kw of x [N, C, H, W] (padding never wins; the first of
  /// equals; the first NaN), and its place row * W + column, int64.
  [[nodiscard]] virtual bool max_pool2d(const View& x, int kh, int kw, const Window&, const View& y,
                                        const View& index);
  /// dx = the sum of dy at the places that index names; dx [N, C, H, W] is overwritten.
  [[nodiscard]] virtual bool max_pool2d_grad(const View& dy, const View& index, int kh, int kw,
                                             const Window&, const View& dx);
  /// The mean of each window; padding counts as zeros.
  [[nodiscard]] virtual bool avg_pool2d(const View& x, int kh, int kw, const Window&,
                                        const View& y);
  [[nodiscard]] virtual bool avg_pool2d_grad(const View& dy, int kh, int kw, const Window&,
                                             const View& dx);
  /// Per channel c of x [N, C, ...]: y = (x - mean) rstd w + b. w and b [C] or null; writes mean
  /// and rstd = 1 / sqrt(var + eps), [C].
  [[nodiscard]] virtual bool batch_norm(const View& x, const View& w, const View& b, double eps,
                                        const View& y, const View& mean, const View& rstd);
  /// dx like x; dw and db [C] (null where w is).
  [[nodiscard]] virtual bool batch_norm_grad(const View& dy, const View& x, const View& w,
                                             const View& mean, const View& rstd, const View& dx,
                                             const View& dw, const View& db);
  /// Per row of x [R, D]: y = (x - mean) rstd w + b. w and b [D] or null; writes mean and rstd,
  /// [R].
  [[nodiscard]] virtual bool layer_norm(const View& x, const View& w, const View& b, double eps,
                                        const View& y, const View& mean, const View& rstd);
  [[nodiscard]] virtual bool layer_norm_grad(const View& dy, const View& x, const View& w,
                                             const View& mean, const View& rstd, const View& dx,
                                             const View& dw, const View& db);
  /// y_i = u_i >= p ? x_i / (1 - p) : 0, u the uniform numbers of the key.
  [[nodiscard]] virtual bool dropout(const View& x, double p, PhiloxKey key, const View& y);
  /// One step over lists of parameters w, gradients g and momentum buffers m (none where momentum
  /// is 0), all in place.
  [[nodiscard]] virtual bool sgd(Views w, Views g, Views m, const SgdStep& step);
  [[nodiscard]] virtual bool adam(Views w, Views g, Views m, Views v, const AdamStep& step);

 private:
  Device device_;
};

/// For kernels: throws IndexError for the index `value`, found at row-major `position` of the view
/// `index`, of a dimension of `size`. The message counts only elements that differ in place: a
/// dimension of stride 0 (a list of rows, repeated along them) is left out.
[[noreturn]] TINYGRAD_API void bad_index(const View& index, std::int64_t position,
                                         std::int64_t value, std::int64_t size);

/// Adds a device; its name becomes known to Device(...) and `--device`. Throws ArgumentError where
/// that device exists already.
TINYGRAD_API Backend& register_backend(std::unique_ptr<Backend> backend);
/// The backend of a device. Throws DeviceError, naming the devices that exist.
TINYGRAD_API Backend& backend(const Device& device);

}  // namespace tinygrad
