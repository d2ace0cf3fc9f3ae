// SPDX-License-Identifier: MIT
// compare_backends(): records the outputs of all ops of one run, and compares another run with them
// while it goes on.
#include "tinygrad/trace/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "lent_memory.h"
#include "place.h"
#include "statistics.h"
#include "tinygrad/observer.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

// ------------------------------------------------------------ what ran

/// An op that ended on device a, and, if it ran its formula, the ops in that.
struct Record {
  std::string op;
  Tensors outputs;  ///< on the host
  std::vector<Record> inner = {};
};

/// Returns whether the op computes what the other device computes too: a view computes nothing, and
/// a transfer between devices is needed on one of them only.
bool is_compared(const OpEvent& op) {
  const bool is_transfer = std::string_view(op.name) == "to" && op.status == OpStatus::formula;
  return op.status != OpStatus::failed && op.status != OpStatus::view && !is_transfer;
}
/// The outputs that every backend computes alike. Those of attention beyond the first are for its
/// own derivative; kernel and formula choose them.
Views compared_outputs(const OpEvent& op) {
  return std::string_view(op.name) == "attention" ? op.outputs.first(1) : op.outputs;
}
Tensor on_host(const View& view, const Device& device) {
  return tracing::copy_of(view, device).to("cpu");
}

/// Records a run.
struct Recorder : Observer {
  std::vector<Record> ops, inner;
  int depth = 0;

  void begin(const OpEvent&) override { ++depth; }
  void end(const OpEvent& op) override {
    --depth;
    if (!is_compared(op)) return;
    Record record{op.name, {}};
    for (const View& v : compared_outputs(op)) record.outputs.push_back(on_host(v, op.device));
    if (depth > 0) return inner.push_back(std::move(record));
    record.inner = std::exchange(inner, {});
    ops.push_back(std::move(record));
  }
};

// ------------------------------------------------------------ differences

/// The distance from x to the next value of the dtype: 2^(e - digits) for x = m 2^e, 1/2 <= m < 1.
double ulp(double x, DType dtype) {
  struct Format {
    int digits, min_exponent;
  };
  const Format format = dtype == float64    ? Format{53, -1021}
                        : dtype == float16  ? Format{11, -13}
                        : dtype == bfloat16 ? Format{8, -125}
                                            : Format{24, -125};
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1, std::max(exponent, format.min_exponent) - format.digits);
}

double root_mean_square(const std::vector<double>& values) {
  double squares = 0;
  for (const double v : values)
    if (std::isfinite(v)) squares += v * v / double(values.size());
  return std::sqrt(squares);
}

/// Keeps the largest difference between two outputs in `worst`.
void compare(const Tensor& a, const Tensor& b, OpDifference& worst) {
  const auto as = a.to_vector<double>(), bs = b.to_vector<double>();
  const double typical = is_floating(a.dtype()) ? root_mean_square(as) : 0;
  for (std::size_t i = 0; i < as.size(); ++i) {
    const double x = as[i], y = bs[i];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double size = std::max({std::abs(x), std::abs(y), typical});
    const bool finite = std::isfinite(x) && std::isfinite(y);
    const double unit = is_floating(a.dtype()) ? ulp(size, a.dtype()) : 1;
    const double ulps = finite ? std::abs(x - y) / unit : inf;
    if (ulps <= worst.ulps) continue;
    worst.ulps = ulps, worst.relative = finite ? std::abs(x - y) / size : inf;
    worst.a = x, worst.b = y, worst.shape = a.shape();
    worst.element = tracing::index_at(std::int64_t(i), a.shape());
  }
}

/// Thrown out of the run on b when the devices have parted.
struct Parted {};

/// Compares a run with the records of another.
class Comparer : public Observer {
 public:
  Comparer(const std::vector<Record>& ops, BackendComparison& result)
      : records_(ops), result_(result) {}

