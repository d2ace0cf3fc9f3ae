// SPDX-License-Identifier: MIT
// Simulates the pipeline of a division, and adds up time, memory and traffic.
#include "predict.h"

#include <algorithm>

#include "stages.h"

namespace tinygrad::simulator {
namespace {

/// A division with the parts of the model, part k on stage k % p, and what each pass takes.
struct Plan {
  const Cluster& cluster;
  Division division;
  int micro_batches;
  std::vector<Stage> parts;

  int p() const { return division.pipeline; }
  int last() const { return int(parts.size()) - 1; }
  const Stage& part(int k) const { return parts[std::size_t(k)]; }
  int stage_stride() const { return division.tensor * division.data; }
  bool same_node(int stage, int other) const {
    const int g = cluster.devices_per_node;
    return stage * stage_stride() / g == other * stage_stride() / g;
  }
  /// Seconds of the message between part k and the one after: an activation, or its gradient.
  double message(int k) const {
    if (k < 0 || k == last() || p() == 1) return 0;
    return send_seconds(part(k).output, division.tensor, same_node(k % p(), (k + 1) % p()),
                        cluster);
  }
  double message_bytes(int k) const {
    return k < 0 || k == last() || p() == 1 ? 0 : part(k).output / division.tensor;
  }
};

/// When each pass of each part ends; the passes that wait for it may start then.
class Clock {
 public:
  Clock(const Plan& plan, Timeline& timeline)
      : plan_(plan), timeline_(timeline), next_(timeline.size()), time_(timeline.size()) {
    const std::size_t count = plan.parts.size() * std::size_t(plan.micro_batches);
    for (auto& ends : ends_) ends.assign(count, -1);
    for (int k = 0; k <= plan.last(); ++k) {
      const Stage& part = plan.part(k);
      seconds_[0].push_back(part.forward + part.reduce_forward + plan.message(k));
      seconds_[1].push_back(part.backward + part.reduce_backward + plan.message(k - 1));
    }
  }
  /// Each stage runs as far as it can, by turns, until all have ended.
  void run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t stage = 0; stage < timeline_.size(); ++stage)
        while (next_[stage] < timeline_[stage].size() && start_next(stage)) moved = true;
    }
    for (std::size_t stage = 0; stage < timeline_.size(); ++stage)
      require(next_[stage] == timeline_[stage].size(), "predict", "the schedule waits for itself");
  }

 private:
  double& end_of(bool backward, int part, int micro_batch) {
    return ends_[backward]
                [std::size_t(part) * std::size_t(plan_.micro_batches) + std::size_t(micro_batch)];
  }
  /// When the input of a pass is there; negative: not yet.
  double ready(bool backward, int part, int m) {
    if (!backward) return part == 0 ? 0 : end_of(false, part - 1, m);
    return end_of(part != plan_.last(), part == plan_.last() ? part : part + 1, m);
  }
  bool start_next(std::size_t stage) {
    Pass& pass = timeline_[stage][next_[stage]];
    const int part = pass.chunk * plan_.p() + int(stage);
    const bool backward = pass.kind == Pass::Kind::backward;
    const double input = ready(backward, part, pass.micro_batch);
    if (input < 0) return false;
    pass.start = std::max(time_[stage], input);
    pass.end = pass.start + seconds_[backward][std::size_t(part)];
    end_of(backward, part, pass.micro_batch) = time_[stage] = pass.end;
    ++next_[stage];
    return true;
  }

  const Plan& plan_;
  Timeline& timeline_;
  std::vector<std::size_t> next_;
  std::vector<double> time_, ends_[2], seconds_[2];
};

/// The most that the saved activations of a stage take at a time.
double peak_of_saved(const Plan& plan, const std::vector<Pass>& row, int stage) {
  double now = 0, peak = 0;
  for (const Pass& pass : row) {
    const double saved = plan.part(pass.chunk * plan.p() + stage).saved;
    now += pass.kind == Pass::Kind::backward ? -saved : saved;
    peak = std::max(peak, now);
  }
  return peak;
}

/// All parts of a stage: what does not depend on the order of passes.
Stage sum_of(const Plan& plan, int stage) {
  Stage sum;
  for (int k = stage; k <= plan.last(); k += plan.p()) {
    const Stage& part = plan.part(k);
    sum.parameters += part.parameters;
    sum.working = std::max(sum.working, part.working);
    sum.reduced += part.reduced;
    sum.output += plan.message_bytes(k) + plan.message_bytes(k - 1);
    sum.forward += part.forward + part.backward;
    sum.reduce_forward += part.reduce_forward + part.reduce_backward;
  }
  return sum;
}

