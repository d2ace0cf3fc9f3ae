// Products by cuBLASLt. Which algorithm serves a product best is asked once and kept as a plan.
#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "backends/cuda/library.h"
#include "backends/cuda/product.h"
#include "backends/cuda/runtime.h"

namespace tinygrad::cuda {

class Blas {
 public:
  /// A device's, which it keeps as long as the process lives.
  static Blas& of(Runtime& runtime);

  /// Where the first elements of a product's operands lie; bias is read where the product says
  /// of_columns.
  struct Addresses {
    const void *a, *b, *bias;
    void* c;
  };
  /// False where the library has no algorithm for it, or is switched off
  /// (TINYGRAD_CUDA_LIBRARIES=0).
  bool multiply(const Product& product, const Addresses& at);
  std::size_t plan_count() const;

 private:
  struct Plan;
  explicit Blas(Runtime& runtime);
  Plan* plan_of(const Product& product, const void* bias);
  void check(cublasStatus_t status, const char* doing) const;

  Runtime& runtime_;
  const CublasLt& library_;
  cublasLtHandle_t handle_ = nullptr;
  mutable std::mutex mutex_;
  std::map<Product, std::unique_ptr<Plan>> plans_;
};

}  // namespace tinygrad::cuda
