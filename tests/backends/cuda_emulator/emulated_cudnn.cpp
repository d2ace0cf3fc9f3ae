// SPDX-License-Identifier: MIT
// Implements the part of cuDNN's graph API that convolutions use, by plain loops. It is available
// if CUDA_EMULATOR_CUDNN=1 is set.
//
// Its heuristics offer engines that round float32 as tensor cores do, that are not deterministic,
// that use transforms and lose digits, and exact ones. It reports mistakes that the real library
// does not: wrong types and counts of attributes, descriptors that are not finalized, less
// alignment than promised.
#include "emulated_cudnn.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "emulator.h"
#include "planning_cudnn.h"

namespace tinygrad::cuda {
namespace {

struct Object;
using Handle = std::shared_ptr<Object>;
struct Attribute {
  cudnnBackendAttributeType_t type = CUDNN_TYPE_INT64;
  std::vector<char> bytes;
  std::vector<Handle> objects;
};
struct Object {
  cudnnBackendDescriptorType_t type;
  bool is_final = false;
  std::map<int, Attribute> attributes;
  int engine = -1;  // of configurations and engines
};
Handle& of(cudnnBackendDescriptor_t descriptor) { return *static_cast<Handle*>(descriptor); }

cudnnStatus_t refuse(const char* why) {
  std::fprintf(stderr, "cuda_emulator: cuDNN refuses: %s\n", why);
  return CUDNN_STATUS_BAD_PARAM;
}
std::size_t size_of_type(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE: return 8;
    default: return 4;
  }
}

// ------------------------------------------------------------ descriptors

cudnnStatus_t create_handle(cudnnHandle_t* handle) {
  return *handle = reinterpret_cast<cudnnHandle_t>(new cudaStream_t()), CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t destroy_handle(cudnnHandle_t handle) {
  return delete reinterpret_cast<cudaStream_t*>(handle), CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t set_stream(cudnnHandle_t handle, cudaStream_t stream) {
  return *reinterpret_cast<cudaStream_t*>(handle) = stream, CUDNN_STATUS_SUCCESS;
}
const char* error_string(cudnnStatus_t) { return "CUDNN_STATUS_BAD_PARAM"; }
void last_error(char* to, std::size_t) { *to = 0; }
std::size_t version() { return 91900; }

cudnnStatus_t create(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  *descriptor = new Handle(std::make_shared<Object>(Object{type, false, {}, -1}));
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t destroy(cudnnBackendDescriptor_t descriptor) {
  return delete &of(descriptor), CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t set(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  if (of(descriptor)->is_final)
    return refuse("an attribute is set after the descriptor was finalized");
  Attribute attribute;
  attribute.type = type;
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    for (std::int64_t i = 0; i < count; ++i) {
      attribute.objects.push_back(of(static_cast<const cudnnBackendDescriptor_t*>(values)[i]));
      if (!attribute.objects.back()->is_final)
        return refuse("a descriptor is used that is not finalized");
    }
  } else {
    const char* first = static_cast<const char*>(values);
    attribute.bytes.assign(first, first + std::size_t(count) * size_of_type(type));
  }
  of(descriptor)->attributes[int(name)] = attribute;
  return CUDNN_STATUS_SUCCESS;
}

/// The attribute's values; none if it is missing, or has another type or count.
template <class T>
std::vector<T> values(const Object& o, int name, cudnnBackendAttributeType_t type,
                      std::size_t count) {
  const auto at = o.attributes.find(name);
  if (at == o.attributes.end() || at->second.type != type ||
      at->second.bytes.size() != count * sizeof(T))
    return refuse(
               ("attribute " + std::to_string(name) + " is missing, or of a wrong type or number")
                   .c_str()),
           std::vector<T>();
  std::vector<T> all(count);
  std::memcpy(all.data(), at->second.bytes.data(), count * sizeof(T));
  return all;
}
Handle object(const Object& o, int name) {
  const auto at = o.attributes.find(name);
  return at != o.attributes.end() && at->second.objects.size() == 1 ? at->second.objects[0]
                                                                    : nullptr;
}

// ------------------------------------------------------------ the convolution that the descriptors
// give

struct Operand {
  std::int64_t id = 0, alignment = 0;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  std::vector<std::int64_t> shape, strides;
  void* data = nullptr;
  std::int64_t at(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) const {
    return a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3];
  }
};
struct Convolution {
  int pass = 0;
  Operand x, w, y;
  std::vector<std::int64_t> padding, dilation, stride;
};

bool read(const Handle& tensor, Operand& to) {
  if (!tensor) return false;
  const auto id = values<std::int64_t>(*tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1);
  const auto type =
      values<cudnnDataType_t>(*tensor, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1);
  const auto alignment =
      values<std::int64_t>(*tensor, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1);
  to.shape = values<std::int64_t>(*tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4);
  to.strides = values<std::int64_t>(*tensor, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4);
  if (id.empty() || type.empty() || alignment.empty() || to.shape.empty() || to.strides.empty())
    return false;
  to.id = id[0], to.type = type[0], to.alignment = alignment[0];
  return true;
}

/// x, w, y, window, alpha, beta of each pass.
constexpr int attribute_names[3][6] = {
    {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};

template <class T>
bool has_factors(const Object& operation, const int* names, cudnnBackendAttributeType_t type) {
  return values<T>(operation, names[4], type, 1) == std::vector<T>{1} &&
         values<T>(operation, names[5], type, 1) == std::vector<T>{0};
}

bool read(const Object& operation, Convolution& c) {
  c.pass = operation.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR         ? 0
           : operation.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? 1
                                                                                            : 2;
  const int* names = attribute_names[c.pass];
  const Handle window = object(operation, names[3]);
  if (!read(object(operation, names[0]), c.x) || !read(object(operation, names[1]), c.w) ||
      !read(object(operation, names[2]), c.y) || !window)
    return false;
  const bool is_double = c.x.type == CUDNN_DATA_DOUBLE;
  const auto compute =
      values<cudnnDataType_t>(*window, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1);
  const auto mode = values<cudnnConvolutionMode_t>(*window, CUDNN_ATTR_CONVOLUTION_CONV_MODE,
                                                   CUDNN_TYPE_CONVOLUTION_MODE, 1);
  const auto dims =
      values<std::int64_t>(*window, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1);
  c.padding =
      values<std::int64_t>(*window, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2);
  c.dilation = values<std::int64_t>(*window, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2);
  c.stride =
      values<std::int64_t>(*window, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2);
  if (c.padding.empty() || c.dilation.empty() || c.stride.empty() ||
      dims != std::vector<std::int64_t>{2})
    return false;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t reach =
        c.x.shape[2 + i] + 2 * c.padding[i] - (c.w.shape[2 + i] - 1) * c.dilation[i] - 1;
    if (c.y.shape[2 + i] != reach / c.stride[i] + 1)
      return refuse("shapes that do not fit together"), false;
  }
  return c.padding == values<std::int64_t>(*window, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
                                           CUDNN_TYPE_INT64, 2) &&
         mode == std::vector<cudnnConvolutionMode_t>{CUDNN_CROSS_CORRELATION} &&
         compute ==
             std::vector<cudnnDataType_t>{is_double ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT} &&
         (is_double ? has_factors<double>(operation, names, CUDNN_TYPE_DOUBLE)
                    : has_factors<float>(operation, names, CUDNN_TYPE_FLOAT)) &&
         c.x.shape[0] == c.y.shape[0] && c.y.shape[1] == c.w.shape[0] &&
         c.x.shape[1] % c.w.shape[1] == 0;
}
constexpr int handle_of_graph = 800, handle_of_plan = 400;

cudnnStatus_t finalize(cudnnBackendDescriptor_t descriptor) {
  Object& o = *of(descriptor);
  bool is_good = true;
  Convolution c;
  Operand operand;
  switch (o.type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR: is_good = read(of(descriptor), operand); break;
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      is_good = read(o, c);
      break;
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      is_good = object(o, CUDNN_ATTR_OPERATIONGRAPH_OPS) &&
                !values<cudnnHandle_t>(o, handle_of_graph, CUDNN_TYPE_HANDLE, 1).empty();
      break;
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
      is_good =
          object(o, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH) &&
          !values<cudnnBackendHeurMode_t>(o, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1)
               .empty();
      break;
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      is_good = object(o, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG) &&
                !values<cudnnHandle_t>(o, handle_of_plan, CUDNN_TYPE_HANDLE, 1).empty();
      break;
    default: break;
  }
  o.is_final = is_good;
  return is_good ? CUDNN_STATUS_SUCCESS : refuse("a descriptor that is not complete");
}

// ------------------------------------------------------------ engines

enum Engine {
  tensor_cores,
  not_deterministic,
  fourier,
  some_tiles,
  large_tiles,
  small_tiles,
  plain,
  engine_count
};

template <class T>
cudnnStatus_t give(const std::vector<T>& all, cudnnBackendAttributeType_t expected,
                   cudnnBackendAttributeType_t type, std::int64_t most, std::int64_t* count,
                   void* to) {
  if (type != expected) return refuse("an attribute is asked for as another type");
  *count = std::int64_t(all.size());
  std::copy_n(all.begin(), std::min(all.size(), std::size_t(most)), static_cast<T*>(to));
  return CUDNN_STATUS_SUCCESS;
}
std::vector<cudnnBackendNumericalNote_t> notes_of(int engine) {
  switch (engine) {
    case tensor_cores: return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
    case not_deterministic: return {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
    case fourier: return {CUDNN_NUMERICAL_NOTE_FFT};
    case some_tiles: return {CUDNN_NUMERICAL_NOTE_WINOGRAD};
    case large_tiles:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6};
    case small_tiles:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4};
    default: return {};
  }
}
constexpr std::int64_t workspace_of(int engine) {
  return engine == large_tiles ? 64 << 20 : engine >= small_tiles ? 1000 : 0;
}
constexpr double error_of(int engine) {
  return engine >= fourier && engine <= large_tiles ? 1e-4 : 0;
}

cudnnStatus_t get(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, std::int64_t most, std::int64_t* count,
                  void* to) {
  const Object& o = *of(descriptor);
  auto* objects = static_cast<cudnnBackendDescriptor_t*>(to);
  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS) {
    const auto mode =
        values<cudnnBackendHeurMode_t>(o, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1);
    const int first = mode[0] == CUDNN_HEUR_MODE_A ? tensor_cores : plain;
    for (*count = 0; *count < std::min<std::int64_t>(most, engine_count - first); ++*count) {
      Object& configuration = *of(objects[*count]);
      if (configuration.type != CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)
        return refuse("results of heuristics are asked for in other descriptors");
      configuration.engine = first + int(*count), configuration.is_final = true;
      configuration.attributes[CUDNN_ATTR_ENGINE_OPERATION_GRAPH].objects = {
          object(o, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)};
    }
    return CUDNN_STATUS_SUCCESS;
  }
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE && most == 1)
    return of(objects[0])->engine = o.engine, *count = 1, CUDNN_STATUS_SUCCESS;
  if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE)
    return give(notes_of(o.engine), CUDNN_TYPE_NUMERICAL_NOTE, type, most, count, to);
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)
    return give(
        std::vector{workspace_of(object(o, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->engine)},
        CUDNN_TYPE_INT64, type, most, count, to);
  return refuse("an attribute is asked for that the emulator does not know");
}

