// The CUDA backend: one object for each GPU.
#include "backends/cuda/cuda.h"

#include "backends/cuda/kernels.h"
#include "backends/cuda/library.h"

namespace tinygrad::cuda {
namespace {

class Cuda : public Backend {
 public:
  Cuda(Device device, int number, std::string description)
      : Backend(device),
        number_(number),
        description_(std::move(description)),
        name_(to_string(device)) {}

  std::string description() const override { return description_; }
  Memory allocate(std::size_t bytes) override { return runtime()->allocate(bytes); }
  void release(Memory memory) noexcept override { open_runtime().release(memory); }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    runtime()->upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    runtime()->download(from, offset, to, bytes);
  }
  void synchronize() override { runtime()->synchronize(); }
  MemoryStats stats() const override { return open_runtime().stats(); }
  void empty_cache() override { open_runtime().empty_cache(); }
  bool begin_recording() override { return open_runtime().begin_recording(), true; }
  std::unique_ptr<Recording> end_recording() override { return open_runtime().end_recording(); }

  void fill(const View& out, Scalar value) override { cuda::fill(runtime(), out, value); }
  void copy(const View& x, const View& out) override { cuda::copy(runtime(), x, out); }
  void random(Distribution d, PhiloxKey key, Scalar low, Scalar high, const View& out) override {
    cuda::random(runtime(), d, key, low, high, out);
  }
  void unary(Unary op, Params params, const View& x, const View& out) override {
    cuda::unary(runtime(), op, params, x, out);
  }
  void binary(Binary op, Params params, const Operand& a, const Operand& b,
              const View& out) override {
    cuda::binary(runtime(), op, params, a, b, out);
  }
  void ternary(Ternary op, Params params, const Operand& a, const Operand& b, const Operand& c,
               const View& out) override {
    cuda::ternary(runtime(), op, params, a, b, c, out);
  }
  void reduce(Reduce op, const View& x, const View& out) override {
    cuda::reduce(runtime(), op, x, out);
  }
  void arg_reduce(ArgReduce op, const View& x, int dim, const View& out) override {
    cuda::arg_reduce(runtime(), op, x, dim, out);
  }
  void gather(const View& x, int dim, const View& index, const View& out) override {
    cuda::gather(runtime(), x, dim, index, out);
  }
  void scatter(const View& out, int dim, const View& index, const View& x, Write how) override {
    cuda::scatter(runtime(), out, dim, index, x, how);
  }
  void matmul(const View& a, const View& b, const View& out) override {
    cuda::matmul(runtime(), a, b, out);
  }

  bool unary_grad(Unary op, Params params, const View& dy, const View& kept,
                  const View& dx) override {
    return cuda::unary_grad(runtime(), op, params, dy, kept, dx);
  }
  bool binary_grad(Binary op, Params params, int input, const View& dy, const Operand& a,
                   const Operand& b, const View& dx) override {
    return cuda::binary_grad(runtime(), op, params, input, dy, a, b, dx);
  }
  bool ternary_grad(Ternary op, Params params, int input, const View& dy, const Operand& a,
                    const Operand& b, const Operand& c, const View& dx) override {
    return cuda::ternary_grad(runtime(), op, params, input, dy, a, b, c, dx);
  }
  bool linear(const View& x, const View& w, const View& b, const View& y) override {
    return cuda::linear(runtime(), x, w, b, y);
  }
  bool conv2d(const View& x, const View& w, const View& b, const Window& window,
              const View& y) override {
    return cuda::conv2d(runtime(), x, w, b, window, y);
  }
  bool conv2d_input_grad(const View& dy, const View& w, const Window& window,
                         const View& dx) override {
    return cuda::conv2d_input_grad(runtime(), dy, w, window, dx);
  }
  bool conv2d_weight_grad(const View& dy, const View& x, const Window& window,
                          const View& dw) override {
    return cuda::conv2d_weight_grad(runtime(), dy, x, window, dw);
  }

