// The OpenCL backend: one object for each device that some platform offers.
#include "backends/opencl/opencl.h"

#include <algorithm>

#include "backends/opencl/errors.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/library.h"

namespace tinygrad {
namespace {

namespace cl = tinygrad_cl;
using namespace opencl;

class OpenCl : public Backend {
 public:
  OpenCl(Device device, const cl::Device& handle, std::string description)
      : Backend(device),
        handle_(handle),
        description_(std::move(description)),
        name_(to_string(device)) {}

  std::string description() const override { return description_; }
  bool has(DType dtype) const override {
    return dtype != DType::float64 || runtime().traits().float64;
  }
  Memory allocate(std::size_t bytes) override { return runtime().memory().allocate(bytes); }
  void release(Memory memory) noexcept override { runtime().memory().release(memory); }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    runtime().upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    runtime().download(from, offset, to, bytes);
  }
  void synchronize() override { runtime().synchronize(); }
  MemoryStats stats() const override { return runtime().memory().stats(); }
  void empty_cache() override { runtime().memory().empty_cache(); }

  void fill(const View& out, Scalar value) override { opencl::fill(runtime(), out, value); }
  void copy(const View& x, const View& out) override { opencl::copy(runtime(), x, out); }
  void random(Distribution d, PhiloxKey key, Scalar low, Scalar high, const View& out) override {
    opencl::random(runtime(), d, key, low, high, out);
  }
  void unary(Unary op, Params params, const View& x, const View& out) override {
    opencl::unary(runtime(), op, params, x, out);
  }
  void binary(Binary op, Params params, const Operand& a, const Operand& b,
              const View& out) override {
    opencl::binary(runtime(), op, params, a, b, out);
  }
  void ternary(Ternary op, Params params, const Operand& a, const Operand& b, const Operand& c,
               const View& out) override {
    opencl::ternary(runtime(), op, params, a, b, c, out);
  }
  void reduce(Reduce op, const View& x, const View& out) override {
    opencl::reduce(runtime(), op, x, out);
  }
  void arg_reduce(ArgReduce op, const View& x, int dim, const View& out) override {
    opencl::arg_reduce(runtime(), op, x, dim, out);
  }
  void gather(const View& x, int dim, const View& index, const View& out) override {
    opencl::gather(runtime(), x, dim, index, out);
  }
  void scatter(const View& out, int dim, const View& index, const View& x, Write how) override {
    opencl::scatter(runtime(), out, dim, index, x, how);
  }
  void matmul(const View& a, const View& b, const View& out) override {
    opencl::matmul(runtime(), a, b, out);
  }

  bool unary_grad(Unary op, Params params, const View& dy, const View& kept,
                  const View& dx) override {
    return opencl::unary_grad(runtime(), op, params, dy, kept, dx);
  }
  bool binary_grad(Binary op, Params params, int input, const View& dy, const Operand& a,
                   const Operand& b, const View& dx) override {
    return opencl::binary_grad(runtime(), op, params, input, dy, a, b, dx);
  }
  bool ternary_grad(Ternary op, Params params, int input, const View& dy, const Operand& a,
                    const Operand& b, const Operand& c, const View& dx) override {
    return opencl::ternary_grad(runtime(), op, params, input, dy, a, b, c, dx);
  }
  bool linear(const View& x, const View& w, const View& b, const View& y) override {
    return opencl::linear(runtime(), x, w, b, y);
  }
  bool conv2d(const View& x, const View& w, const View& b, const Window& window,
              const View& y) override {
    return opencl::conv2d(runtime(), x, w, b, window, y);
  }
  bool conv2d_input_grad(const View& dy, const View& w, const Window& window,
                         const View& dx) override {
    return opencl::conv2d_input_grad(runtime(), dy, w, window, dx);
  }
  bool conv2d_weight_grad(const View& dy, const View& x, const Window& window,
                          const View& dw) override {
    return opencl::conv2d_weight_grad(runtime(), dy, x, window, dw);
  }

