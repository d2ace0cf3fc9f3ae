// SPDX-License-Identifier: MIT
// Computes matrix products by cuBLASLt. The algorithm for each kind of product is asked for once
// and kept as a plan.
#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "backends/cuda/library.h"
#include "backends/cuda/matmul_plan.h"
#include "backends/cuda/runtime.h"

namespace tinygrad::cuda {

class Blas {
 public:
  /// The instance of a device, which lives until the process ends.
  static Blas& of(Runtime& runtime);

  /// Addresses of the first elements of the operands; bias is read only for Bias::epilogue.
  struct Addresses {
    const void *a, *b, *bias;
    void* c;
  };
  /// c = a b + bias; returns false if the library has no algorithm for it, or is switched off
  /// (TINYGRAD_CUDA_LIBRARIES=0).
  bool multiply(const MatmulPlan& plan, const Addresses& at);
  std::size_t plan_count() const;

 private:
  struct Algorithm;
  explicit Blas(Runtime& runtime);
  Algorithm* algorithm_for(const MatmulPlan& plan, const void* bias);
  void check(cublasStatus_t status, const char* doing) const;

  Runtime& runtime_;
  const CublasLt& library_;
  cublasLtHandle_t handle_ = nullptr;
  mutable std::mutex mutex_;
  std::map<MatmulPlan, std::unique_ptr<Algorithm>> algorithms_;
};

}  // namespace tinygrad::cuda
