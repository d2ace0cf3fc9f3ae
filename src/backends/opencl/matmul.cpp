// Products: sizes, strides and batches for the kernel of matmul.cl.
#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

/// All dimensions but the last two.
Dims outer(const Dims& dims) { return {dims.begin(), dims.rank() - 2}; }

}  // namespace

void matmul(Runtime& runtime, const View& a, const View& b, const View& out) {
  if (out.count() == 0) return;
  const Dims shape = outer(out.shape()), of_out = outer(out.strides()), of_a = outer(a.strides()), of_b = outer(b.strides());
  const Extents extents[] = {
      {shape.rank(), shape.begin(), of_out.begin()}, {shape.rank(), shape.begin(), of_a.begin()}, {shape.rank(), shape.begin(), of_b.begin()}};
  const Layout batch = make_layout(extents, 3, true);
  const std::int64_t m = out.size(-2), n = out.size(-1), k = a.size(-1);
  const std::size_t side = runtime.traits().group >= 64 ? 8 : 1;
  const std::int64_t bytes = std::int64_t(std::max({a.memory().bytes, b.memory().bytes, out.memory().bytes}));
  Launch launch(runtime, "matmul.cl", "tiles");
  launch.type("T", out.dtype()).define("SIDE", int(side)).indices(fits_32_bits(bytes));
  launch.view(a).view(b).view(out).index(m).index(n).index(k);
  for (const View* v : {&a, &b, &out}) launch.index(v->stride(v->rank() - 2)).index(v->stride(v->rank() - 1));
  launch.walk(batch, 3).run({{n, m, batch.count}, {side, side, 1}}, m * n * batch.count * std::max<std::int64_t>(k, 1));
}

}  // namespace tinygrad::opencl
