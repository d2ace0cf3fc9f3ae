// SPDX-License-Identifier: MIT
// Two layers that are trained in any division into data, tensor and pipeline parallel parts, on
// threads; what each rank sends, and what the formulas say that it sends.
#pragma once
#include <tinygrad/distributed/distributed.h>
#include <tinygrad/observer.h>
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace lab {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;
using td::ScheduleKind;
using tg::Tensor;

/// down(relu(up(x))): this rank's part of the layers that its stage has.
struct Stage : tg::nn::Module {
  std::optional<td::ColumnLinear> up;
  std::optional<td::RowLinear> down;
  Stage(const td::Mesh& mesh, std::int64_t in, std::int64_t hidden, std::int64_t out) {
    if (mesh.pipeline.rank() == 0)
      up.emplace(add("up", td::ColumnLinear(in, hidden, {.bias = false}, mesh.tensor)));
    if (mesh.pipeline.rank() + 1 == mesh.pipeline.size())
      down.emplace(add("down", td::RowLinear(hidden, out, {.bias = false}, mesh.tensor)));
  }
  Tensor forward(const Tensor& x) override {
    const Tensor h = up ? relu((*up)(x)) : x;
    return down ? (*down)(h) : h;
  }
};

struct Task {
  Tensor x, y, up, down;  // the weights at the beginning
  std::int64_t in() const { return up.size(1); }
  std::int64_t hidden() const { return up.size(0); }
  std::int64_t out() const { return down.size(0); }
};

/// A way to divide the model, with the micro-batches of each copy.
struct Way {
  const char* name;
  td::MeshSizes sizes = {};
  int micro_batches = 1;
  ScheduleKind schedule = ScheduleKind::one_f_one_b;
};

/// What a rank sends in a step, in bytes.
struct Traffic {
  double data = 0, tensor = 0, pipeline = 0;
};

/// Counts the elements of sums over a group, forward and backward.
struct Sums : tg::Observer {
  double elements = 0;
  void end(const tg::OpEvent& op) override {
    if (!std::strcmp(op.name, "sum_from_group")) elements += double(op.outputs[0].count());
  }
};

/// What a rank sends in an all_reduce, as a multiple of the tensor.
inline double share(int n) { return 2. * (n - 1) / n; }

struct Result {
  std::vector<double> losses;
  Tensor up, down;
  Traffic sent;
  int peak = 0;  // micro-batches whose activations were kept
};

inline Result train(const Task& task, const Way& way, int steps, double lr,
                    const td::Group& world) {
  const td::Mesh mesh(way.sizes, world);
  Stage stage(mesh, task.in(), task.hidden(), task.out());
  td::load_full_state_dict(stage, {{"up.weight", task.up}, {"down.weight", task.down}},
                           {.strict = false});
  td::DataParallel parallel(stage, {}, mesh.data);
  const td::PipelineOptions options{.schedule = way.schedule, .micro_batches = way.micro_batches};
  td::Pipeline pipeline(stage, options, mesh.pipeline);
  tg::optim::SGD sgd(stage.parameters(), {.lr = lr});
  const std::int64_t rows = task.x.size(0) / mesh.data.size();
  const auto part = [&](const Tensor& all) {
    return clone(narrow(all, 0, mesh.data.rank() * rows, rows));
  };
  Tensor x = part(task.x), y = part(task.y);
  x.requires_grad_();  // as if there were a layer before
  Result result;
  Sums sums;
  const tg::ObserverScope scope(sums);
  for (int step = 0; step < steps; ++step) {
    sgd.zero_grad();
    {
      const auto later = parallel.no_sync();  // one reduction for all micro-batches
      const double loss = pipeline.step(x, y, [](const Tensor& output, const Tensor& target) {
        return mse_loss(output, target);
      });
      const Tensor own = tg::full({}, loss, {.dtype = tg::float64});
      result.losses.push_back(td::all_reduce(own, td::Reduce::mean, mesh.data).item<double>());
    }
    parallel.step_ready();
    sgd.step();
  }
  for (auto& [name, t] : td::full_state_dict(stage, mesh.pipeline))
    (name == "up.weight" ? result.up : result.down) = t;
  for (auto& bucket : parallel.buckets())
    result.sent.data += share(mesh.data.size()) * double(bucket.bytes);
  result.sent.tensor = share(mesh.tensor.size()) * 4 * sums.elements / steps;
  const auto schedule =
      td::with_messages(td::make_schedule(way.schedule, mesh.pipeline.size(), way.micro_batches));
  const double activation =
      4. * double(rows / way.micro_batches * task.hidden() / mesh.tensor.size());
  for (auto& action : schedule[std::size_t(mesh.pipeline.rank())])
    if (action.kind == td::Action::Kind::send_activation ||
        action.kind == td::Action::Kind::send_gradient)
      result.sent.pipeline += activation;
  result.peak = pipeline.peak_activations();
  return result;
}

/// Losses and weights of rank 0, and the most that a rank sends and keeps.
inline Result on_threads(const Task& task, const Way& way, int steps, double lr) {
  const auto& [d, p, t] = way.sizes;
  std::vector<Result> all(static_cast<std::size_t>(d * p * t));
  td::run_threads(d * p * t, [&](const td::Group& world) {
    all[std::size_t(world.rank())] = train(task, way, steps, lr, world);
  });
  for (auto& other : all) {
    all[0].sent.data = std::max(all[0].sent.data, other.sent.data);
    all[0].sent.tensor = std::max(all[0].sent.tensor, other.sent.tensor);
    all[0].sent.pipeline = std::max(all[0].sent.pipeline, other.sent.pipeline);
    all[0].peak = std::max(all[0].peak, other.peak);
  }
  return all[0];
}

/// The formulas: of the sizes, the batch and the division alone.
inline Traffic predicted(const Task& task, const Way& way) {
  const auto& [d, p, t] = way.sizes;
  const double in = double(task.in()), out = double(task.out()), h = double(task.hidden()),
               ends = p == 1 ? in + out : std::max(in, out), rows = double(task.x.size(0)) / d;
  return {share(d) * 4 * ends * h / t, share(t) * 4 * rows * ends, p == 1 ? 0 : 4 * rows * h / t};
}

}  // namespace lab
