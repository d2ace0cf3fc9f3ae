// SPDX-License-Identifier: MIT
// Describes products to cuBLASLt, asks it for an algorithm, and runs it.
#include "backends/cuda/blas.h"

#include "core/call.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

/// Bytes of workspace that an algorithm may use: as much as cuBLAS itself takes on the largest
/// GPUs.
constexpr std::uint64_t max_workspace = 32 << 20;

cudaDataType_t type_of(DType dtype) {
  switch (dtype) {
    case DType::float16: return CUDA_R_16F;
    case DType::bfloat16: return CUDA_R_16BF;
    case DType::float64: return CUDA_R_64F;
    default: return CUDA_R_32F;
  }
}
/// The type of the sums: float32 for all dtypes but float64.
cudaDataType_t sum_type_of(DType dtype) {
  return dtype == DType::float64 ? CUDA_R_64F : CUDA_R_32F;
}
cublasComputeType_t compute_type_of(const MatmulPlan& p) {
  if (p.dtype == DType::float64) return CUBLAS_COMPUTE_64F;
  return p.precision == Float32Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

}  // namespace

/// The library's descriptors of a product, and its choice of an algorithm. The library's matrices
/// are column-major, and a row-major matrix is the transpose of one: it computes cᵀ = bᵀ aᵀ, so
/// that its A is our b.
struct Blas::Algorithm {
  Algorithm(const Blas& blas, const MatmulPlan& p) : blas(blas) {
    blas.check(blas.library_.cublasLtMatmulDescCreate(&operation, compute_type_of(p),
                                                      sum_type_of(p.dtype)),
               "describe a product");
    set(CUBLASLT_MATMUL_DESC_TRANSA, p.b.is_column_major ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, p.a.is_column_major ? CUBLAS_OP_T : CUBLAS_OP_N);
    if (p.bias == Bias::epilogue) set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    a = layout(p, p.k, p.n, p.b);
    b = layout(p, p.m, p.k, p.a);
    c = layout(p, p.m, p.n, p.c);
  }
  ~Algorithm() {
    for (cublasLtMatrixLayout_t l : {a, b, c})
      if (l) (void)blas.library_.cublasLtMatrixLayoutDestroy(l);
    if (operation) (void)blas.library_.cublasLtMatmulDescDestroy(operation);
  }
  Algorithm(const Algorithm&) = delete;

  template <class T> void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    blas.check(
        blas.library_.cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value),
        "describe a product");
  }
  cublasLtMatrixLayout_t layout(const MatmulPlan& p, std::int64_t rows, std::int64_t columns,
                                const MatrixLayout& m) const {
    if (!m.is_column_major) std::swap(rows, columns);
    cublasLtMatrixLayout_t made = nullptr;
    blas.check(blas.library_.cublasLtMatrixLayoutCreate(
                   &made, type_of(p.dtype), std::uint64_t(rows), std::uint64_t(columns), m.ld),
               "describe a matrix");
    const auto set = [&](cublasLtMatrixLayoutAttribute_t attribute, const auto& value) {
      blas.check(
          blas.library_.cublasLtMatrixLayoutSetAttribute(made, attribute, &value, sizeof value),
          "describe a matrix");
    };
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, std::int32_t(p.batch));
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, m.batch_stride);
    return made;
  }

  const Blas& blas;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  std::optional<cublasLtMatmulHeuristicResult_t> choice;
};

namespace {

/// A Preference states the requirements on an algorithm: workspace, alignment, and how sums are
/// rounded.
class Preference {
 public:
  Preference(const CublasLt& library, const MatmulPlan& p) : library_(library) {
    if (library_.cublasLtMatmulPreferenceCreate(&preference_) != CUBLAS_STATUS_SUCCESS)
      throw std::bad_alloc();
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, max_workspace);
    // Partial sums must not be rounded to 16 bits.
    if (is_half(p.dtype))
      set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
          std::uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, std::uint32_t(p.b.alignment));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, std::uint32_t(p.a.alignment));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, std::uint32_t(p.c.alignment));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, std::uint32_t(p.c.alignment));
  }
  ~Preference() { (void)library_.cublasLtMatmulPreferenceDestroy(preference_); }
  Preference(const Preference&) = delete;
  operator cublasLtMatmulPreference_t() const { return preference_; }

 private:
  template <class T> void set(cublasLtMatmulPreferenceAttributes_t attribute, const T& value) {
    (void)library_.cublasLtMatmulPreferenceSetAttribute(preference_, attribute, &value,
                                                        sizeof value);
  }
  const CublasLt& library_;
  cublasLtMatmulPreference_t preference_ = nullptr;
};

}  // namespace

