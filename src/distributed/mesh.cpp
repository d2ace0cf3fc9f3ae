// SPDX-License-Identifier: MIT
// The groups of a mesh, from the position of a rank in it.
#include "tinygrad/distributed/mesh.h"

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

}  // namespace tinygrad::distributed
