// SPDX-License-Identifier: MIT
// Opens a device, copies memory between host and device, and queues kernels.
#include "backends/opencl/runtime.h"

#include <algorithm>
#include <cstring>

#include "backends/opencl/errors.h"
#include "backends/opencl/queues.h"
#include "core/call.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::opencl {
namespace {

/// Uploads up to this size are staged by the host; at most this many staged bytes are in flight.
constexpr std::size_t max_staged = 8 << 20, max_staged_together = 64 << 20;
/// Elementary steps of one launch: some tenths of a second on the slowest graphics chip.
constexpr std::int64_t max_work = std::int64_t(1) << 32;
/// Work-groups of one launch along y and along z, the limit of some GPUs.
constexpr std::size_t max_groups = 65535;
/// The queue is flushed after this many launches, because drivers may hold commands back until
/// then.
constexpr int launches_before_flush = 8;

}  // namespace

template <class F> void Runtime::guarded(const char* doing, std::size_t bytes, const F& f) {
  wait_at_the_end_of_this_thread();
  std::lock_guard lock(mutex_);
  try {
    f();
  } catch (const cl::Error& error) {
    raise(error, name_, doing + (bytes ? " " + std::to_string(bytes) + " bytes" : std::string()));
  }
}

Runtime::Runtime(const cl::Device& device, const std::string& name)
    : properties_(properties_of(device)),
      traits_(traits_for(properties_, environment::opencl_form())),
      name_(name + " (" + properties_.name + ")") {
  context_ = cl::Context(device);
  queue_ = cl::CommandQueue(context_, device);
  ring_ = cl::Buffer(context_, CL_MEM_READ_WRITE, BadIndices::slots * sizeof(BadIndices::Slot));
  const Pool::Limits limits = {properties_.largest_block, traits_.zero_copy, environment::pool()};
  memory_ = std::make_unique<Pool>(
      context_, name_, limits, [this] { guarded("finish its work", 0, [&] { queue_.finish(); }); });
  programs_ = std::make_unique<Programs>(context_, device, properties_, traits_,
                                         environment::opencl_cache());
  self_checks_ =
      std::make_unique<SelfChecks>(Cache(environment::opencl_cache()), identity(properties_));
  add_queue(queue_());
}
Runtime::~Runtime() {
  remove_queue(queue_());
  tinygrad_clFinish(queue_());  // running commands use memory that is about to be released
}

// ------------------------------------------------------------ between host and device

void Runtime::upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) {
  if (bytes == 0) return;
  guarded("upload", bytes, [&] {
    cl::Buffer buffer(static_cast<cl_mem>(to.handle), true);
    if (bytes <= max_staged) return write_staged(from, buffer, offset, bytes);
    if (!traits_.zero_copy)
      return void(queue_.enqueueWriteBuffer(buffer, CL_TRUE, offset, bytes, from));
    void* at =
        queue_.enqueueMapBuffer(buffer, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, offset, bytes);
    std::memcpy(at, from, bytes);
    queue_.enqueueUnmapMemObject(buffer, at);
  });
}

void Runtime::write_staged(const void* from, cl::Buffer& to, std::size_t offset,
                           std::size_t bytes) {
  drop_staged(staged_bytes_ + bytes > max_staged_together);
  const std::byte* first = static_cast<const std::byte*>(from);
  staged_.push_back({{first, first + bytes}, {}});
  try {
    queue_.enqueueWriteBuffer(to, CL_FALSE, offset, bytes, staged_.back().bytes.data(), nullptr,
                              &staged_.back().done);
  } catch (...) {
    staged_.pop_back();
    throw;
  }
  staged_bytes_ += bytes;
  queue_.flush();
}

/// Frees the staged copies whose upload is complete; with `all`, waits for the others and frees
/// them too.
void Runtime::drop_staged(bool all) {
  while (!staged_.empty()) {
    Staged& first = staged_.front();
    if (all) first.done.wait();
    else if (first.done.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>() > CL_COMPLETE) return;
    staged_bytes_ -= first.bytes.size();
    staged_.pop_front();
  }
}

void Runtime::read(Memory from, std::size_t offset, void* to, std::size_t bytes) {
  if (bytes == 0) return;
  guarded("download", bytes, [&] {
    cl::Buffer buffer(static_cast<cl_mem>(from.handle), true);
    if (!traits_.zero_copy)
      return void(queue_.enqueueReadBuffer(buffer, CL_TRUE, offset, bytes, to));
    void* at = queue_.enqueueMapBuffer(buffer, CL_TRUE, CL_MAP_READ, offset, bytes);
    std::memcpy(to, at, bytes);
    queue_.enqueueUnmapMemObject(buffer, at);
  });
}

void Runtime::download(Memory from, std::size_t offset, void* to, std::size_t bytes) {
  read(from, offset, to, bytes);
  const auto held = hold_indices();
  throw_bad_index();
}

void Runtime::synchronize() {
  guarded("finish its work", 0, [&] {
    queue_.finish();
    drop_staged(true);
  });
  const auto held = hold_indices();
  throw_bad_index();
}

