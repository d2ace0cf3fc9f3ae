// SPDX-License-Identifier: MIT
// The loaders: the order of the samples, and the threads that make batches ahead.
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "tinygrad/data/loader.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/random.h"

namespace tinygrad::data::detail {
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
  /// Makes a batch of rows, each of which change(row, k) may change in place.
  template <class Change>
  Tensor make(const BatchInfo& info, const Device& device, Change change) const {
    const std::size_t count = info.indices.size();
    const auto batch = std::make_unique_for_overwrite<std::byte[]>(count * bytes);
    for (std::size_t k = 0; k < count && !info.stop; ++k) {
      std::byte* row = batch.get() + k * bytes;
      if (bytes) std::memcpy(row, data + std::size_t(info.indices[k]) * bytes, bytes);
      change(reinterpret_cast<float*>(row), info.indices[k]);
    }
    Shape all = shape;
    all.insert(0, std::int64_t(count));
    return from_data(batch.get(), tensor.dtype(), all, {.dtype = tensor.dtype(), .device = device});
  }
};

void check(const Call& call, const Dataset& d, const DataLoaderOptions& o) {
  require(d.x.defined() && d.y.defined(), call, "the data set's x or y is undefined");
  require<ShapeError>(d.x.dim() > 0 && d.y.dim() > 0 && d.x.size(0) == d.y.size(0), call,
                      "expected x and y with a row for each sample, got ", d.x.shape(), " and ",
                      d.y.shape());
  require<DTypeError>(!o.augment || d.x.dtype() == DType::float32, call,
                      "augment requires float32 samples, got ", to_string(d.x.dtype()));
}
/// A Dataset, whose rows are copied into batches without a tensor for each sample.
Source source_of_rows(const Call& call, const Dataset& d, const DataLoaderOptions& o) {
  check(call, d, o);
  Source source;
  source.size = d.size();
  source.collate = [x = Rows(d.x), y = Rows(d.y), augment = o.augment, device = o.device](
                       auto&, const BatchInfo& info) -> Any {
    const auto change = [&](float* row, std::int64_t i) {
      if (augment) augment({row, x.bytes / sizeof(float)}, x.shape, info.seed, std::uint64_t(i));
    };
    return std::make_shared<Batch>(
        Batch{x.make(info, device, change), y.make(info, device, [](auto&&...) {})});
  };
  return source;
}

void check(const Call& call, const Source& source, const DataLoaderOptions& o) {
  const bool ordered = o.shuffle || o.sampler.order;
  require(o.batch_size > 0, call, "batch_size must be at least 1, got ", o.batch_size);
  require(o.prefetch >= 0 && o.prefetch <= 1024, call, "prefetch must be 0 to 1024, got ",
          o.prefetch);
  require(o.workers >= 1 && o.workers <= 1024, call, "workers must be 1 to 1024, got ", o.workers);
  require(!o.augment || (source.size && !source.get), call,
          "augment requires a Dataset; other data sets change samples in get()");
  require(!o.shuffle || !o.sampler.order, call, "shuffle and a sampler exclude each other");
  require(source.size || !ordered, call, "a stream can be neither shuffled nor sampled");
}

std::uint64_t draw_seed() {
  Generator& g = generator();
  return philox_word64(g.seed, g.call++, 0);
}

/// Throws the exception that is being handled, nested in one that names the sample.
[[noreturn]] void name_sample(std::int64_t i, const char* what) {
  SampleError error("DataLoader: sample " + std::to_string(i) + ": " + what);
  error.op = "DataLoader", error.sample = i;
  std::throw_with_nested(std::move(error));
}
template <class F> Any named(std::int64_t i, F f) {
  try {
    return f();
  } catch (const std::exception& e) { name_sample(i, e.what()); } catch (...) {
    name_sample(i, "an unknown exception");
  }
}

}  // namespace

/// The data, options and seed that all epochs share.
struct LoaderBase::Plan {
  Source source;
  DataLoaderOptions options;
  std::uint64_t seed;

