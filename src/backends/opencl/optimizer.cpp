// SPDX-License-Identifier: MIT
// Launches one optimizer step for lists of parameters (optimizer.cl), four parameters per launch.
#include <cmath>

#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

constexpr std::size_t parameters_per_launch = 4;

bool all_dense(Views list, DType dtype) {
  for (const View& v : list)
    if (v.dtype() != dtype || !v.is_dense()) return false;
  return true;
}

/// One step for all parameters; `lists` are the lists of their arrays: weights, gradients, moments.
class Step {
 public:
  Step(Runtime& runtime, std::vector<Views> lists) : runtime_(runtime), lists_(std::move(lists)) {}

  /// Returns whether the kernels can process these arrays: all dense and of one floating dtype.
  bool fits() const {
    const DType dtype = w()[0].dtype();
    bool fits = is_floating(dtype);
    for (Views list : lists_) fits = fits && all_dense(list, dtype);
    return fits;
  }
  /// Runs the kernel for all parameters. constants(launch) passes the arguments that follow them.
  template <class F> void run(const char* kernel, const F& constants) const {
    for (std::size_t begin = 0; begin < w().size(); begin += parameters_per_launch)
      run_some(kernel, begin, constants);
  }

 private:
  Views w() const { return lists_[0]; }

  template <class F>
  void run_some(const char* kernel, std::size_t begin, const F& constants) const {
    // A part is the work of one work-item (cpu form) or one work-group (gpu form).
    const std::int64_t group = runtime_.is_cpu_form() ? 1 : std::int64_t(runtime_.traits().group),
                       part = runtime_.is_cpu_form() ? 16384 : 4096;
    std::int64_t parts = 0, largest = 0;
    for (std::size_t i = begin; i < std::min(begin + parameters_per_launch, w().size()); ++i)
      parts += ceil_div(w()[i].count(), part), largest = std::max(largest, w()[i].count());
    Launch launch(runtime_, "optimizer.cl", kernel);
    launch.type("T", w()[0].dtype())
        .define("WIDTH", runtime_.traits().width)
        .define("GROUP", int(group))
        .define("PART", int(part));
    if (lists_.size() == 3) launch.define("MOMENTUM", "");
    launch.indices(fits_32_bits(largest + part));
    for (std::size_t i = begin; i < begin + parameters_per_launch; ++i) parameter(launch, i);
    launch.value(cl_int(w()[0].dtype()));
    constants(launch);
    launch.run({{parts * group, 1, 1}, {std::size_t(group), 1, 1}}, parts * part);
  }
  /// Passes null pointers and the count 0 if there is no parameter i.
  void parameter(Launch& launch, std::size_t i) const {
    const View none;
    for (Views list : lists_) {
      const View& v = i < w().size() ? list[i] : none;
      launch.memory(v.memory()).value(cl_long(v.offset() * std::int64_t(size_of(v.dtype()))));
    }
    launch.index(i < w().size() ? w()[i].count() : 0);
  }

  Runtime& runtime_;
  std::vector<Views> lists_;
};

/// Passes a scalar, or a view of one element.
void pass(Launch& launch, const Operand& scalar, DType dtype) {
  launch.view(scalar.view).scalar(scalar.scalar, dtype);
}

}  // namespace

bool sgd(Runtime& runtime, Views w, Views g, Views m, const SgdStep& s) {
  if (w.empty()) return true;
  const Step step(runtime,
                  s.momentum != 0 ? std::vector<Views>{w, g, m} : std::vector<Views>{w, g});
  if (!step.fits()) return false;
  const DType dtype = w[0].dtype();
  step.run("sgd", [&](Launch& launch) {
    pass(launch, s.lr, dtype);
    launch.scalar(s.momentum, dtype).scalar(s.weight_decay, dtype).scalar(1 - s.dampening, dtype);
    launch.value(cl_int(s.nesterov)).value(cl_int(s.first));
  });
  return true;
}

bool adam(Runtime& runtime, Views w, Views g, Views m, Views v, const AdamStep& s) {
  if (w.empty()) return true;
  const Step step(runtime, {w, g, m, v});
  if (!step.fits()) return false;
  const DType dtype = w[0].dtype();
  step.run("adam", [&](Launch& launch) {
    pass(launch, s.lr, dtype), pass(launch, s.step, dtype);
    for (double beta : {s.beta1, s.beta2})
      launch.scalar(beta, dtype).scalar(1 - beta, dtype).scalar(std::log(beta), dtype);
    launch.scalar(s.eps, dtype).scalar(s.weight_decay, dtype).value(cl_int(s.decoupled));
  });
  return true;
}

}  // namespace tinygrad::opencl
