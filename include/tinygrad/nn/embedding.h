// Lookup tables of vectors.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// Rows of weight [count, features] by index: int64 [...] -> [..., features].
class TINYGRAD_API Embedding : public Module {
 public:
  Embedding(std::int64_t count, std::int64_t features,
            SourceLocation location = SourceLocation::current());
  Parameter weight;

 private:
  Tensor forward(const Tensor& index) override;
};

}  // namespace tinygrad::nn
