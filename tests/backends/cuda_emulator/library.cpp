// SPDX-License-Identifier: MIT
// Replaces src/backends/cuda/library.cpp in the emulated backend: it implements cuBLASLt by plain
// loops, and provides cuDNN if asked for.
//
// It reports mistakes that the real library does not: an algorithm is accepted only for the product
// that it was chosen for, addresses must be aligned as promised, and the workspace, which belongs
// to the caller, is overwritten.
#include "backends/cuda/library.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdio>
#include <cstring>
#include <vector>

#if TINYGRAD_HAVE_CUDNN
#include "emulated_cudnn.h"
#endif
#include "emulator.h"

namespace tinygrad::cuda {
namespace {

struct Layout {
  cudaDataType_t type;
  std::int64_t rows, columns, ld, step = 0;
  std::int32_t batch = 1;
  std::int64_t at(std::int64_t row, std::int64_t column) const { return row + column * ld; }
};
struct Operation {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::int32_t turn_a = CUBLAS_OP_N, turn_b = CUBLAS_OP_N;
  std::int32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
};
struct Preference {
  std::uint64_t workspace = 0;
  std::uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_MASK, a = 256, b = 256, c = 256, d = 256;
};
/// The product that an algorithm was chosen for.
struct Chosen {
  std::int32_t m, n, k, lda, ldb, ldc, batch;
  std::int16_t type, compute, turn_a, turn_b, epilogue, a, b, c, bias;
  bool operator==(const Chosen&) const = default;
};
static_assert(sizeof(Chosen) <= sizeof(cublasLtMatmulAlgo_t));

Layout& of(cublasLtMatrixLayout_t layout) { return *reinterpret_cast<Layout*>(layout); }
Operation& of(cublasLtMatmulDesc_t operation) { return *reinterpret_cast<Operation*>(operation); }
Preference& of(cublasLtMatmulPreference_t preference) {
  return *reinterpret_cast<Preference*>(preference);
}

cublasStatus_t refuse(const char* why) {
  std::fprintf(stderr, "cuda_emulator: cuBLASLt refuses: %s\n", why);
  return CUBLAS_STATUS_INTERNAL_ERROR;
}
int alignment_of(const void* address) {
  const auto n = reinterpret_cast<std::uintptr_t>(address) | 256;
  return int(n & -n);
}

// ------------------------------------------------------------ descriptions

cublasStatus_t create(cublasLtHandle_t* handle) {
  return *handle = reinterpret_cast<cublasLtHandle_t>(new int), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t destroy(cublasLtHandle_t handle) {
  return delete reinterpret_cast<int*>(handle), CUBLAS_STATUS_SUCCESS;
}
const char* status_name(cublasStatus_t status) {
  return status == CUBLAS_STATUS_INTERNAL_ERROR ? "CUBLAS_STATUS_INTERNAL_ERROR" : "CUBLAS_STATUS";
}
std::size_t version() { return 130000; }

template <class T> cublasStatus_t take(T& to, const void* value, std::size_t bytes) {
  if (bytes != sizeof(T)) return refuse("an attribute of a wrong size");
  std::memcpy(&to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t create_operation(cublasLtMatmulDesc_t* made, cublasComputeType_t compute,
                                cudaDataType_t scale) {
  return *made = reinterpret_cast<cublasLtMatmulDesc_t>(new Operation{compute, scale}),
         CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t destroy_operation(cublasLtMatmulDesc_t operation) {
  return delete &of(operation), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t set_operation(cublasLtMatmulDesc_t operation,
                             cublasLtMatmulDescAttributes_t attribute, const void* value,
                             std::size_t bytes) {
  Operation& o = of(operation);
  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return take(o.turn_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return take(o.turn_b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return take(o.epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return take(o.bias, value, bytes);
    default: return refuse("an attribute of a product that the emulator does not know");
  }
}
cublasStatus_t create_layout(cublasLtMatrixLayout_t* made, cudaDataType type, std::uint64_t rows,
                             std::uint64_t columns, std::int64_t ld) {
  if (ld < std::int64_t(rows)) return refuse("a leading dimension below the number of rows");
  return *made = reinterpret_cast<cublasLtMatrixLayout_t>(
             new Layout{type, std::int64_t(rows), std::int64_t(columns), ld}),
         CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t destroy_layout(cublasLtMatrixLayout_t layout) {
  return delete &of(layout), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t set_layout(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                          const void* value, std::size_t bytes) {
  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: return take(of(layout).batch, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: return take(of(layout).step, value, bytes);
    default: return refuse("an attribute of a matrix that the emulator does not know");
  }
}
cublasStatus_t create_preference(cublasLtMatmulPreference_t* made) {
  return *made = reinterpret_cast<cublasLtMatmulPreference_t>(new Preference),
         CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t destroy_preference(cublasLtMatmulPreference_t preference) {
  return delete &of(preference), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t set_preference(cublasLtMatmulPreference_t preference,
                              cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                              std::size_t bytes) {
  Preference& p = of(preference);
  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: return take(p.workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK: return take(p.reductions, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: return take(p.a, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: return take(p.b, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES: return take(p.c, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: return take(p.d, value, bytes);
    default: return refuse("an attribute of a preference that the emulator does not know");
  }
}

// ------------------------------------------------------------ choice

Chosen chosen_for(const Operation& o, const Layout& a, const Layout& b, const Layout& c) {
  return {.m = std::int32_t(c.rows),
          .n = std::int32_t(c.columns),
          .k = std::int32_t(o.turn_a == CUBLAS_OP_T ? a.rows : a.columns),
          .lda = std::int32_t(a.ld),
          .ldb = std::int32_t(b.ld),
          .ldc = std::int32_t(c.ld),
          .batch = c.batch,
          .type = std::int16_t(c.type),
          .compute = std::int16_t(o.compute),
          .turn_a = std::int16_t(o.turn_a),
          .turn_b = std::int16_t(o.turn_b),
          .epilogue = std::int16_t(o.epilogue),
          .a = 256,
          .b = 256,
          .c = 256,
          .bias = std::int16_t(o.epilogue == CUBLASLT_EPILOGUE_BIAS ? alignment_of(o.bias) : 256)};
}
bool fits_together(const Operation& o, const Layout& a, const Layout& b, const Layout& c) {
  const std::int64_t m = o.turn_a == CUBLAS_OP_T ? a.columns : a.rows,
                     k = o.turn_a == CUBLAS_OP_T ? a.rows : a.columns;
  const std::int64_t n = o.turn_b == CUBLAS_OP_T ? b.rows : b.columns,
                     l = o.turn_b == CUBLAS_OP_T ? b.columns : b.rows;
  const bool is_double = c.type == CUDA_R_64F;
  return m == c.rows && n == c.columns && k == l && a.batch == c.batch && b.batch == c.batch &&
         a.type == c.type && b.type == c.type && is_double == (o.compute == CUBLAS_COMPUTE_64F) &&
         o.scale == (is_double ? CUDA_R_64F : CUDA_R_32F);
}

cublasStatus_t choose(cublasLtHandle_t, cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a,
                      cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t,
                      cublasLtMatmulPreference_t preference, int wanted,
                      cublasLtMatmulHeuristicResult_t* results, int* found) {
  if (cuda_emulator::fails("cublasLtMatmulAlgoGetHeuristic")) return CUBLAS_STATUS_INTERNAL_ERROR;
  const Operation& o = of(operation);
  const Preference& p = of(preference);
  *found = 0;
  if (!fits_together(o, of(a), of(b), of(c))) return refuse("matrices that do not fit together");
  if (wanted < 1 || (o.epilogue == CUBLASLT_EPILOGUE_BIAS && of(c).type == CUDA_R_64F))
    return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool is_half = of(c).type == CUDA_R_16F || of(c).type == CUDA_R_16BF;
  if (is_half && p.reductions != CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE)
    return refuse("partial sums may be rounded");
  Chosen chosen = chosen_for(o, of(a), of(b), of(c));
  chosen.a = std::int16_t(p.a), chosen.b = std::int16_t(p.b),
  chosen.c = std::int16_t(std::min(p.c, p.d));
  results[0] = {};
  std::memcpy(&results[0].algo, &chosen, sizeof chosen);
  results[0].workspaceSize = chosen.k % 2 ? std::min<std::uint64_t>(p.workspace, 1000) : 0;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

// ------------------------------------------------------------ products

template <class T> T read(const void* from, cudaDataType_t type, std::int64_t i) {
  switch (type) {
    case CUDA_R_16F: return T(__half2float(static_cast<const __half*>(from)[i]));
    case CUDA_R_16BF: return T(__bfloat162float(static_cast<const __nv_bfloat16*>(from)[i]));
    case CUDA_R_64F: return T(static_cast<const double*>(from)[i]);
    default: return T(static_cast<const float*>(from)[i]);
  }
}
template <class T> void write(void* to, cudaDataType_t type, std::int64_t i, T value) {
  switch (type) {
    case CUDA_R_16F: static_cast<__half*>(to)[i] = __float2half_rn(float(value)); break;
    case CUDA_R_16BF: static_cast<__nv_bfloat16*>(to)[i] = __float2bfloat16_rn(float(value)); break;
    case CUDA_R_64F: static_cast<double*>(to)[i] = double(value); break;
    default: static_cast<float*>(to)[i] = float(value);
  }
}
/// TF32 keeps 10 bits of a factor.
template <class T> T rounded(T x, cublasComputeType_t compute) {
  if constexpr (sizeof(T) == 4)
    if (compute == CUBLAS_COMPUTE_32F_FAST_TF32 && std::isfinite(x))
      return __uint_as_float((__float_as_uint(x) + 0x1000) & 0xFFFFE000);
  return x;
}

/// op(x) of one matrix as [lines][k]: the rows of A, or the columns of B.
template <class T>
std::vector<T> lines_of(const void* x, const Layout& l, std::int64_t first, bool k_is_row,
                        cublasComputeType_t compute) {
  const std::int64_t lines = k_is_row ? l.columns : l.rows, depth = k_is_row ? l.rows : l.columns;
  std::vector<T> all(std::size_t(lines * depth));
  for (std::int64_t i = 0; i < lines; ++i)
    for (std::int64_t k = 0; k < depth; ++k)
      all[std::size_t(i * depth + k)] =
          rounded(read<T>(x, l.type, first + (k_is_row ? l.at(k, i) : l.at(i, k))), compute);
  return all;
}
/// Adds in eight partial sums, as SIMD code does, so that the error grows less.
template <class T> T sum_of_products(const T* a, const T* b, std::int64_t depth) {
  T sums[8] = {};
  for (std::int64_t k = 0; k < depth; ++k) sums[k % 8] += a[k] * b[k];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

struct Call {
  Operation o;
  Layout la, lb, lc;
  const void *a, *b;
  void* c;
  double alpha, beta;
};
template <class T> void multiply(const Call& call) {
  const auto& [o, la, lb, lc, a, b, c, alpha, beta] = call;
  const std::int64_t depth = o.turn_a == CUBLAS_OP_T ? la.rows : la.columns;
  for (std::int32_t matrix = 0; matrix < lc.batch; ++matrix) {
    const auto left = lines_of<T>(a, la, matrix * la.step, o.turn_a == CUBLAS_OP_T, o.compute);
    const auto right = lines_of<T>(b, lb, matrix * lb.step, o.turn_b == CUBLAS_OP_N, o.compute);
    for (std::int64_t j = 0; j < lc.columns; ++j)
      for (std::int64_t i = 0; i < lc.rows; ++i) {
        const std::int64_t at = matrix * lc.step + lc.at(i, j);
        T sum = T(alpha) * sum_of_products(&left[std::size_t(i * depth)],
                                           &right[std::size_t(j * depth)], depth);
        if (beta != 0) sum += T(beta) * read<T>(c, lc.type, at);
        if (o.epilogue & CUBLASLT_EPILOGUE_BIAS) sum += read<T>(o.bias, lc.type, i);
        if (o.epilogue & CUBLASLT_EPILOGUE_RELU) sum = sum < 0 ? T(0) : sum;
        write(c, lc.type, at, sum);
      }
  }
}

double number(const void* at, cudaDataType_t type) {
  return type == CUDA_R_64F ? *static_cast<const double*>(at) : *static_cast<const float*>(at);
}

cublasStatus_t multiply_now(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void* alpha,
                            const void* a, cublasLtMatrixLayout_t la, const void* b,
                            cublasLtMatrixLayout_t lb, const void* beta, const void* c,
                            cublasLtMatrixLayout_t lc, void* d, cublasLtMatrixLayout_t ld,
                            const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                            std::size_t workspace_bytes, cudaStream_t stream) {
  if (cuda_emulator::fails("cublasLtMatmul")) return CUBLAS_STATUS_EXECUTION_FAILED;
  const Operation& o = of(operation);
  Chosen expected = chosen_for(o, of(la), of(lb), of(lc)), chosen;
  std::memcpy(&chosen, algorithm, sizeof chosen);
  expected.a = chosen.a, expected.b = chosen.b, expected.c = chosen.c;
  if (!(chosen == expected)) return refuse("the algorithm was chosen for another product");
  if (alignment_of(a) < chosen.a || alignment_of(b) < chosen.b || alignment_of(d) < chosen.c)
    return refuse("addresses are less aligned than promised");
  if (c != d || &of(lc) != &of(ld)) return refuse("the emulator adds in place");
  const Call call = {
      o, of(la), of(lb), of(lc), a, b, d, number(alpha, o.scale), number(beta, o.scale)};
  const cudaError_t error = cuda_emulator::submit(stream, [call, workspace, workspace_bytes] {
    if (workspace_bytes) std::memset(workspace, 0x5A, workspace_bytes);
    call.lc.type == CUDA_R_64F ? multiply<double>(call) : multiply<float>(call);
    return cudaSuccess;
  });
  return error == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace

const CublasLt& cublaslt() {
  static const CublasLt library = [] {
    CublasLt l;
    l.file = "the emulator's cuBLASLt";
    l.cublasLtCreate = create, l.cublasLtDestroy = destroy, l.cublasLtGetStatusName = status_name,
    l.cublasLtGetVersion = version;
    l.cublasLtMatmul = multiply_now, l.cublasLtMatmulAlgoGetHeuristic = choose;
    l.cublasLtMatmulDescCreate = create_operation, l.cublasLtMatmulDescDestroy = destroy_operation,
    l.cublasLtMatmulDescSetAttribute = set_operation;
    l.cublasLtMatmulPreferenceCreate = create_preference,
    l.cublasLtMatmulPreferenceDestroy = destroy_preference;
    l.cublasLtMatmulPreferenceSetAttribute = set_preference;
    l.cublasLtMatrixLayoutCreate = create_layout, l.cublasLtMatrixLayoutDestroy = destroy_layout,
    l.cublasLtMatrixLayoutSetAttribute = set_layout;
    return l;
  }();
  return library;
}

#if TINYGRAD_HAVE_CUDNN
const Cudnn& cudnn() {
  static const Cudnn library = emulated_cudnn();
  return library;
}
#endif

}  // namespace tinygrad::cuda
