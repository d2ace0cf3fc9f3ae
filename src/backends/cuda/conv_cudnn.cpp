// SPDX-License-Identifier: MIT
// Computes convolution and its derivatives by cuDNN's graph API: tensors and one operation make a
// graph; heuristics offer engines for it, the best first; the first engine whose arithmetic is
// acceptable and whose plan can be finalized becomes the plan. If algorithms need not be
// deterministic, several plans are timed. A plan that fails when it runs is not used again.
//
// Operands must be dense; others are copied. Results of float16 and bfloat16 are rounded once more
// if a bias is added to them.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "backends/cuda/conv.h"
#include "backends/cuda/conv_plan.h"
#include "backends/cuda/library.h"
#include "backends/cuda/matmul.h"
#include "core/call.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

// ------------------------------------------------------------ descriptors

template <class T> constexpr cudnnBackendAttributeType_t type_of = CUDNN_TYPE_INT64;
template <> constexpr cudnnBackendAttributeType_t type_of<float> = CUDNN_TYPE_FLOAT;
template <> constexpr cudnnBackendAttributeType_t type_of<double> = CUDNN_TYPE_DOUBLE;
template <> constexpr cudnnBackendAttributeType_t type_of<void*> = CUDNN_TYPE_VOID_PTR;
template <> constexpr cudnnBackendAttributeType_t type_of<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <> constexpr cudnnBackendAttributeType_t type_of<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
constexpr cudnnBackendAttributeType_t type_of<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
constexpr cudnnBackendAttributeType_t type_of<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
constexpr cudnnBackendAttributeType_t type_of<cudnnBackendNumericalNote_t> =
    CUDNN_TYPE_NUMERICAL_NOTE;

/// One of cuDNN's descriptors. If any call fails, finalize() returns false.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    note(cudnn().cudnnBackendCreateDescriptor(type, &handle_));
  }
  Descriptor(Descriptor&& other) noexcept { *this = std::move(other); }
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(handle_, other.handle_), std::swap(works_, other.works_);
    return *this;
  }
  ~Descriptor() {
    if (handle_) (void)cudnn().cudnnBackendDestroyDescriptor(handle_);
  }
  cudnnBackendDescriptor_t handle() const { return handle_; }

  template <class T> Descriptor& set(cudnnBackendAttributeName_t name, std::span<const T> values) {
    note(cudnn().cudnnBackendSetAttribute(handle_, name, type_of<T>, std::int64_t(values.size()),
                                          values.data()));
    return *this;
  }
  template <class T, std::size_t n>
  Descriptor& set(cudnnBackendAttributeName_t name, const std::array<T, n>& values) {
    return set(name, std::span<const T>(values));
  }
  template <class T> Descriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return set(name, std::span<const T>(&value, 1));
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    note(cudnn().cudnnBackendSetAttribute(handle_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                          &other.handle_));
    return *this;
  }
  bool finalize() {
    note(cudnn().cudnnBackendFinalize(handle_));
    return works_;
  }

  /// The attribute's values, at max_count `max_count`; nullopt if they cannot be read.
  template <class T>
  std::optional<std::vector<T>> get(cudnnBackendAttributeName_t name, std::size_t max_count) const {
    std::vector<T> values(max_count);
    std::int64_t count = 0;
    const cudnnStatus_t status = cudnn().cudnnBackendGetAttribute(
        handle_, name, type_of<T>, std::int64_t(max_count), &count, values.data());
    if (status != CUDNN_STATUS_SUCCESS) return {};
    values.resize(std::min(max_count, std::size_t(count)));
    return values;
  }

 private:
  void note(cudnnStatus_t status) { works_ = works_ && status == CUDNN_STATUS_SUCCESS; }
  cudnnBackendDescriptor_t handle_ = nullptr;
  bool works_ = true;
};

// The attributes that bind a graph and a plan to the device, by value: newer headers declare these
// names deprecated, but their meaning is the same in every version 9.
constexpr auto handle_of_graph = cudnnBackendAttributeName_t(800),
               handle_of_plan = cudnnBackendAttributeName_t(400);

// ------------------------------------------------------------ the graph

cudnnDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::float16: return CUDNN_DATA_HALF;
    case DType::bfloat16: return CUDNN_DATA_BFLOAT16;
    case DType::float64: return CUDNN_DATA_DOUBLE;
    default: return CUDNN_DATA_FLOAT;
  }
}
constexpr std::array<std::int64_t, 3> ids = {'x', 'w', 'y'};

