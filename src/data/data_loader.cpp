// SPDX-License-Identifier: MIT
// DataLoader: chooses the order of the samples and makes batches in a background thread that works
// ahead.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>

#include "tinygrad/data.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/random.h"

namespace tinygrad::data {
namespace {

/// One of the two tensors of a data set as rows of bytes, one for each sample, in the host's
/// memory.
struct Rows {
  Tensor tensor;
  Shape shape;  // of one row
  std::size_t bytes = 0;
  const std::byte* data = nullptr;

  explicit Rows(const Tensor& t)
      : tensor(t.detach().to("cpu").contiguous()), shape(tensor.shape()) {
    shape.erase(0);
    bytes = std::size_t(shape.count()) * size_of(tensor.dtype());
    data = static_cast<const std::byte*>(tensor.host_data(tensor.dtype()));
  }
  /// Copies row i of the tensor to row k of a batch.
  void copy(std::int64_t i, std::vector<std::byte>& batch, std::size_t k) const {
    if (bytes) std::memcpy(batch.data() + k * bytes, data + std::size_t(i) * bytes, bytes);
  }
  Tensor make(const std::vector<std::byte>& batch, std::int64_t count, const Device& device) const {
    Shape all = shape;
    all.insert(0, count);
    return from_data(batch.data(), tensor.dtype(), all,
                     {.dtype = tensor.dtype(), .device = device});
  }
};

}  // namespace

/// The data, options and seed that all epochs share.
struct DataLoader::Plan {
  Rows x, y;
  DataLoaderOptions options;
  std::uint64_t seed;

  std::int64_t samples() const { return x.tensor.size(0); }
  std::int64_t batches() const {
    const bool partial = samples() % options.batch_size != 0;
    return samples() / options.batch_size + (partial && !options.drop_last);
  }
  /// The seed of the order (use 0), of the augmentation (use 1), or of random ops that the
  /// augmentation calls (use 2), in an epoch.
  std::uint64_t epoch_seed(std::int64_t epoch, std::uint64_t use) const {
    return philox_word64(seed, std::uint64_t(epoch), use);
  }

  /// The samples in the order of an epoch, by a Fisher-Yates shuffle.
  std::vector<std::int64_t> order(std::int64_t epoch) const {
    std::vector<std::int64_t> order(static_cast<std::size_t>(samples()));
    std::iota(order.begin(), order.end(), 0);
    const std::uint64_t key = epoch_seed(epoch, 0);
    for (std::size_t i = order.size(); options.shuffle && i > 1; --i)
      std::swap(order[i - 1], order[philox_word64(key, 0, i) % i]);
    return order;
  }
};

/// One epoch: a queue of batches, and the thread that fills it. Without a thread, each batch is
/// made when it is needed.
class DataLoader::Run {
 public:
  Run(std::shared_ptr<const Plan> plan, std::int64_t epoch, std::int64_t skip)
      : plan_(std::move(plan)),
        order_(plan_->order(epoch)),
        augment_seed_(plan_->epoch_seed(epoch, 1)),
        stream_seed_(plan_->epoch_seed(epoch, 2)),
        made_(skip),
        yielded_(skip) {
    if (plan_->options.prefetch == 0 || made_ >= plan_->batches()) return;
    try {
      worker_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {}  // no thread is available: make the same batches without
  }
  ~Run() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (worker_.joinable()) worker_.join();
  }

  /// The next batch, or nullopt after the last. If making it failed, rethrows the error and ends
  /// the epoch.
  std::optional<Batch> next() {
    require(!is_of_another_process(), "DataLoader",
            "the thread that makes the batches does not exist in a forked process; begin the loop "
            "there, or set prefetch to 0");
    if (yielded_ == plan_->batches()) return {};
    ++yielded_;
    if (!worker_.joinable()) return make(made_++);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || error_; });
    if (ready_.empty()) {
      yielded_ = plan_->batches();
      std::rethrow_exception(error_);
    }
    std::optional<Batch> batch = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

  /// A forked process has neither the thread nor whatever the thread had locked: it may neither
  /// wait for it nor destroy what it waits for.
  bool is_of_another_process() const { return worker_.joinable() && getpid() != process_; }