  void begin(const OpEvent&) override {
    if (depth_++ == 0) inner_at_ = 0, inner_.clear();
  }
  void end(const OpEvent& op) override {
    --depth_;
    if (!is_compared(op)) return;
    if (depth_ > 0) return look_inside(op);
    if (at_ == records_.size() || !is_same_op(records_[at_], op)) part(other_ops(&op));
    const Record& record = records_[at_++];
    result_.ops.push_back(difference(record, op));
    OpDifference& found = result_.ops.back();
    if (found.ulps > result_.max_ulps) found.inner = inner_, part(parted(found));
    const Views outputs = compared_outputs(op);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i].count())
        backend(op.device).copy(view_of(record.outputs[i].to(op.device)), outputs[i]);
  }
  void finish() {
    if (at_ < records_.size()) result_.problem = other_ops(nullptr);
  }

 private:
  static bool is_same_op(const Record& record, const OpEvent& op) {
    const Views outputs = compared_outputs(op);
    bool same = record.op == op.name && record.outputs.size() == outputs.size();
    for (std::size_t i = 0; same && i < outputs.size(); ++i)
      same = record.outputs[i].shape() == outputs[i].shape() &&
             record.outputs[i].dtype() == outputs[i].dtype();
    return same;
  }
  static OpDifference difference(const Record& record, const OpEvent& op) {
    OpDifference worst{op.name, op.path ? op.path->text : "",
                       op.derivative_of ? op.derivative_of : "", op.location};
    const Views outputs = compared_outputs(op);
    if (!outputs.empty()) worst.shape = outputs[0].shape();
    for (std::size_t i = 0; i < outputs.size(); ++i)
      compare(record.outputs[i], on_host(outputs[i], op.device), worst);
    return worst;
  }
  /// Finds the first op of a formula that parts. Their outputs are not made equal.
  void look_inside(const OpEvent& op) {
    if (at_ == records_.size() || inner_at_ == records_[at_].inner.size()) return;
    const Record& record = records_[at_].inner[inner_at_++];
    if (inner_.empty() && is_same_op(record, op) && difference(record, op).ulps > result_.max_ulps)
      inner_ = op.name;
  }
  [[noreturn]] void part(std::string problem) {
    result_.problem = std::move(problem);
    throw Parted();
  }
  std::string parted(const OpDifference& d) const;
  std::string other_ops(const OpEvent* op) const {
    return fmt::format("run other ops: op {} is {} on {} and {} on {}", at_ + 1,
                       at_ < records_.size() ? records_[at_].op : "missing", to_string(result_.a),
                       op ? op->name : "missing", to_string(result_.b));
  }

  const std::vector<Record>& records_;
  BackendComparison& result_;
  std::size_t at_ = 0, inner_at_ = 0;
  std::string inner_ = {};
  int depth_ = 0;
};

/// "conv2d (conv1, net.cpp:12) in the forward pass".
std::string name_of(const OpDifference& d) {
  const std::string place = tracing::place(d.path, d.location);
  return d.op + (place.empty() ? "" : " (" + place + ")") +
         (d.derivative_of.empty() ? "" : ", derivative of " + d.derivative_of);
}
std::string size_of(const OpDifference& d) {
  return fmt::format("{:.4g} ULPs, {:.2g} relative", d.ulps, d.relative);
}

std::string Comparer::parted(const OpDifference& d) const {
  return fmt::format(
      "part at op {} of {}: {}{}\n  element {} of {}: {:.6g} on {}, {:.6g} on {}: "
      "{}; {} ULPs are allowed",
      at_, records_.size(), name_of(d), d.inner.empty() ? "" : ", in its formula at " + d.inner,
      to_string(d.element), to_string(d.shape), d.a, to_string(result_.a), d.b,
      to_string(result_.b), size_of(d), result_.max_ulps);
}

// ------------------------------------------------------------ a run