  bool softmax(const View& x, int dim, const View& y) override {
    return cuda::softmax(runtime(), x, dim, y);
  }
  bool softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return cuda::softmax_grad(runtime(), dy, y, dim, dx);
  }
  bool log_softmax(const View& x, int dim, const View& y) override {
    return cuda::log_softmax(runtime(), x, dim, y);
  }
  bool log_softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return cuda::log_softmax_grad(runtime(), dy, y, dim, dx);
  }
  bool cross_entropy(const View& x, const View& target, const View& loss,
                     const View& lse) override {
    return cuda::cross_entropy(runtime(), x, target, loss, lse);
  }
  bool cross_entropy_grad(const View& dy, const View& x, const View& target, const View& lse,
                          const View& dx) override {
    return cuda::cross_entropy_grad(runtime(), dy, x, target, lse, dx);
  }
  bool batch_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return cuda::batch_norm(runtime(), x, w, b, eps, y, mean, rstd);
  }
  bool batch_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return cuda::batch_norm_grad(runtime(), dy, x, w, mean, rstd, dx, dw, db);
  }
  bool layer_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return cuda::layer_norm(runtime(), x, w, b, eps, y, mean, rstd);
  }
  bool layer_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return cuda::layer_norm_grad(runtime(), dy, x, w, mean, rstd, dx, dw, db);
  }
  bool max_pool2d(const View& x, int kh, int kw, const Window& window, const View& y,
                  const View& index) override {
    return cuda::max_pool2d(runtime(), x, kh, kw, window, y, index);
  }
  bool max_pool2d_grad(const View& dy, const View& index, int kh, int kw, const Window& window,
                       const View& dx) override {
    return cuda::max_pool2d_grad(runtime(), dy, index, kh, kw, window, dx);
  }
  bool avg_pool2d(const View& x, int kh, int kw, const Window& window, const View& y) override {
    return cuda::avg_pool2d(runtime(), x, kh, kw, window, y);
  }
  bool avg_pool2d_grad(const View& dy, int kh, int kw, const Window& window,
                       const View& dx) override {
    return cuda::avg_pool2d_grad(runtime(), dy, kh, kw, window, dx);
  }
  bool dropout(const View& x, double p, PhiloxKey key, const View& y) override {
    return cuda::dropout(runtime(), x, p, key, y);
  }
  bool sgd(Views w, Views g, Views m, const SgdStep& step) override {
    return cuda::sgd(runtime(), w, g, m, step);
  }
  bool adam(Views w, Views g, Views m, Views v, const AdamStep& step) override {
    return cuda::adam(runtime(), w, g, m, v, step);
  }

 private:
  /// Opened when first used: a device that is only listed costs nothing.
  Runtime& open_runtime() const {
    std::call_once(once_, [this] { runtime_ = std::make_unique<Runtime>(number_, name_); });
    return *runtime_;
  }
  /// The runtime for the time of a call, which no recording of another thread begins in.
  class Entered {
   public:
    explicit Entered(Runtime& runtime) : pass_(runtime.gate()), runtime_(runtime) {}
    operator Runtime&() const { return runtime_; }
    Runtime* operator->() const { return &runtime_; }

   private:
    Gate::Pass pass_;
    Runtime& runtime_;
  };
  Entered runtime() const { return Entered(open_runtime()); }
  int number_;
  std::string description_, name_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Runtime> runtime_;
};

/// The oldest GPUs that the toolkit makes code for: CUDA 13 from Turing on (7.5), CUDA 12 from
/// Maxwell on (5.0).
constexpr int least_capability = CUDART_VERSION < 13000 ? 50 : 75;

int capability_of(int number) {
  int major = 0, minor = 0;
  (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number);
  (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, number);
  return 10 * major + minor;
}
std::string description_of(int number) {
  cudaDeviceProp properties = {};
  return cudaGetDeviceProperties(&properties, number) == cudaSuccess ? properties.name
                                                                     : "an NVIDIA GPU";
}

std::string why_none(cudaError_t error) {
  int driver = 0;
  (void)cudaGetLastError();
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return "there is no NVIDIA driver on this machine, or libcuda.so.1 is not found; "
           "tinygrad-doctor looks into why";
  return error_name(error) + advice(error);
}

std::string too_old(const std::string& description, int capability) {
  return description + " has compute capability " + std::to_string(capability / 10) + "." +
         std::to_string(capability % 10) +
         (least_capability == 75 ? "; this build needs 7.5 (Turing, 2018) or newer, a build with "
                                   "CUDA 12 serves older ones"
                                 : "; tinygrad's kernels need 5.0 (Maxwell, 2014) or newer");
}

}  // namespace

DeviceSearch find_devices(const std::string& family) {
  DeviceSearch found;
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess)
    return {{}, why_none(error)};
  for (int number = 0; number < count; ++number) {
    const std::string description = description_of(number);
    if (const int capability = capability_of(number); capability < least_capability) {
      found.problem += (found.problem.empty() ? "" : "; ") + too_old(description, capability);
      continue;
    }
    Device device(family);
    device.index = int(found.backends.size());
    found.backends.push_back(std::make_unique<Cuda>(device, number, description));
  }
  if (count == 0)
    found.problem = "the NVIDIA driver shows no GPU; CUDA_VISIBLE_DEVICES may hide them";
  else if (!cublaslt().problem.empty())
    return {{}, cublaslt().problem};  // without it there are no products
  return found;
}

}  // namespace tinygrad::cuda