 private:
  void work() noexcept {
    try {
      set_thread_stream("DataLoader");  // so that it takes no number from the program's threads
      for (; made_ < plan_->batches() && !stop_; ++made_) {
        Batch batch = make(made_);
        std::unique_lock lock(mutex_);
        changed_.wait(
            lock, [this] { return stop_ || ready_.size() < std::size_t(plan_->options.prefetch); });
        ready_.push_back(std::move(batch));
        lock.unlock();
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
    }
    changed_.notify_all();
  }

  Batch make(std::int64_t number) {
    const ThreadStream stream({stream_seed_, std::uint64_t(number) << 32});
    const DataLoaderOptions& options = plan_->options;
    const std::int64_t first = number * options.batch_size,
                       count = std::min(options.batch_size, plan_->samples() - first);
    x_.resize(std::size_t(count) * plan_->x.bytes);
    y_.resize(std::size_t(count) * plan_->y.bytes);
    for (std::int64_t k = 0; k < count && !stop_; ++k) {
      const std::int64_t i = order_[std::size_t(first + k)];
      plan_->x.copy(i, x_, std::size_t(k));
      plan_->y.copy(i, y_, std::size_t(k));
      if (options.augment) augment(i, std::size_t(k));
    }
    return {plan_->x.make(x_, count, options.device), plan_->y.make(y_, count, options.device)};
  }
  void augment(std::int64_t i, std::size_t k) {
    const std::size_t floats = plan_->x.bytes / sizeof(float);
    float* sample = reinterpret_cast<float*>(x_.data()) + k * floats;
    plan_->options.augment({sample, floats}, plan_->x.shape, augment_seed_, std::uint64_t(i));
  }

  const std::shared_ptr<const Plan> plan_;
  const std::vector<std::int64_t> order_;
  const std::uint64_t augment_seed_, stream_seed_;
  std::vector<std::byte> x_,
      y_;  // the batch that is being made; only the thread that makes batches uses it and made_
  std::int64_t made_, yielded_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<Batch> ready_;
  std::exception_ptr error_;
  std::atomic<bool> stop_ = false;
  const pid_t process_ = getpid();
  std::thread worker_;
};

// ------------------------------------------------------------ the loader

namespace {

void check(const Call& call, const Dataset& d, const DataLoaderOptions& o) {
  require(d.x.defined() && d.y.defined(), call, "the data set's x or y is undefined");
  require<ShapeError>(d.x.dim() > 0 && d.y.dim() > 0 && d.x.size(0) == d.y.size(0), call,
                      "expected x and y with a row for each sample, got ", d.x.shape(), " and ",
                      d.y.shape());
  require(o.batch_size > 0, call, "batch_size must be at least 1, got ", o.batch_size);
  require(o.prefetch >= 0 && o.prefetch <= 1024, call, "prefetch must be 0 to 1024, got ",
          o.prefetch);
  require<DTypeError>(!o.augment || d.x.dtype() == DType::float32, call,
                      "augment requires float32 samples, got ", to_string(d.x.dtype()));
}

std::uint64_t draw_seed() {
  Generator& g = generator();
  return philox_word64(g.seed, g.call++, 0);
}

}  // namespace

DataLoader::DataLoader(const Dataset& dataset, DataLoaderOptions options, SourceLocation location) {
  check(Call{"DataLoader", location}, dataset, options);
  const std::uint64_t seed = options.seed ? *options.seed : draw_seed();
  plan_ = std::shared_ptr<const Plan>(
      new Plan{Rows(dataset.x), Rows(dataset.y), std::move(options), seed});
}
const DataLoader::Plan& DataLoader::plan() const {
  require(bool(plan_), "DataLoader", "this loader was moved from");
  return *plan_;
}
std::int64_t DataLoader::size() const { return plan().batches(); }
std::uint64_t DataLoader::seed() const { return plan().seed; }
DataLoader& DataLoader::set_epoch(std::int64_t epoch, SourceLocation location) & {
  require(epoch >= 0, Call{"set_epoch", location}, "the epoch must not be negative, got ", epoch);
  epoch_ = epoch;
  return *this;
}
DataLoader& DataLoader::skip(std::int64_t batches, SourceLocation location) & {
  require(batches >= 0 && batches <= size(), Call{"skip", location}, "an epoch has ", size(),
          " batches, ", batches, " cannot be skipped");
  skip_ = batches;
  return *this;
}
DataLoader::Iterator DataLoader::begin() {
  plan();
  auto run = std::make_unique<Run>(plan_, epoch_, skip_);
  ++epoch_;
  skip_ = 0;
  return Iterator(std::move(run));
}

DataLoader::Iterator::Iterator(std::unique_ptr<Run> run)
    : run_(std::move(run)), batch_(run_->next()) {}
DataLoader::Iterator::Iterator(Iterator&&) noexcept = default;
DataLoader::Iterator::~Iterator() {
  if (run_ && run_->is_of_another_process()) static_cast<void>(run_.release());  // leaked
}
const Batch& DataLoader::Iterator::operator*() const {
  require(batch_.has_value(), "DataLoader", "there is no batch: this is the end of the epoch");
  return *batch_;
}
DataLoader::Iterator& DataLoader::Iterator::operator++() {
  require(bool(run_), "DataLoader", "this iterator was moved from");
  batch_.reset();  // releases its memory for the next batch
  batch_ = run_->next();
  return *this;
}

}  // namespace tinygrad::data
