// SPDX-License-Identifier: MIT
// Launches weighted sums along one dimension (resample.cl).
#include <algorithm>

#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {

bool resample(Runtime& runtime, const View& x, int dim, const View& index, const View& weight,
              const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  const Lines lines = lines_along(x, dim);
  Launch launch(runtime, "resample.cl", "resample");
  launch.type("T", y.dtype())
      .indices(fits_32_bits(std::max({x.count(), y.count(), index.count()})))
      .view(from)
      .view(index)
      .view(weight)
      .view(to)
      .index(y.count())
      .index(index.size(0))
      .index(x.size(dim))
      .index(y.size(dim))
      .index(lines.inner)
      .run(y.count(), y.count() * index.size(0));
  to.finish();
  return true;
}

}  // namespace tinygrad::opencl
