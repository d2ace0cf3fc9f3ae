// SPDX-License-Identifier: MIT
// Launches counter-based random numbers and dropout (random.cl), with the words of
// tinygrad/random.h.
#include "backends/opencl/dense.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

void random(Runtime& runtime, Distribution distribution, const PhiloxKey& key, Scalar low,
            Scalar high, const View& out) {
  if (out.count() == 0) return;
  const Extents extents[] = {extents_of(out)};
  const Layout layout = make_layout(extents, 1, false);
  const int width = runtime.is_cpu_form() ? runtime.traits().width : 1;
  const std::int64_t values = width * 16 / std::int64_t(size_of(out.dtype()));  // per work-item
  Launch launch(runtime, "random.cl", "draw");
  launch.type("T", out.dtype()).define("WIDTH", width).indices(fits_32_bits(layout, 1));
  if (distribution == Distribution::integer) launch.define("INTEGER", "");
  if (distribution == Distribution::normal) launch.define("NORMAL", "");
  if (out.dtype() == DType::float64) launch.define("WIDE", "");
  launch.view(out)
      .value(cl_ulong(key.seed))
      .view(key.call.view)
      .value(cl_long(key.call.scalar.integer()));
  launch.scalar(low, out.dtype())
      .scalar(high, out.dtype())
      .index(layout.count)
      .layout("layout", layout, 1);
  launch.run(ceil_div(layout.count, values), layout.count);
}

bool dropout(Runtime& runtime, const View& x, double p, const PhiloxKey& key, const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  const int width = runtime.is_cpu_form() ? runtime.traits().width : 1;
  const std::int64_t values = width * (y.dtype() == DType::float64 ? 2 : 4);  // per work-item
  Launch launch(runtime, "random.cl", "dropout");
  launch.type("T", y.dtype()).define("WIDTH", width).indices(fits_32_bits(y.count() + values));
  if (y.dtype() == DType::float64) launch.define("WIDE", "");
  launch.view(from)
      .view(to)
      .value(cl_ulong(key.seed))
      .view(key.call.view)
      .value(cl_long(key.call.scalar.integer()));
  launch.scalar(p, y.dtype()).index(y.count()).run(ceil_div(y.count(), values), y.count());
  to.finish();
  return true;
}

}  // namespace tinygrad::opencl