// ------------------------------------------------------------ times

void Runtime::change_queue(cl_command_queue_properties properties) {
  const cl::CommandQueue opened(context_, properties);
  queue_.finish();
  remove_queue(queue_());
  queue_ = opened;
  add_queue(queue_());
}
void Runtime::begin_timing() {
  guarded("time its kernels", 0, [&] {
    if (clocks_ == 0) change_queue(CL_QUEUE_PROFILING_ENABLE);
    ++clocks_;
  });
}
void Runtime::end_timing() noexcept try {
  guarded("stop to time its kernels", 0, [&] {
    if (--clocks_ > 0) return;
    times_ = {};
    change_queue(0);
  });
} catch (const DeviceError&) {}  // then the queue that measures is used on
std::size_t Runtime::timed_kernels() {
  std::lock_guard lock(mutex_);
  return times_.count();
}
std::vector<double> Runtime::kernel_seconds() {
  std::vector<double> ends;
  guarded("report the times of its kernels", 0, [&] { ends = times_.ends(); });
  return ends;
}

// ------------------------------------------------------------ indices

int Runtime::take_index_slots(const View& index, std::int64_t size, int groups) {
  const int first = bad_indices_.reserve(index, size, groups);
  if (first >= 0) return first;
  throw_bad_index();
  return bad_indices_.reserve(index, size, groups);
}

void Runtime::throw_bad_index() {
  std::vector<BadIndices::Slot> found(std::size_t(bad_indices_.reserved()));
  if (found.empty()) return;
  guarded("check for bad indices", 0, [&] {
    queue_.enqueueReadBuffer(ring_, CL_TRUE, 0, found.size() * sizeof found[0], found.data());
  });
  bad_indices_.throw_first(found.data(), int(found.size()));
}

// ------------------------------------------------------------ kernels

void Runtime::launch(const char* file, const char* function, const std::string& defines,
                     const char* bytes, const std::vector<Argument>& arguments, const Grid& grid,
                     std::int64_t work) {
  wait_at_the_end_of_this_thread();
  std::lock_guard lock(mutex_);
  try {
    cl::Kernel& kernel = programs_->kernel(file, function, defines);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      kernel.setArg(cl_uint(i), arguments[i].bytes, bytes + arguments[i].first);
    enqueue(kernel, grid, work);
    if (++since_flush_ % launches_before_flush == 0) queue_.flush();
  } catch (const cl::Error& error) {
    raise(error, name_,
          std::string("run the kernel ") + function + " of " + file + " on " +
              std::to_string(grid.items[0]) + " x " + std::to_string(grid.items[1]) + " x " +
              std::to_string(grid.items[2]) + " work-items");
  }
}

/// Splits the launch into parts if it has too much work, or too many groups along y or z, for one.
void Runtime::enqueue(cl::Kernel& kernel, const Grid& grid, std::int64_t work) {
  std::size_t groups[3], part[3], at[3];
  for (int d = 0; d < 3; ++d)
    groups[d] = part[d] = ceil_div(std::size_t(grid.items[d]), grid.group[d]);
  const int outer = groups[2] > 1 ? 2 : groups[1] > 1 ? 1 : 0;
  const std::size_t parts = std::min(groups[outer], std::size_t(work / max_work + 1));
  part[outer] = ceil_div(groups[outer], parts);
  for (int d : {1, 2}) part[d] = std::min(part[d], max_groups);
  for (at[2] = 0; at[2] < groups[2]; at[2] += part[2])
    for (at[1] = 0; at[1] < groups[1]; at[1] += part[1])
      for (at[0] = 0; at[0] < groups[0]; at[0] += part[0]) {
        std::size_t start[3], items[3];
        for (int d = 0; d < 3; ++d)
          start[d] = at[d] * grid.group[d],
          items[d] = std::min(part[d], groups[d] - at[d]) * grid.group[d];
        const bool is_whole = std::equal(groups, groups + 3, part);
        enqueue_part(kernel, is_whole ? cl::NullRange : cl::NDRange(start[0], start[1], start[2]),
                     cl::NDRange(items[0], items[1], items[2]),
                     cl::NDRange(grid.group[0], grid.group[1], grid.group[2]));
        if (!is_whole) queue_.flush();
      }
}

/// Retries once without kept blocks if memory runs out: many drivers allocate a buffer only when a
/// kernel uses it.
void Runtime::enqueue_part(cl::Kernel& kernel, const cl::NDRange& start, const cl::NDRange& items,
                           const cl::NDRange& group) {
  cl::Event event;
  const auto enqueue = [&] {
    queue_.enqueueNDRangeKernel(kernel, start, items, group, nullptr, clocks_ ? &event : nullptr);
  };
  try {
    enqueue();
  } catch (const cl::Error& error) {
    if (error.err() != CL_MEM_OBJECT_ALLOCATION_FAILURE && error.err() != CL_OUT_OF_RESOURCES)
      throw;
    queue_.finish();
    memory_->empty_cache();
    enqueue();
  }
  if (clocks_) times_.add(event);
}

}  // namespace tinygrad::opencl
