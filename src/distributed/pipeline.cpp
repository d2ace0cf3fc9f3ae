// SPDX-License-Identifier: MIT
// Pipeline: carries out the actions of this rank's schedule.
#include "tinygrad/distributed/pipeline.h"

#include <algorithm>
#include <map>
#include <utility>

#include "state_exchange.h"
#include "tinygrad/autograd.h"
#include "tinygrad/distributed/collectives.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// A step of one stage.
class Step {
 public:
  Step(nn::Module& stage, const PipelineOptions& options, const Group& group, SourceLocation line)
      : stage_(stage), group_(group), micro_batches_(options.micro_batches), line_(line) {
    const auto parameters = stage.parameters();
    if (!parameters.empty()) device_ = parameters[0].device();
  }
  void run(const std::vector<Action>& actions, const Tensor& x, const Tensor& y,
           const PipelineLoss& loss);
  double mean_loss() const;
  int peak() const { return peak_; }

 private:
  /// What is kept of a micro-batch until its backward pass.
  struct Activations {
    Tensor input, output, gradient;
  };
  Call call() const { return {"Pipeline", line_}; }
  bool is_first() const { return group_.rank() == 0; }
  bool is_last() const { return group_.rank() + 1 == group_.size(); }
  Tensor part(const Tensor& all, int m, const char* what) const;
  void receive_activation(int m);
  void forward(int m, const Tensor& x, const Tensor& y, const PipelineLoss& loss);
  void send_activation(int m);
  void backward(int m);
  Tensor received(const Shape& shape, DType dtype, int from) const {
    return recv(shape, dtype, from, group_).to(device_);
  }

  nn::Module& stage_;
  Group group_;
  int micro_batches_;
  SourceLocation line_;
  Device device_ = default_device();
  Form form_;  // of what this stage receives
  std::map<int, Activations> kept_;
  Tensors losses_;
  int live_ = 0, peak_ = 0;
};

Tensor Step::part(const Tensor& all, int m, const char* what) const {
  require(all.defined(), call(), "stage ", group_.rank(), " of ", group_.size(), " needs ", what);
  const std::int64_t n = all.dim() > 0 ? all.shape()[0] : 0;
  require<ShapeError>(n > 0 && n % micro_batches_ == 0, call(), "cannot divide ", what,
                      " of shape ", all.shape(), " into ", micro_batches_,
                      " micro-batches of the same size");
  return narrow(all, 0, m * (n / micro_batches_), n / micro_batches_).to(device_);
}

void Step::receive_activation(int m) {
  const int from = group_.rank() - 1;
  if (m == 0) form_ = Form(recv({Form::words}, DType::int64, from, group_));
  kept_[m].input = received(form_.shape, form_.dtype, from);
  if (grad_enabled()) kept_[m].input.requires_grad_();
}

void Step::forward(int m, const Tensor& x, const Tensor& y, const PipelineLoss& loss) {
  Activations& own = kept_[m];
  if (is_first()) own.input = part(x, m, "the input");
  own.output = stage_(own.input);
  if (grad_enabled()) peak_ = std::max(peak_, ++live_);
  if (is_last()) {
    own.output = loss(own.output, part(y, m, "the target"));
    losses_.push_back(own.output.detach());
  } else {
    require<DTypeError>(is_floating(own.output.dtype()), call(), "the output of stage ",
                        group_.rank(), " must be floating, got ", to_string(own.output.dtype()));
  }
}

void Step::send_activation(int m) {
  const Tensor y = kept_[m].output.detach();
  if (m == 0) send(Form::of(y), group_.rank() + 1, group_);
  send(y, group_.rank() + 1, group_);
}

/// Leaves the gradient that is to be sent in kept_.
void Step::backward(int m) {
  Activations& own = kept_[m];
  if (is_last()) (own.output / micro_batches_).backward();
  else if (own.output.requires_grad()) own.output.backward(own.gradient);
  if (!is_first()) own.gradient = own.input.grad();
  if (!is_first() && !own.gradient.defined()) own.gradient = zeros_like(own.input);
  own.input = own.output = Tensor();
  --live_;
}

void Step::run(const std::vector<Action>& actions, const Tensor& x, const Tensor& y,
               const PipelineLoss& loss) {
  using Kind = Action::Kind;
  for (const auto& [kind, m] : actions) {
    Activations& own = kept_[m];
    if (kind == Kind::receive_activation) receive_activation(m);
    else if (kind == Kind::forward) forward(m, x, y, loss);
    else if (kind == Kind::send_activation) send_activation(m);
    if (!grad_enabled()) {
      if (kind == (is_last() ? Kind::forward : Kind::send_activation)) own = {};
      continue;
    }
    if (kind == Kind::receive_gradient)
      own.gradient = received(own.output.shape(), own.output.dtype(), group_.rank() + 1);
    else if (kind == Kind::backward) backward(m);
    else if (kind == Kind::send_gradient)
      send(std::exchange(own.gradient, {}), group_.rank() - 1, group_);
  }
}

double Step::mean_loss() const {
  double sum = 0;
  for (const Tensor& loss : losses_) sum += loss.item<double>();
  const NoGrad off;
  const Tensor mean = full({}, sum / micro_batches_, {.dtype = DType::float64, .device = "cpu"});
  return broadcast(mean, group_.size() - 1, group_).item<double>();
}

}  // namespace

Pipeline::Pipeline(nn::Module& stage, const PipelineOptions& options, const Group& group,
                   SourceLocation location)
    : stage_(stage), options_(options), group_(group) {
  require(options.micro_batches > 0, {"Pipeline", location}, "micro_batches must be positive, got ",
          options.micro_batches);
  const int last = group.size() - 1;
  const bool is_end = group.rank() == 0 || group.rank() == last;
  actions_ = with_messages(make_schedule(options.schedule, group.size(),
                                         options.micro_batches))[std::size_t(group.rank())];
  const Group ends = group.split(is_end ? 0 : 1, -1, location);
  if (!is_end || last == 0) return;
  ends_ = ends;
  const NoGrad off;
  for (Tensor& t : options_.tied) t.copy_(broadcast({t, location}, 0, ends_));
}

double Pipeline::step(const Tensor& x, const Tensor& y, const PipelineLoss& loss,
                      SourceLocation location) {
  Step step(stage_, options_, group_, location);
  step.run(actions_, x, y, loss);
  peak_ = step.peak();
  return step.mean_loss();
}

void Pipeline::sum_tied_gradients(SourceLocation location) {
  if (ends_.size() == 1) return;
  const NoGrad off;
  for (Tensor& t : options_.tied) {
    const Tensor own = t.grad();
    t.set_grad(all_reduce({own.defined() ? own : zeros_like(t), location}, Reduce::sum, ends_));
  }
}

}  // namespace tinygrad::distributed
