// SPDX-License-Identifier: MIT
// Launches attention and its gradients (attention.cl): chooses the tiles.
#include <algorithm>

#include "backends/common/views.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/matmul.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

/// The sizes of tiles (attention.cl).
struct Tiles {
  int side, width, size;
};
/// The largest tiles that fit into local memory, where they have `left` rows of features beside the
/// weights and the right factor; of size 0 if none do.
Tiles tiles_for(Runtime& runtime, DType dtype, std::int64_t left, std::int64_t widest) {
  const bool is_cpu = runtime.is_cpu_form();
  Tiles t = {!is_cpu && runtime.traits().group >= 64 ? 8 : 1, 0, is_cpu ? 64 : 32};
  const std::int64_t capacity =
      std::int64_t(runtime.properties().local_memory / size_of(computed_dtype(dtype)));
  for (; t.size >= 8; t.size /= 2) {
    t.width = is_cpu ? std::min(lanes_of(runtime, dtype), t.size) : std::min(4, t.size / t.side);
    const std::int64_t right = round_up(widest, t.side * t.width) * (t.size + t.width);
    // One element more in each row, and one for each item's part of a row.
    if (t.size * (left + 2 + t.size + 1 + t.side) + right <= capacity) return t;
  }
  return {};
}

/// The launches for q [B, H, L, E], k [B, H, S, E] and v [B, H, S, Ev].
class Heads {
 public:
  Heads(Runtime& runtime, const View& q, const View& v, const View& mask, double scale,
        bool is_causal, bool is_grad)
      : runtime_(runtime),
        mask_(mask),
        scale_(scale),
        is_causal_(is_causal),
        batches_(q.size(0)),
        heads_(q.size(1)),
        queries_(q.size(2)),
        keys_(v.size(2)),
        features_(q.size(3)),
        values_(v.size(3)) {
    is_narrow_ = fits_32_bits(batches_ * heads_ * std::max(queries_, keys_) *
                              std::max(features_, values_)) &&
                 fits_32_bits(std::int64_t(mask.memory().bytes));
    if (fits_32_bits(features_ + values_))
      tiles_ = tiles_for(runtime, q.dtype(), features_ + (is_grad ? values_ : 0),
                         std::max(features_, values_));
  }
  bool fit() const { return tiles_.size > 0; }

  Launch begin(const char* kernel, DType dtype) const {
    Launch launch(runtime_, "attention.cl", kernel);
    launch.type("T", dtype)
        .define("E", int(features_))
        .define("EV", int(values_))
        .define("SIDE", tiles_.side)
        .define("WIDTH", tiles_.width)
        .define("TILE", tiles_.size)
        .define("CAUSAL", is_causal_)
        .define("GROUP", 1);
    return launch.indices(is_narrow_);
  }
  /// Passes the last arguments (SCORES) and runs the kernel. Its rows are queries, or keys.
  void run(Launch& launch, DType dtype, bool by_keys) const {
    const View mask = by_keys ? transposed(mask_) : mask_;
    const std::int64_t rows = by_keys ? keys_ : queries_, columns = by_keys ? queries_ : keys_,
                       matrices = batches_ * heads_;
    launch.view(mask);
    for (int d = 0; d < 4; ++d) launch.index(mask ? mask.stride(d) : 0);
    launch.index(heads_).index(rows).index(columns).scalar(scale_, dtype);
    launch.run({{ceil_div(rows, tiles_.size) * tiles_.side, tiles_.side, matrices},
                {std::size_t(tiles_.side), std::size_t(tiles_.side), 1}},
               matrices * queries_ * keys_ * (features_ + values_));
  }

 private:
  Runtime& runtime_;
  View mask_;
  double scale_;
  bool is_causal_, is_narrow_;
  std::int64_t batches_, heads_, queries_, keys_, features_, values_;
  Tiles tiles_ = {};
};

}  // namespace

bool attention(Runtime& runtime, const View& q, const View& k, const View& v, const View& mask,
               double scale, bool is_causal, const View& y, const View& largest,
               const View& factor) {
  if (q.count() == 0 || k.count() == 0 || v.count() == 0) return false;
  const Heads heads(runtime, q, v, mask, scale, is_causal, false);
  if (!heads.fit()) return false;
  const Input queries(runtime, q), keys(runtime, k), values(runtime, v);
  const Output to(runtime, y), to_largest(runtime, largest), to_factor(runtime, factor);
  Launch launch = heads.begin("attention", y.dtype());
  launch.view(queries).view(keys).view(values).view(to).view(to_largest).view(to_factor);
  heads.run(launch, y.dtype(), false);
  to.finish(), to_largest.finish(), to_factor.finish();
  return true;
}

bool attention_grad(Runtime& runtime, const View& dy, const View& q, const View& k, const View& v,
                    const View& mask, const View& y, const View& largest, const View& factor,
                    double scale, bool is_causal, const View& dq, const View& dk, const View& dv) {
  if (q.count() == 0 || k.count() == 0 || v.count() == 0) return false;
  const Heads heads(runtime, q, v, mask, scale, is_causal, true);
  if (!heads.fit()) return false;
  const DType dtype = dq.dtype();
  const Input grads(runtime, dy), queries(runtime, q), keys(runtime, k), values(runtime, v),
      outputs(runtime, y), maxima(runtime, largest), factors(runtime, factor);
  const Output to_q(runtime, dq), to_k(runtime, dk), to_v(runtime, dv);
  const ScratchView delta(runtime, largest.dtype(), largest.shape());
  LineLaunch products(runtime, "attention.cl", "attention_delta", dtype,
                      {largest.count(), y.size(3), 1});
  products.view(grads).view(outputs).view(delta);
  products.run_lines();
  Launch by_queries = heads.begin("attention_grad", dtype);
  by_queries.view(queries).view(grads).view(keys).view(values);
  by_queries.view(maxima).view(factors).view(delta);
  by_queries.view(to_q).view({});
  heads.run(by_queries, dtype, false);
  Launch by_keys = heads.begin("attention_grad", dtype);
  by_keys.define("BY_KEYS", "");
  by_keys.view(keys).view(values).view(queries).view(grads);
  by_keys.view(maxima).view(factors).view(delta);
  by_keys.view(to_k).view(to_v);
  heads.run(by_keys, dtype, true);
  to_q.finish(), to_k.finish(), to_v.finish();
  return true;
}

}  // namespace tinygrad::opencl
