// SPDX-License-Identifier: MIT
// DataParallel: the buckets of gradients, the hooks that fill them, and the reductions that begin
// when a bucket is full.
#include "tinygrad/distributed/data_parallel.h"

#include <optional>

#include "tinygrad/autograd.h"
#include "tinygrad/distributed/collectives.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// The sum of the gradients of the passes of a step, in the order of a binary tree, so that the
/// passes of one rank and the ranks of all_reduce are leaves of one tree: a step of 4 passes on one
/// rank, 2 on each of 2, or 1 on each of 4 has the same bits.
struct PassSum {
  Tensor before;   // the gradient that there was
  Tensors levels;  // undefined, or the sum of 2^k passes
  std::size_t passes = 0;

  void add(const Tensor& own, Tensor gradient) {
    if (passes++ == 0) before = own;
    std::size_t k = 0;
    for (; k < levels.size() && levels[k].defined(); ++k)
      gradient = std::exchange(levels[k], {}) + gradient;
    if (k == levels.size()) levels.push_back({});
    levels[k] = gradient;
  }
  Tensor total() const {
    Tensor sum;
    for (const Tensor& level : levels)
      if (level.defined()) sum = sum.defined() ? level + sum : level;
    return before.defined() ? before + sum : sum;
  }
};

/// A Bucket with the memory of a step: the gradients of all parameters, one after another, and at
/// the end an element for each parameter: the share of ranks whose pass reached it.
struct FlatBucket {
  std::vector<std::size_t> parameters;
  std::vector<std::int64_t> starts = {0};  // of each gradient, and of the elements at the end
  DType dtype = DType::float32;
  Tensor values;  // undefined until there is a gradient
  std::size_t filled = 0;
  std::optional<Work> work;

  std::size_t bytes() const { return std::size_t(starts.back()) * size_of(dtype); }
  void add(std::size_t i, const Tensor& parameter) {
    parameters.push_back(i);
    starts.push_back(starts.back() + parameter.numel());
    dtype = parameter.dtype();
  }
  Tensor gradient(const Tensor& all, std::size_t k) const {
    return narrow(all, 0, starts[k], starts[k + 1] - starts[k]);
  }
  Tensor reached(const Tensor& all, std::size_t k) const {
    return narrow(all, 0, starts.back() + std::int64_t(k), 1);
  }
  void begin() {
    const auto size = starts.back() + std::int64_t(parameters.size());
    if (!values.defined()) values = zeros({size}, {.dtype = dtype, .device = "cpu"});
  }
  void put(std::size_t k, const Tensor& gradient_of_rank) {
    begin();
    gradient(values, k).copy_(reshape(gradient_of_rank.detach(), Shape{-1}));
    reached(values, k).fill_(1);
  }
  void clear() {
    values = {};
    filled = 0;
    work.reset();
  }
};

}  // namespace

struct DataParallel::State {
  Group group;
  DataParallelOptions options;
  std::vector<Tensor> parameters, buffers;
  std::vector<FlatBucket> buckets;
  struct Place {
    std::size_t bucket, position;
  };
  std::vector<Place> places;  // of each parameter
  std::vector<PassSum> sums;  // of each parameter
  std::vector<bool> ready;    // parameters whose gradient is complete on this rank
  std::size_t next = 0;       // the first bucket that has not started
  bool active = true, synchronizes = true;

  void fill_buckets();
  void clear();
  void receive(std::size_t i, const Tensor& gradient);
  void complete(std::size_t i);
  void complete_rest();
  void start_full(bool all);
  void store(FlatBucket& bucket);
};

/// Parameters from the last to the first, which is about the order of their gradients. A bucket has
/// one dtype.
void DataParallel::State::fill_buckets() {
  places.resize(parameters.size());
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const Tensor& p = parameters[i];
    if (!p.requires_grad()) continue;
    const std::size_t limit =
        buckets.size() > 1 ? options.bucket_bytes : options.first_bucket_bytes;
    if (buckets.empty() || buckets.back().dtype != p.dtype() || buckets.back().bytes() >= limit)
      buckets.emplace_back();
    places[i] = {buckets.size() - 1, buckets.back().parameters.size()};
    buckets.back().add(i, p);
  }
}

void DataParallel::State::clear() {
  for (FlatBucket& bucket : buckets) bucket.clear();
  sums = std::vector<PassSum>(parameters.size());
  ready.assign(parameters.size(), false);
  next = 0;
}