// ------------------------------------------------------------ execution

double load(const Operand& o, std::int64_t i, bool rounds) {
  switch (o.type) {
    case CUDNN_DATA_HALF: return __half2float(static_cast<const __half*>(o.data)[i]);
    case CUDNN_DATA_BFLOAT16: return __bfloat162float(static_cast<const __nv_bfloat16*>(o.data)[i]);
    case CUDNN_DATA_DOUBLE: return static_cast<const double*>(o.data)[i];
    default: break;
  }
  const float x = static_cast<const float*>(o.data)[i];
  return rounds && std::isfinite(x) ? __uint_as_float((__float_as_uint(x) + 0x1000) & 0xFFFFE000)
                                    : x;
}
void store(const Operand& o, std::int64_t i, double value) {
  switch (o.type) {
    case CUDNN_DATA_HALF: static_cast<__half*>(o.data)[i] = __float2half_rn(float(value)); break;
    case CUDNN_DATA_BFLOAT16:
      static_cast<__nv_bfloat16*>(o.data)[i] = __float2bfloat16_rn(float(value));
      break;
    case CUDNN_DATA_DOUBLE: static_cast<double*>(o.data)[i] = value; break;
    default: static_cast<float*>(o.data)[i] = float(value);
  }
}

void convolve(const Convolution& c, bool rounds, double error) {
  const Operand& out = c.pass == 0 ? c.y : c.pass == 1 ? c.x : c.w;
  const Operand &left = c.pass == 0 ? c.x : c.y, &right = c.pass == 2 ? c.x : c.w;
  std::map<std::int64_t, double> sums;  // by offset in out
  for (std::int64_t n = 0; n < out.shape[0] * out.shape[1] * out.shape[2] * out.shape[3]; ++n)
    sums[out.at(n / (out.shape[1] * out.shape[2] * out.shape[3]),
                n / (out.shape[2] * out.shape[3]) % out.shape[1], n / out.shape[3] % out.shape[2],
                n % out.shape[3])] = 0;
  const std::int64_t channels = c.w.shape[1], groups = c.x.shape[1] / channels;
  for (std::int64_t image = 0; image < c.y.shape[0]; ++image)
    for (std::int64_t o = 0; o < c.y.shape[1]; ++o)
      for (std::int64_t row = 0; row < c.y.shape[2]; ++row)
        for (std::int64_t column = 0; column < c.y.shape[3]; ++column)
          for (std::int64_t tap = 0; tap < channels * c.w.shape[2] * c.w.shape[3]; ++tap) {
            const std::int64_t ky = tap / c.w.shape[3] % c.w.shape[2], kx = tap % c.w.shape[3],
                               channel = tap / (c.w.shape[2] * c.w.shape[3]);
            const std::int64_t y = row * c.stride[0] - c.padding[0] + ky * c.dilation[0],
                               x = column * c.stride[1] - c.padding[1] + kx * c.dilation[1];
            if (y < 0 || x < 0 || y >= c.x.shape[2] || x >= c.x.shape[3]) continue;
            const std::int64_t of_x = c.x.at(
                                   image, o / (c.y.shape[1] / groups) * channels + channel, y, x),
                               of_w = c.w.at(o, channel, ky, kx);
            const std::int64_t of_y = c.y.at(image, o, row, column), to = c.pass == 0   ? of_y
                                                                          : c.pass == 1 ? of_x
                                                                                        : of_w;
            sums[to] += load(left, c.pass == 0 ? of_x : of_y, rounds) *
                        load(right, c.pass == 2 ? of_x : of_w, rounds);
          }
  for (const auto& [at, sum] : sums) store(out, at, sum * (1 + error));
}