// ------------------------------------------------------------ the library

Blas& Blas::of(Runtime& runtime) {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::map<const Runtime*, std::unique_ptr<Blas>>;
  std::lock_guard lock(mutex);
  auto& blas = all[&runtime];
  if (!blas) blas.reset(new Blas(runtime));
  return *blas;
}

Blas::Blas(Runtime& runtime) : runtime_(runtime), library_(cublaslt()) {
  if (!environment::cuda_libraries()) return;
  require<DeviceError>(library_.problem.empty(), running_call(), runtime.name(),
                       " cannot multiply: ", library_.problem);
  runtime.make_current();
  check(library_.cublasLtCreate(&handle_), "open cuBLASLt");
}

void Blas::check(cublasStatus_t status, const char* doing) const {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail<DeviceError>(running_call(), runtime_.name(), " could not ", doing, ": ",
                    library_.cublasLtGetStatusName(status));
}

/// Null if cuBLASLt fails to choose while a step is recorded; it may succeed at another time.
Blas::Algorithm* Blas::algorithm_for(const MatmulPlan& p, const void* bias) {
  auto& algorithm = algorithms_[p];
  if (algorithm) return algorithm.get();
  auto made = std::make_unique<Algorithm>(*this, p);
  if (p.bias == Bias::epilogue)
    made->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);  // from which it takes the alignment
  cublasLtMatmulHeuristicResult_t first = {};
  int found = 0;
  const cublasStatus_t status =
      library_.cublasLtMatmulAlgoGetHeuristic(handle_, made->operation, made->a, made->b, made->c,
                                              made->c, Preference(library_, p), 1, &first, &found);
  if (status == CUBLAS_STATUS_SUCCESS && found == 1 && first.state == CUBLAS_STATUS_SUCCESS)
    made->choice = first;
  else if (status != CUBLAS_STATUS_NOT_SUPPORTED && status != CUBLAS_STATUS_INVALID_VALUE) {
    if (runtime_.is_recording()) return nullptr;
    check(status, "choose an algorithm for a product");
  }
  algorithm = std::move(made);
  return algorithm.get();
}

bool Blas::multiply(const MatmulPlan& p, const Addresses& at) {
  if (!handle_) return false;
  std::lock_guard lock(mutex_);
  runtime_.make_current();
  Algorithm* algorithm = algorithm_for(p, at.bias);
  if (!algorithm || !algorithm->choice) return false;
  if (p.bias == Bias::epilogue) algorithm->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias);
  const Scratch workspace(runtime_, std::int64_t(algorithm->choice->workspaceSize));
  const float alpha = 1, beta = p.bias == Bias::in_c ? 1 : 0;
  const double alpha64 = alpha, beta64 = beta;
  const bool is_double = p.dtype == DType::float64;
  check(library_.cublasLtMatmul(
            handle_, algorithm->operation, is_double ? static_cast<const void*>(&alpha64) : &alpha,
            at.b, algorithm->a, at.a, algorithm->b,
            is_double ? static_cast<const void*>(&beta64) : &beta, at.c, algorithm->c, at.c,
            algorithm->c, &algorithm->choice->algo, workspace.memory().handle,
            algorithm->choice->workspaceSize, runtime_.stream()),
        "multiply");
  runtime_.launched(cudaSuccess, "cublasLtMatmul", dim3(), dim3());
  return true;
}

std::size_t Blas::plan_count() const {
  std::lock_guard lock(mutex_);
  return algorithms_.size();
}

}  // namespace tinygrad::cuda