/// A pass has computed a gradient of parameter i.
void DataParallel::State::receive(std::size_t i, const Tensor& gradient) {
  if (!active) return;
  require<AutogradError>(!ready[i], "DataParallel", "a second backward pass reached parameter ", i,
                         " before step_ready(); let all passes of a step but the last run under "
                         "no_sync()");
  const NoGrad off;
  sums[i].add(parameters[i].grad(), gradient);
  if (synchronizes) complete(i);
  start_full(false);
}

/// Puts the gradient into its bucket, unless it is that of a single pass on a single rank.
void DataParallel::State::complete(std::size_t i) {
  FlatBucket& bucket = buckets[places[i].bucket];
  PassSum sum = std::exchange(sums[i], {});
  if (group.size() > 1 || sum.passes > 1) bucket.put(places[i].position, sum.total());
  ready[i] = true;
  ++bucket.filled;
}

/// Parameters that the last pass did not reach: others may have, or this rank under no_sync().
void DataParallel::State::complete_rest() {
  for (FlatBucket& bucket : buckets)
    for (std::size_t k = 0; k < bucket.parameters.size(); ++k) {
      const std::size_t i = bucket.parameters[k];
      if (ready[i]) continue;
      if (sums[i].passes > 0) complete(i);
      else if (const Tensor own = parameters[i].grad(); own.defined()) bucket.put(k, own);
    }
}

/// Starts the buckets that are full, or all, in the order that all ranks have.
void DataParallel::State::start_full(bool all) {
  for (; next < buckets.size(); ++next) {
    FlatBucket& bucket = buckets[next];
    if (!all && bucket.filled < bucket.parameters.size()) return;
    if (group.size() == 1 && !bucket.values.defined()) continue;
    bucket.begin();
    bucket.work = all_reduce_async(bucket.values, Reduce::mean, group);
  }
}

void DataParallel::State::store(FlatBucket& bucket) {
  if (!bucket.work) return;
  const Tensor all = bucket.work->wait();
  for (std::size_t k = 0; k < bucket.parameters.size(); ++k) {
    Tensor& p = parameters[bucket.parameters[k]];
    if (bucket.reached(all, k).item<double>() == 0) continue;
    const Tensor mean = reshape(bucket.gradient(all, k), p.shape());
    if (Tensor own = p.grad(); own.defined()) own.copy_(mean);
    else p.set_grad(clone(to(mean, p.device())));
  }
}

DataParallel::DataParallel(nn::Module& module, const DataParallelOptions& options,
                           const Group& group, SourceLocation location)
    : state_(std::make_shared<State>()) {
  state_->group = group;
  state_->options = options;
  state_->parameters = module.parameters();
  for (auto& [name, buffer] : module.named_buffers()) state_->buffers.push_back(buffer);
  const NoGrad off;
  for (auto* list : {&state_->parameters, &state_->buffers})
    for (Tensor& t : *list)
      if (group.size() > 1) t.copy_(broadcast({t, location}, 0, group));
  state_->fill_buckets();
  state_->clear();
  for (const FlatBucket& bucket : state_->buckets)
    for (std::size_t i : bucket.parameters)
      state_->parameters[i].register_hook([state = std::weak_ptr(state_), i](const Tensor& dy) {
        if (const auto still = state.lock()) still->receive(i, dy);
        return Tensor();
      });
}
DataParallel::~DataParallel() { state_->active = false; }

void DataParallel::step_ready(SourceLocation location) {
  const NoGrad off;
  state_->complete_rest();
  state_->start_full(true);
  for (FlatBucket& bucket : state_->buckets) state_->store(bucket);
  state_->clear();
  if (!state_->options.broadcast_buffers || state_->group.size() == 1) return;
  for (Tensor& t : state_->buffers) t.copy_(broadcast({t, location}, 0, state_->group));
}

std::vector<Bucket> DataParallel::buckets() const {
  std::vector<Bucket> all;
  for (const FlatBucket& b : state_->buckets)
    all.push_back({b.parameters, b.bytes(), b.work.has_value(), b.work && b.work->done()});
  return all;
}

DataParallel::NoSync::NoSync(DataParallel& parallel)
    : parallel_(parallel), before_(parallel.state_->synchronizes) {
  parallel.state_->synchronizes = false;
}
DataParallel::NoSync::~NoSync() { parallel_.state_->synchronizes = before_; }

}  // namespace tinygrad::distributed
