// SPDX-License-Identifier: MIT
// The groups of a mesh, from the position of a rank in it, and the norm of gradients on a mesh.
#include "tinygrad/distributed/mesh.h"

#include <algorithm>
#include <limits>

#include "tinygrad/distributed/collectives.h"
#include "tinygrad/distributed/sharding.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim/clip.h"

namespace tinygrad::distributed {

Mesh::Mesh(const MeshSizes& s, const Group& group, SourceLocation location) {
  require(s.data > 0 && s.pipeline > 0 && s.tensor > 0 &&
              std::int64_t(s.data) * s.pipeline * s.tensor == group.size(),
          {"Mesh", location}, s.data, " data, ", s.pipeline, " pipeline and ", s.tensor,
          " tensor parallel parts need as many ranks as their product; there are ", group.size());
  const int t = group.rank() % s.tensor, rest = group.rank() / s.tensor;
  const int d = rest % s.data, p = rest / s.data;
  tensor = group.split(rest, t, location);
  data = group.split(p * s.tensor + t, d, location);
  pipeline = group.split(d * s.tensor + t, p, location);
}

double clip_grad_norm_(const nn::Module& stage, double max_norm, const Mesh& mesh,
                       const std::vector<Tensor>& tied, SourceLocation location) {
  std::vector<Tensor> counted, all = stage.parameters();
  for (const Tensor& p : all) {
    const bool is_copy =
        mesh.pipeline.rank() > 0 &&
        std::ranges::any_of(tied, [&](const Tensor& t) { return t.impl() == p.impl(); });
    if (!is_copy && (is_sharded(p) || mesh.tensor.rank() == 0)) counted.push_back(p);
  }
  constexpr double none = std::numeric_limits<double>::infinity();
  const double own = optim::clip_grad_norm_(counted, none, location).item<double>();
  Tensor squares = full({}, own * own, {.dtype = DType::float64, .device = "cpu"});
  for (const Group& group : {mesh.tensor, mesh.pipeline})
    squares = all_reduce({squares, location}, Reduce::sum, group);
  const Tensor norm = sqrt(squares);
  optim::clip_grads_with_norm_(all, max_norm, norm, location);
  return norm.item<double>();
}

}  // namespace tinygrad::distributed