  std::int64_t samples() const {  // of an epoch; those of a stream are not known
    return options.sampler.order ? options.sampler.size : source.size.value_or(INT64_MAX);
  }
  std::int64_t batches() const {
    const bool partial = samples() % options.batch_size != 0;
    return samples() / options.batch_size + (partial && !options.drop_last);
  }
  /// The seed of the order (use 0), of the samples (use 1), or of random ops that they call (use
  /// 2), in an epoch.
  std::uint64_t epoch_seed(std::int64_t epoch, std::uint64_t use) const {
    return philox_word64(seed, std::uint64_t(epoch), use);
  }
  /// The positions of the samples of an epoch; none of a stream.
  std::vector<std::int64_t> order(std::int64_t epoch) const {
    if (!source.size) return {};
    const Sampler& own = options.sampler;
    const Sampler sampler = own.order         ? own
                            : options.shuffle ? random_sampler(*source.size)
                                              : sequential_sampler(*source.size);
    auto order = sampler.order(epoch_seed(epoch, 0));
    require(std::int64_t(order.size()) == samples(), "DataLoader", "expected ", samples(),
            " positions of the sampler, got ", order.size());
    for (std::int64_t i : order)
      require<IndexError>(i >= 0 && i < *source.size, "DataLoader", "the sampler gave position ", i,
                          " in a data set of ", *source.size, " samples");
    return order;
  }
};

/// One epoch: the batches that are made, and the threads that make them. Without threads, each
/// batch is made when it is needed.
class LoaderBase::Run {
 public:
  Run(std::shared_ptr<const Plan> plan, std::int64_t epoch, std::int64_t skip)
      : plan_(std::move(plan)),
        order_(plan_->order(epoch)),
        sample_seed_(plan_->epoch_seed(epoch, 1)),
        op_seed_(plan_->epoch_seed(epoch, 2)),
        begun_(skip),
        yielded_(skip),
        end_(plan_->batches()),
        made_(std::size_t(options().prefetch + options().workers)) {
    if (!plan_->source.size) stream_ = plan_->source.stream(sample_seed_);
    if (options().prefetch == 0 || skip >= end_) return;
    workers_.reserve(std::size_t(options().workers));
    try {
      while (int(workers_.size()) < options().workers) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {}  // no more threads: those there are make the same batches
  }
  ~Run() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true, end_ = 0;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  /// The next batch, or null after the last. If making it failed, rethrows the error and ends the
  /// epoch.
  Any next() {
    require(!is_of_another_process(), "DataLoader",
            "the thread that makes the batches does not exist in a forked process; begin the loop "
            "there, or set prefetch to 0");
    if (workers_.empty()) make_one();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return yielded_ >= end_ || slot(yielded_).is_made(); });
    if (yielded_ >= end_) return {};
    const Made next = std::exchange(slot(yielded_), {});
    ++yielded_;
    if (next.error) end_ = 0;
    lock.unlock();
    changed_.notify_all();
    if (next.error) std::rethrow_exception(next.error);
    return next.batch;
  }

  /// A forked process has neither the threads nor whatever they had locked: it may neither wait for
  /// them nor destroy what it waits for.
  bool is_of_another_process() const { return !workers_.empty() && getpid() != process_; }

 private:
  /// A batch, or the reason why there is none.
  struct Made {
    Any batch;
    std::exception_ptr error;
    bool is_made() const { return batch || error; }
  };
  /// The samples that a batch takes from a stream, with their positions.
  struct Pulled {
    std::vector<Any> samples;
    std::vector<std::int64_t> indices;
  };

  const DataLoaderOptions& options() const { return plan_->options; }
  Made& slot(std::int64_t number) { return made_[std::size_t(number) % made_.size()]; }

  void work() noexcept {
    set_thread_stream("DataLoader");  // so that it takes no number from the program's threads
    while (make_one()) {}
  }
  /// Makes the next batch when there is room for it. Returns false after the last.
  bool make_one() {
    std::unique_lock turn(turn_);
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [this] { return begun_ >= end_ || begun_ < yielded_ + std::int64_t(made_.size()); });
    if (begun_ >= end_) return false;
    lock.unlock();
    const std::int64_t number = begun_++;
    Made made;
    try {
      Pulled pulled = stream_ ? pull(number) : Pulled();
      turn.unlock();
      made.batch = make(number, pulled);
    } catch (...) { made.error = std::current_exception(); }
    lock.lock();
    if (made.is_made()) slot(number) = std::move(made);
    else end_ = std::min(end_, number);  // of a stream
    lock.unlock();
    changed_.notify_all();
    return true;
  }
  /// Takes the samples of a batch from the stream, after those of batches that are left out.
  Pulled pull(std::int64_t number) {
    const ThreadStream random({op_seed_, (std::uint64_t(number) << 32) + (1u << 31)});
    Pulled pulled;
    const std::int64_t first = number * options().batch_size;
    while (!stop_ && !ended_ && pulled_ - first < options().batch_size) {
      Any sample = named(pulled_, [&] { return stream_(); });
      ended_ = !sample;
      if (!ended_ && pulled_ >= first) {
        pulled.samples.push_back(std::move(sample));
        pulled.indices.push_back(pulled_);
      }
      ++pulled_;
    }
    return pulled;
  }
  /// A batch; null after the last of a stream.
  Any make(std::int64_t number, Pulled& pulled) const {
    const ThreadStream random({op_seed_, std::uint64_t(number) << 32});
    const std::span<const std::int64_t> indices = stream_ ? pulled.indices : positions(number);
    const bool partial = std::int64_t(indices.size()) < options().batch_size;
    if (indices.empty() || (stream_ && partial && options().drop_last)) return {};
    for (std::int64_t i : plan_->source.get ? indices : std::span<const std::int64_t>()) {
      if (stop_) return {};
      pulled.samples.push_back(named(i, [&] { return plan_->source.get(i, sample_seed_); }));
    }
    return plan_->source.collate(pulled.samples, {indices, sample_seed_, stop_});
  }
  std::span<const std::int64_t> positions(std::int64_t number) const {
    const std::span<const std::int64_t> rest =
        std::span(order_).subspan(std::size_t(number * options().batch_size));
    return rest.first(std::min(rest.size(), std::size_t(options().batch_size)));
  }

  const std::shared_ptr<const Plan> plan_;
  const std::vector<std::int64_t> order_;
  const std::uint64_t sample_seed_, op_seed_;
  std::mutex turn_;  // held while a batch is begun; guards the next four
  SharedFunction<Any()> stream_;
  bool ended_ = false;
  std::int64_t pulled_ = 0;  // samples of the stream
  std::int64_t begun_;       // batches
  std::mutex mutex_;         // guards the next four
  std::condition_variable changed_;
  std::int64_t yielded_, end_;
  std::vector<Made> made_;  // batch i is at i mod size
  std::atomic<bool> stop_ = false;
  const pid_t process_ = getpid();
  std::vector<std::thread> workers_;
};