struct DefaultDevice {
  explicit DefaultDevice(const Device& device) { set_default_device(device); }
  ~DefaultDevice() { set_default_device(before); }
  DefaultDevice(const DefaultDevice&) = delete;
  Device before = default_device();
};

/// Copies of tensors on a device, which require a gradient if those do.
Tensors moved(const Tensors& tensors, const Device& device) {
  Tensors all;
  for (const Tensor& t : tensors) {
    const NoGrad off;
    all.push_back(t.detach().clone().to(device));
    if (t.requires_grad()) all[all.size() - 1].requires_grad_();
  }
  return all;
}
/// The same values in [-1, 1) on each device.
Tensor random_gradient(const Tensor& y) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < y.numel(); ++i)
    values.push_back(2 * philox_uniform64(1, 0, std::uint64_t(i)) - 1);
  return from_vector(values, y.shape(), "cpu").to(y.dtype()).to(y.device());
}

struct Run {
  const TensorFunction& f;
  const Tensors &inputs, &state;
  bool backward;

  void on(const Device& device, Observer& observer) const {
    const GradMode recorded(true);
    const ThreadStream same_values(generator());
    const DefaultDevice here(device);
    std::vector<std::unique_ptr<tracing::LentMemory>> lent;
    std::unordered_set<const TensorImpl*> seen;
    for (const Tensor& t : state)
      if (t.defined() && seen.insert(t.impl()).second)
        lent.push_back(std::make_unique<tracing::LentMemory>(t, moved(t, device)[0].detach()));
    const Tensors xs = moved(inputs, device);
    Tensor y;
    {
      const ObserverScope scope(observer);
      y = f(xs);
    }
    if (!backward || !y.requires_grad()) return;
    const Tensor dy = y.numel() == 1 ? Tensor() : random_gradient(y);
    const ObserverScope scope(observer);
    y.backward(dy);
  }
};

}  // namespace

BackendComparison compare_backends(const TensorFunction& f, const Tensors& inputs,
                                   const Tensors& state, const Device& a, const Device& b,
                                   const CompareOptions& options, SourceLocation location) {
  require(bool(f), Call{"compare_backends", location}, "f is an empty function");
  backend(b);  // throws if there is none
  BackendComparison result{.a = a, .b = b, .ops = {}, .max_ulps = options.max_ulps};
  const Run run{f, inputs, state, options.backward};
  Recorder recorder;
  run.on(a, recorder);
  result.total = recorder.ops.size();
  Comparer comparer(recorder.ops, result);
  try {
    run.on(b, comparer);
    comparer.finish();
  } catch (const Parted&) {}
  return result;
}

BackendComparison compare_backends(const TensorFunction& f, const Tensors& inputs,
                                   const nn::Module& module, const Device& a, const Device& b,
                                   const CompareOptions& options, SourceLocation location) {
  Tensors state(module.parameters());
  for (auto& [name, buffer] : module.named_buffers()) state.push_back(buffer);
  return compare_backends(f, inputs, state, a, b, options, location);
}

std::string to_string(const BackendComparison& c) {
  std::string text =
      fmt::format("{} and {} ", to_string(c.a), to_string(c.b)) +
      (c ? fmt::format("agree in {} ops to {} ULPs", c.total, c.max_ulps) : c.problem) + "\n";
  std::vector<OpDifference> largest;
  for (const OpDifference& d : c.ops)
    if (d.ulps > 0 && d.ulps <= c.max_ulps) largest.push_back(d);
  std::stable_sort(largest.begin(), largest.end(),
                   [](auto& x, auto& y) { return x.ulps > y.ulps; });
  largest.resize(std::min<std::size_t>(largest.size(), 3));
  if (!largest.empty()) text += "  the largest differences in ops that agree:\n";
  for (const OpDifference& d : largest) text += fmt::format("    {}: {}\n", name_of(d), size_of(d));
  return text;
}

}  // namespace tinygrad