Descriptor tensor(std::int64_t id, const TensorLayout& layout, DType dtype) {
  Descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  d.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id).set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(dtype));
  d.set(CUDNN_ATTR_TENSOR_DIMENSIONS, layout.shape).set(CUDNN_ATTR_TENSOR_STRIDES, layout.strides);
  d.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t(layout.alignment)).finalize();
  return d;
}

Descriptor window_of(const ConvPlan& p) {
  Descriptor d(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  d.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t(2))
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  d.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE,
        data_type(p.dtype == DType::float64 ? p.dtype : DType::float32));
  d.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, p.padding)
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, p.padding);
  d.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, p.dilation)
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, p.stride)
      .finalize();
  return d;
}

/// cuDNN's names for the operation of each pass and for its attributes.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t x, w, y, window, alpha, beta;
};
constexpr Names names[] = {
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};

/// The graph of one convolution, with the descriptors that it consists of.
struct Graph {
  Graph(cudnnHandle_t handle, const ConvPlan& p)
      : x(tensor(ids[0], p.x, p.dtype)),
        w(tensor(ids[1], p.w, p.dtype)),
        y(tensor(ids[2], p.y, p.dtype)),
        window(window_of(p)),
        operation(names[int(p.pass)].operation) {
    const Names& n = names[int(p.pass)];
    operation.set(n.x, x).set(n.w, w).set(n.y, y).set(n.window, window);
    if (p.dtype == DType::float64) operation.set(n.alpha, 1.0).set(n.beta, 0.0);
    else operation.set(n.alpha, 1.0f).set(n.beta, 0.0f);
    works =
        operation.finalize() &&
        graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation).set(handle_of_graph, handle).finalize();
  }
  Descriptor x, w, y, window, operation, graph{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
  bool works = false;
};

// ------------------------------------------------------------ engines

/// The notes of an engine; nullopt if it has none.
std::optional<EngineNotes> notes_of(const Descriptor& engine) {
  const auto all = engine.get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                           CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  if (!all) return {};
  const auto has = [&](cudnnBackendNumericalNote_t note) {
    return std::find(all->begin(), all->end(), note) != all->end();
  };
  EngineNotes notes;
  notes.tensor_core = has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
  notes.rounds_inputs = has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
  notes.rounds_sums = has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION);
  notes.deterministic = !has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
  // Transforms of 4x4 tiles multiply by 1/2 only, which is exact. Winograd without a noted tile
  // size may have any.
  const bool has_small_tiles = has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4);
  const bool has_large_tiles =
      has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6) || has(CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13);
  notes.transforms = has(CUDNN_NUMERICAL_NOTE_FFT) || has_large_tiles ||
                     (has(CUDNN_NUMERICAL_NOTE_WINOGRAD) && !has_small_tiles);
  return notes;
}

/// The number of engines that the heuristics are asked for.
constexpr std::size_t max_engines = 64;
/// The number of plans that are finalized, and the bytes of workspace that each may use. Plans that
/// are timed may use more: the fastest often do.
struct Limits {
  std::size_t plans;
  std::int64_t workspace;
};
constexpr Limits limits_of(const ConvPlan& p) {
  return p.deterministic ? Limits{1, std::int64_t(1) << 29} : Limits{16, std::int64_t(1) << 31};
}

/// A finalized plan.
struct ReadyPlan {
  Descriptor configuration, plan;
  std::int64_t workspace = 0;
};

/// The engine configurations that one kind of heuristics offers, best first.
std::vector<Descriptor> offered_engines(const Graph& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  std::vector<Descriptor> configurations;
  if (!heuristics.finalize()) return configurations;
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::size_t i = 0; i < max_engines; ++i)
    handles.push_back(configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).handle());
  std::int64_t count = 0;  // cuDNN writes to the descriptors that it is given
  const cudnnStatus_t status = cudnn().cudnnBackendGetAttribute(
      heuristics.handle(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
      std::int64_t(handles.size()), &count, handles.data());
  configurations.erase(
      configurations.begin() + std::ptrdiff_t(status == CUDNN_STATUS_SUCCESS
                                                  ? std::min(max_engines, std::size_t(count))
                                                  : 0),
      configurations.end());
  return configurations;
}

bool is_acceptable(const ConvPlan& p, const Descriptor& configuration) {
  const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t handle = engine.handle();
  std::int64_t count = 0;
  const cudnnStatus_t status =
      cudnn().cudnnBackendGetAttribute(configuration.handle(), CUDNN_ATTR_ENGINECFG_ENGINE,
                                       CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &handle);
  if (status != CUDNN_STATUS_SUCCESS) return false;
  const std::optional<EngineNotes> notes = notes_of(engine);
  return notes && accepts(p, *notes);
}