  bool softmax(const View& x, int dim, const View& y) override {
    return opencl::softmax(runtime(), x, dim, y);
  }
  bool softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return opencl::softmax_grad(runtime(), dy, y, dim, dx);
  }
  bool log_softmax(const View& x, int dim, const View& y) override {
    return opencl::log_softmax(runtime(), x, dim, y);
  }
  bool log_softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return opencl::log_softmax_grad(runtime(), dy, y, dim, dx);
  }
  bool cross_entropy(const View& x, const View& target, const View& loss,
                     const View& lse) override {
    return opencl::cross_entropy(runtime(), x, target, loss, lse);
  }
  bool cross_entropy_grad(const View& dy, const View& x, const View& target, const View& lse,
                          const View& dx) override {
    return opencl::cross_entropy_grad(runtime(), dy, x, target, lse, dx);
  }
  bool batch_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return opencl::batch_norm(runtime(), x, w, b, eps, y, mean, rstd);
  }
  bool batch_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return opencl::batch_norm_grad(runtime(), dy, x, w, mean, rstd, dx, dw, db);
  }
  bool layer_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return opencl::layer_norm(runtime(), x, w, b, eps, y, mean, rstd);
  }
  bool layer_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return opencl::layer_norm_grad(runtime(), dy, x, w, mean, rstd, dx, dw, db);
  }
  bool max_pool2d(const View& x, int kh, int kw, const Window& window, const View& y,
                  const View& index) override {
    return opencl::max_pool2d(runtime(), x, kh, kw, window, y, index);
  }
  bool max_pool2d_grad(const View& dy, const View& index, int kh, int kw, const Window& window,
                       const View& dx) override {
    return opencl::max_pool2d_grad(runtime(), dy, index, kh, kw, window, dx);
  }
  bool avg_pool2d(const View& x, int kh, int kw, const Window& window, const View& y) override {
    return opencl::avg_pool2d(runtime(), x, kh, kw, window, y);
  }
  bool avg_pool2d_grad(const View& dy, int kh, int kw, const Window& window,
                       const View& dx) override {
    return opencl::avg_pool2d_grad(runtime(), dy, kh, kw, window, dx);
  }
  bool dropout(const View& x, double p, PhiloxKey key, const View& y) override {
    return opencl::dropout(runtime(), x, p, key, y);
  }
  bool sgd(Views w, Views g, Views m, const SgdStep& step) override {
    return opencl::sgd(runtime(), w, g, m, step);
  }
  bool adam(Views w, Views g, Views m, Views v, const AdamStep& step) override {
    return opencl::adam(runtime(), w, g, m, v, step);
  }

 private:
  /// Opened when first used: a device that is only listed costs nothing.
  Runtime& runtime() const {
    std::call_once(once_, [this] { open(); });
    return *runtime_;
  }
  void open() const try {
    runtime_ = std::make_unique<Runtime>(handle_, name_);
  } catch (const cl::Error& error) { raise(error, name_, "be opened"); }
  cl::Device handle_;
  std::string description_, name_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Runtime> runtime_;
};

/// A platform that breaks is as good as one that is not there.
std::vector<cl::Device> devices_of(const cl::Platform& platform) {
  std::vector<cl::Device> devices;
  try {
    platform.getDevices(CL_DEVICE_TYPE_ALL, &devices);
  } catch (const cl::Error&) { return {}; }
  return devices;
}

/// Graphics cards, accelerators, CPUs.
int order(const cl::Device& device) {
  const cl_device_type type = device.getInfo<CL_DEVICE_TYPE>();
  return type & CL_DEVICE_TYPE_GPU ? 0 : type & CL_DEVICE_TYPE_CPU ? 2 : 1;
}

std::vector<cl::Device> all_devices() {
  std::vector<cl::Platform> platforms;
  cl::Platform::get(&platforms);
  std::vector<cl::Device> all;
  for (auto& platform : platforms)
    for (auto& device : devices_of(platform)) all.push_back(device);
  std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return order(a) < order(b); });
  return all;
}

}  // namespace

DeviceSearch find_opencl_devices() {
  DeviceSearch found = {{}, open_library()};
  if (!found.problem.empty()) return found;
  try {
    for (auto& handle : all_devices()) {
      Device device("opencl");
      device.index = int(found.backends.size());
      found.backends.push_back(
          std::make_unique<OpenCl>(device, handle, properties_of(handle).name));
    }
    if (found.backends.empty())
      found.problem =
          "the OpenCL drivers that are installed find no device; tinygrad-doctor looks into why";
  } catch (const cl::Error& error) {
    found.problem = error_name(error.err()) + advice(error.err());
  }
  return found;
}

}  // namespace tinygrad
