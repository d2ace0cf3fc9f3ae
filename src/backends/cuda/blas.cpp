#include "backends/cuda/blas.h"

#include "core/call.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

/// Bytes that an algorithm may ask for; what cuBLAS itself takes on the largest GPUs.
constexpr std::uint64_t most_workspace = 32 << 20;

cudaDataType_t type_of(DType dtype) {
  switch (dtype) {
    case DType::float16: return CUDA_R_16F;
    case DType::bfloat16: return CUDA_R_16BF;
    case DType::float64: return CUDA_R_64F;
    default: return CUDA_R_32F;
  }
}
/// What sums are made in: float32 for all but float64.
cudaDataType_t sum_type_of(DType dtype) {
  return dtype == DType::float64 ? CUDA_R_64F : CUDA_R_32F;
}
cublasComputeType_t compute_type_of(const Product& p) {
  if (p.dtype == DType::float64) return CUBLAS_COMPUTE_64F;
  return p.precision == Float32Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

}  // namespace

/// The product as the library knows it, whose matrices are column-major: cᵀ = bᵀ aᵀ, so its A is
/// our b. What is row-major to us is its transpose to the library.
struct Blas::Plan {
  Plan(const Blas& blas, const Product& p) : blas(blas) {
    blas.check(blas.library_.cublasLtMatmulDescCreate(&operation, compute_type_of(p),
                                                      sum_type_of(p.dtype)),
               "describe a product");
    set(CUBLASLT_MATMUL_DESC_TRANSA, p.b.turned ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, p.a.turned ? CUBLAS_OP_T : CUBLAS_OP_N);
    if (p.bias == Bias::of_columns) set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    a = layout(p, p.k, p.n, p.b);
    b = layout(p, p.m, p.k, p.a);
    c = layout(p, p.m, p.n, p.c);
  }
  ~Plan() {
    for (cublasLtMatrixLayout_t l : {a, b, c})
      if (l) (void)blas.library_.cublasLtMatrixLayoutDestroy(l);
    if (operation) (void)blas.library_.cublasLtMatmulDescDestroy(operation);
  }
  Plan(const Plan&) = delete;

  template <class T> void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    blas.check(
        blas.library_.cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value),
        "describe a product");
  }
  cublasLtMatrixLayout_t layout(const Product& p, std::int64_t rows, std::int64_t columns,
                                const Matrices& m) const {
    if (!m.turned) std::swap(rows, columns);
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
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, m.step);
    return made;
  }

  const Blas& blas;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  std::optional<cublasLtMatmulHeuristicResult_t> choice;
};

namespace {

/// What an algorithm must be content with.
class Preference {
 public:
  Preference(const CublasLt& library, const Product& p) : library_(library) {
    if (library_.cublasLtMatmulPreferenceCreate(&preference_) != CUBLAS_STATUS_SUCCESS)
      throw std::bad_alloc();
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most_workspace);
    // partial sums are not rounded to 16 bits
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
  auto& own = all[&runtime];
  if (!own) own.reset(new Blas(runtime));
  return *own;
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

/// Null where cuBLASLt does not choose while a step is recorded; it may at another time.
Blas::Plan* Blas::plan_of(const Product& p, const void* bias) {
  auto& plan = plans_[p];
  if (plan) return plan.get();
  auto made = std::make_unique<Plan>(*this, p);
  if (p.bias == Bias::of_columns)
    made->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);  // which tells its alignment
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
  plan = std::move(made);
  return plan.get();
}

bool Blas::multiply(const Product& p, const Addresses& at) {
  if (!handle_) return false;
  std::lock_guard lock(mutex_);
  runtime_.make_current();
  Plan* found = plan_of(p, at.bias);
  if (!found || !found->choice) return false;
  Plan& plan = *found;
  if (p.bias == Bias::of_columns) plan.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias);
  const Scratch workspace(runtime_, std::int64_t(plan.choice->workspaceSize));
  const float one = 1, c_factor = p.bias == Bias::in_c ? 1 : 0;
  const double one64 = one, c_factor64 = c_factor;
  const bool is_double = p.dtype == DType::float64;
  check(library_.cublasLtMatmul(
            handle_, plan.operation, is_double ? static_cast<const void*>(&one64) : &one, at.b,
            plan.a, at.a, plan.b, is_double ? static_cast<const void*>(&c_factor64) : &c_factor,
            at.c, plan.c, at.c, plan.c, &plan.choice->algo, workspace.memory().handle,
            plan.choice->workspaceSize, runtime_.stream()),
        "multiply");
  runtime_.launched(cudaSuccess, "cublasLtMatmul", dim3(), dim3());
  return true;
}

std::size_t Blas::plan_count() const {
  std::lock_guard lock(mutex_);
  return plans_.size();
}

}  // namespace tinygrad::cuda