/// The plans that are acceptable and could be finalized, best first.
std::vector<ReadyPlan> ready_plans(cudnnHandle_t handle, const Graph& graph, const ConvPlan& p) {
  const Limits limits = limits_of(p);
  std::vector<ReadyPlan> all;
  for (auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    for (Descriptor& configuration : offered_engines(graph, mode)) {
      if (all.size() == limits.plans) return all;
      if (!is_acceptable(p, configuration)) continue;
      Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      if (!plan.set(handle_of_plan, handle)
               .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
               .finalize())
        continue;
      const auto workspace = plan.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1);
      if (!workspace || workspace->empty() || workspace->front() > limits.workspace) continue;
      all.push_back({std::move(configuration), std::move(plan), workspace->front()});
    }
  return all;
}

// ------------------------------------------------------------ one device's convolutions

class Convolutions {
 public:
  /// The instance of a device; null if cuDNN is missing, or switched off
  /// (TINYGRAD_CUDA_LIBRARIES=0).
  static Convolutions* of(Runtime& runtime) {
    static std::mutex& mutex = *new std::mutex;
    static auto& all = *new std::map<const Runtime*, std::unique_ptr<Convolutions>>;
    std::lock_guard lock(mutex);
    auto& convolutions = all[&runtime];
    if (!convolutions) convolutions.reset(new Convolutions(runtime));
    return convolutions->handle_ ? convolutions.get() : nullptr;
  }

  /// Returns false if no engine can compute it.
  bool run(Pass pass, const View& x, const View& w, const View& y, const Window& window) {
    const ConvPlan key = conv_plan(pass, x, w, y, window);
    const std::array<void*, 3> at = {address(x), address(w), address(y)};
    std::lock_guard lock(mutex_);
    runtime_.make_current();
    auto& plan = plans_[key];
    if (!plan) plan = std::make_unique<Plan>(handle_, key);
    if (plan->ready.size() > 1) choose(*plan, at);
    if (plan->ready.size() != 1 || plan->has_failed)
      return false;  // there is no plan, or there was no memory to time the plans
    const std::optional<cudnnStatus_t> status = execute(plan->ready[0], at);
    if (!status) return false;  // there may be memory at another time
    if (*status != CUDNN_STATUS_SUCCESS) {
      require<DeviceError>(!runtime_.is_recording(), running_call(), runtime_.name(),
                           " could not convolve by cuDNN: ", last_error(*status));
      plan->has_failed = true;
      return false;
    }
    runtime_.launched(cudaSuccess, "cudnnBackendExecute", dim3(), dim3());
    return true;
  }

 private:
  struct Plan {
    Plan(cudnnHandle_t handle, const ConvPlan& key) : graph(handle, key) {
      if (graph.works) ready = ready_plans(handle, graph, key);
    }
    Graph graph;
    std::vector<ReadyPlan> ready;  // the chosen plan, or those that are not yet timed
    bool has_failed = false;       // the chosen plan; it is kept, since a recorded step may use it
  };

  explicit Convolutions(Runtime& runtime) : runtime_(runtime) {
    if (!environment::cuda_libraries() || !cudnn().problem.empty()) return;
    runtime.make_current();
    const bool works = cudnn().cudnnCreate(&handle_) == CUDNN_STATUS_SUCCESS &&
                       cudnn().cudnnSetStream(handle_, runtime.stream()) == CUDNN_STATUS_SUCCESS;
    if (!works) handle_ = nullptr;
  }

  static void* address(const View& v) {
    return static_cast<char*>(v.memory().handle) + v.offset() * std::int64_t(size_of(v.dtype()));
  }
  static std::string last_error(cudnnStatus_t status) {
    char text[256] = {};
    cudnn().cudnnGetLastErrorString(text, sizeof text);
    return std::string(cudnn().cudnnGetErrorString(status)) + " (" + text + ")";
  }