double messages(const Plan& plan, int stage) {
  double sum = 0;
  for (int k = stage; k <= plan.last(); k += plan.p()) sum += plan.message(k) + plan.message(k - 1);
  return sum;
}

/// The sum of the gradients over the copies of the model, and the optimizer.
void finish(const Model& model, const Plan& plan, double parameters, std::vector<Pass>& row,
            Prediction& all) {
  const Division& division = plan.division;
  const double data = all_reduce_seconds(parameters * model.gradient_bytes,
                                         {division.data, division.tensor}, plan.cluster);
  const Cost& u = model.update;
  const double update =
      time_of({u.flops * parameters, u.bytes * parameters, u.seconds * parameters}, plan.cluster);
  const double start = row.back().end, end = start + data + update;
  row.push_back({Pass::Kind::gradients, 0, 0, start, start + data});
  row.push_back({Pass::Kind::update, 0, 0, start + data, end});
  if (end <= all.seconds) return;
  all.seconds = end;
  all.data_seconds = data;
  all.update_seconds = update;
}

/// Adds what a stage takes to the prediction of the whole.
void add(Prediction& all, const Model& model, const Plan& plan, std::vector<Pass>& row, int stage) {
  const Stage sum = sum_of(plan, stage);
  const double m = plan.micro_batches, share = m / plan.p();
  all.memory = std::max(all.memory, sum.parameters * model.bytes_per_parameter + sum.working +
                                        peak_of_saved(plan, row, stage));
  all.compute_seconds += share * sum.forward;
  all.tensor_seconds += share * sum.reduce_forward;
  all.pipeline_seconds += share * messages(plan, stage);
  all.traffic.tensor = std::max(all.traffic.tensor, m * sum.reduced);
  all.traffic.pipeline = std::max(all.traffic.pipeline, m * sum.output);
  all.traffic.data =
      std::max(all.traffic.data,
               all_reduce_bytes(sum.parameters * model.gradient_bytes, plan.division.data));
  finish(model, plan, sum.parameters, row, all);
}

double bubble_of(const Timeline& timeline) {
  double end = 0, work = 0;
  for (const auto& row : timeline) {
    end = std::max(end, row.back().end);
    for (const Pass& pass : row) work += pass.end - pass.start;
  }
  return end * double(timeline.size()) / work - 1;
}

void check(const Model& model, const Cluster& cluster, const Job& job, const Division& division) {
  const auto& [d, t, p, b, v] = division;
  const std::string name = to_string(division);
  require(d > 0 && t > 0 && p > 0 && b > 0 && v > 0, name.c_str(), "expected positive numbers");
  require(std::int64_t(d) * t * p == cluster.devices, name.c_str(),
          "expected d t p = ", cluster.devices, " devices");
  require(model.heads % t == 0, name.c_str(), "expected t that divides ", model.heads,
          model.heads == 1 ? ": the matrices of this model are not divided" : " heads");
  require(job.batch % (std::int64_t(d) * b) == 0, name.c_str(), "expected d b that divides the ",
          "batch of ", job.batch);
  require(divides(model.layers(1, t), p * v), name.c_str(), "the layers cannot be divided into ",
          p * v, " parts");
  require(v == 1 || (p > 1 && job.batch / d / b % p == 0 &&
                     job.schedule == distributed::ScheduleKind::one_f_one_b),
          name.c_str(), "parts of the model in turns (v > 1) need 1F1B, several stages, and a ",
          "multiple of p micro-batches");
}

}  // namespace

std::string to_string(const Division& division) {
  const auto& [d, t, p, b, v] = division;
  std::string text = "d " + std::to_string(d) + ", t " + std::to_string(t) + ", p " +
                     std::to_string(p) + ", b " + std::to_string(b);
  return v > 1 ? text + ", v " + std::to_string(v) : text;
}

Prediction predict(const Model& model, const Cluster& cluster, const Job& job,
                   const Division& division, Timeline* out) {
  check(model, cluster, job, division);
  const int micro_batches = job.batch / division.data / division.micro_batch;
  const Plan plan{cluster, division, micro_batches, stages(model, cluster, division)};
  Timeline timeline = passes(job, division, micro_batches);
  Clock(plan, timeline).run();
  Prediction all;
  all.division = division;
  all.bubble = bubble_of(timeline);
  for (int stage = 0; stage < plan.p(); ++stage)
    add(all, model, plan, timeline[std::size_t(stage)], stage);
  for (const Stage& part : plan.parts)
    if (!part.first.empty()) all.first_layers.push_back(part.first);
  all.fits = all.memory <= cluster.memory_bytes;
  if (out) *out = std::move(timeline);
  return all;
}

}  // namespace tinygrad::simulator