// ------------------------------------------------------------ the loader

LoaderBase::LoaderBase(Source source, DataLoaderOptions options, SourceLocation location) {
  check(Call{"DataLoader", location}, source, options);
  const std::uint64_t seed = options.seed ? *options.seed : draw_seed();
  plan_ = std::shared_ptr<const Plan>(new Plan{std::move(source), std::move(options), seed});
}
LoaderBase::LoaderBase(const Dataset& dataset, DataLoaderOptions options, SourceLocation location)
    : LoaderBase(source_of_rows(Call{"DataLoader", location}, dataset, options), options,
                 location) {}
const LoaderBase::Plan& LoaderBase::plan() const {
  require(bool(plan_), "DataLoader", "this loader was moved from");
  return *plan_;
}
std::int64_t LoaderBase::size() const {
  require(plan().source.size.has_value(), "DataLoader", "a stream has no size");
  return plan().batches();
}
std::uint64_t LoaderBase::seed() const { return plan().seed; }
void LoaderBase::set_epoch(std::int64_t epoch, SourceLocation location) {
  require(epoch >= 0, Call{"set_epoch", location}, "the epoch must not be negative, got ", epoch);
  epoch_ = epoch;
}
void LoaderBase::skip(std::int64_t batches, SourceLocation location) {
  const std::int64_t size = plan().batches();
  require(batches >= 0 && batches <= size, Call{"skip", location}, "an epoch has ", size,
          " batches, ", batches, " cannot be skipped");
  skip_ = batches;
}

LoaderBase::Position::Position(LoaderBase& loader) {
  loader.plan();
  run_ = std::make_unique<Run>(loader.plan_, loader.epoch_, loader.skip_);
  ++loader.epoch_;
  loader.skip_ = 0;
  batch_ = run_->next();
}
LoaderBase::Position::Position(Position&&) noexcept = default;
LoaderBase::Position::~Position() {
  if (run_ && run_->is_of_another_process()) static_cast<void>(run_.release());  // leaked
}
const void* LoaderBase::Position::batch() const {
  require(bool(batch_), "DataLoader", "there is no batch: this is the end of the epoch");
  return batch_.get();
}
void LoaderBase::Position::advance() {
  require(bool(run_), "DataLoader", "this iterator was moved from");
  batch_.reset();  // releases its memory for the next batch
  batch_ = run_->next();
}

}  // namespace tinygrad::data::detail