  /// nullopt if there is no memory for the workspace; while a step is recorded, that is an error.
  std::optional<cudnnStatus_t> execute(const ReadyPlan& ready, const std::array<void*, 3>& at) {
    std::optional<Scratch> workspace;
    try {
      workspace.emplace(runtime_, ready.workspace);
    } catch (const DeviceError&) {
      if (runtime_.is_recording()) throw;
      return {};
    }
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, at)
        .set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, static_cast<void*>(workspace->memory().handle));
    if (!pack.finalize()) return CUDNN_STATUS_BAD_PARAM;
    return cudnn().cudnnBackendExecute(handle_, ready.plan.handle(), pack.handle());
  }

  /// Times the ready plans and keeps the fastest; keeps none if all fail, and all if there was no
  /// memory to time any. Every plan writes the complete result, so timing has no side effects.
  /// While a step is recorded nothing can run: the first plan is kept, for good, since the recorded
  /// step uses it.
  void choose(Plan& plan, const std::array<void*, 3>& at) {
    std::size_t best = 0;
    if (!runtime_.is_recording()) {
      float best_time = -1;
      bool had_memory = true;
      for (std::size_t i = 0; i < plan.ready.size(); ++i) {
        const std::optional<float> time = time_of(plan.ready[i], at);
        had_memory = had_memory && time;
        if (time && *time >= 0 && (best_time < 0 || *time < best_time)) best = i, best_time = *time;
      }
      if (best_time < 0) {
        if (had_memory) plan.ready.clear();
        return;
      }
    }
    std::swap(plan.ready[0], plan.ready[best]);
    plan.ready.erase(plan.ready.begin() + 1, plan.ready.end());
  }
  /// Milliseconds of the second call; below 0 if it fails, nullopt if there is no memory for it.
  std::optional<float> time_of(const ReadyPlan& ready, const std::array<void*, 3>& at) {
    const Event first = new_event(), last = new_event();
    const std::optional<cudnnStatus_t> status = execute(ready, at);
    if (!status) return {};
    if (*status != CUDNN_STATUS_SUCCESS) return -1.f;
    runtime_.check(cudaEventRecord(first.get(), runtime_.stream()), "time a convolution");
    if (execute(ready, at) != CUDNN_STATUS_SUCCESS) return -1.f;
    runtime_.check(cudaEventRecord(last.get(), runtime_.stream()), "time a convolution");
    runtime_.check(cudaEventSynchronize(last.get()), "time a convolution");
    float milliseconds = 0;
    runtime_.check(cudaEventElapsedTime(&milliseconds, first.get(), last.get()),
                   "time a convolution");
    return milliseconds;
  }
  Event new_event() const {
    cudaEvent_t event = nullptr;
    runtime_.check(cudaEventCreateWithFlags(&event, cudaEventDefault), "time a convolution");
    return Event(event);
  }

  Runtime& runtime_;
  cudnnHandle_t handle_ = nullptr;
  std::mutex mutex_;
  std::map<ConvPlan, std::unique_ptr<Plan>> plans_;
};

/// Calls f with `out` if that is dense, otherwise with dense scratch memory, which is then copied
/// to `out`.
template <class F> bool into_dense(Runtime& runtime, const View& out, const F& f) {
  if (out.is_dense()) return f(out);
  const ScratchView dense(runtime, out.dtype(), out.shape());
  if (!f(dense)) return false;
  copy(runtime, dense, out);
  return true;
}

}  // namespace

bool conv2d_cudnn(Runtime& runtime, const View& x, const View& w, const View& b,
                  const Window& window, const View& y) {
  Convolutions* convolutions = Convolutions::of(runtime);
  if (!convolutions) return false;
  const Input image(runtime, x), weight(runtime, w);
  const bool done = into_dense(runtime, y, [&](const View& to) {
    return convolutions->run(Pass::forward, image.view(), weight.view(), to, window);
  });
  if (done && b)
    binary(runtime, Binary::add, {}, y,
           b.reshaped({b.size(0), 1, 1}, {b.stride(0), 0, 0}, b.offset()).broadcast_to(y.shape()),
           y);
  return done;
}

bool conv2d_input_grad_cudnn(Runtime& runtime, const View& dy, const View& w, const Window& window,
                             const View& dx) {
  Convolutions* convolutions = Convolutions::of(runtime);
  if (!convolutions) return false;
  const Input gradient(runtime, dy), weight(runtime, w);
  return into_dense(runtime, dx, [&](const View& to) {
    return convolutions->run(Pass::input_grad, to, weight.view(), gradient.view(), window);
  });
}

bool conv2d_weight_grad_cudnn(Runtime& runtime, const View& dy, const View& x, const Window& window,
                              const View& dw) {
  Convolutions* convolutions = Convolutions::of(runtime);
  if (!convolutions) return false;
  const Input gradient(runtime, dy), image(runtime, x);
  return into_dense(runtime, dw, [&](const View& to) {
    return convolutions->run(Pass::weight_grad, image.view(), to, gradient.view(), window);
  });
}

}  // namespace tinygrad::cuda