cudnnStatus_t execute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                      cudnnBackendDescriptor_t pack) {
  if (cuda_emulator::fails("cudnnBackendExecute")) return CUDNN_STATUS_EXECUTION_FAILED;
  const Object& configuration = *object(*of(plan), CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  const Handle graph = object(configuration, CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
  const auto at =
      values<char*>(*of(pack), CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3);
  const auto ids =
      values<std::int64_t>(*of(pack), CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, 3);
  const auto workspace =
      values<char*>(*of(pack), CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1);
  Convolution c;
  if (at.empty() || ids.empty() || workspace.empty() || !of(pack)->is_final ||
      !read(*object(*graph, CUDNN_ATTR_OPERATIONGRAPH_OPS), c))
    return CUDNN_STATUS_BAD_PARAM;
  for (std::size_t i = 0; i < 3; ++i)
    for (Operand* o : {&c.x, &c.w, &c.y})
      if (o->id == ids[i]) o->data = at[i];
  for (const Operand* o : {&c.x, &c.w, &c.y})
    if (!o->data || reinterpret_cast<std::uintptr_t>(o->data) % std::uintptr_t(o->alignment))
      return refuse("an address is less aligned than promised");
  const auto work = [c, engine = configuration.engine, memory = workspace[0]] {
    if (workspace_of(engine)) std::memset(memory, 0x5A, std::size_t(workspace_of(engine)));
    convolve(c, engine == tensor_cores, error_of(engine));
    return cudaSuccess;
  };
  const cudaError_t error = cuda_emulator::submit(*reinterpret_cast<cudaStream_t*>(handle), work);
  return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace

Cudnn emulated_cudnn() {
  Cudnn l;
  const char* wanted = std::getenv("CUDA_EMULATOR_CUDNN");
  if (wanted && std::strcmp(wanted, "plans") == 0) return planning_cudnn();
  if (!wanted || std::strcmp(wanted, "1") != 0) return l.problem = "the emulator has no cuDNN", l;
  l.file = "the emulator's cuDNN";
  l.cudnnCreate = create_handle, l.cudnnDestroy = destroy_handle, l.cudnnSetStream = set_stream,
  l.cudnnGetVersion = version;
  l.cudnnGetErrorString = error_string, l.cudnnGetLastErrorString = last_error;
  l.cudnnBackendCreateDescriptor = create, l.cudnnBackendDestroyDescriptor = destroy,
  l.cudnnBackendFinalize = finalize;
  l.cudnnBackendSetAttribute = set, l.cudnnBackendGetAttribute = get,
  l.cudnnBackendExecute = execute;
  return l;
}

}  // namespace tinygrad::cuda
