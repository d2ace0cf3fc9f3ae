// One optimizer step over lists of parameters, many of them in a launch. A block has a part of one
// parameter.
#include <cmath>

#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/kernels.h"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256, part_size = 8192;
constexpr int together = 32;  // parameters of a launch: their addresses are its arguments

/// The arrays of some parameters: w, g and, where there are such, m and v.
struct Parameters {
  char* at[4][together];
  std::uint32_t counts[together];       // elements, of what is left of a parameter
  std::uint32_t first_parts[together];  // the number of a parameter's first block
  int count;
  DType dtype;
  bool fours;  // all arrays begin where a vector of four may
};
/// The part that a block has.
struct Part {
  int parameter = 0;
  std::uint32_t begin, end;
  __device__ __forceinline__ explicit Part(const Parameters& p) {
    while (parameter + 1 < p.count && blockIdx.x >= p.first_parts[parameter + 1]) ++parameter;
    begin = (blockIdx.x - p.first_parts[parameter]) * part_size;
    end = begin + part_size < p.counts[parameter] ? begin + part_size : p.counts[parameter];
  }
};
template <class T>
__device__ __forceinline__ Array<T> array(const Parameters& p, const Part& part, int list) {
  return {p.at[list][part.parameter], p.dtype, 1, 0};
}

/// f(values...) for the elements of a part, in fours: f changes the values of the arrays `written`,
/// the others are inputs. All arrays are read before one is used.
template <int lists, class T, class F>
__device__ __forceinline__ void each_element(const Parameters& p, const bool (&written)[lists],
                                             const F& f) {
  const Part part(p);
  Array<T> arrays[lists];
#pragma unroll
  for (int k = 0; k < lists; ++k) arrays[k] = array<T>(p, part, k);
  if constexpr (std::is_same_v<T, float>)
    if (p.fours) {
      for (std::uint32_t i = part.begin + threadIdx.x * 4; i < part.end; i += threads * 4) {
        const int lanes = part.end - i < 4 ? int(part.end - i) : 4;
        Four raw[lists];
        float values[lists][4];
#pragma unroll
        for (int k = 0; k < lists; ++k) raw[k] = fetch(arrays[k], i, 0, lanes);
#pragma unroll
        for (int k = 0; k < lists; ++k) unpack(arrays[k], lanes, raw[k], values[k]);
#pragma unroll
        for (int e = 0; e < 4; ++e) {
          T some[lists];
#pragma unroll
          for (int k = 0; k < lists; ++k) some[k] = values[k][e];
          f(some);
#pragma unroll
          for (int k = 0; k < lists; ++k) values[k][e] = some[k];
        }
#pragma unroll
        for (int k = 0; k < lists; ++k)
          if (written[k]) write(arrays[k], i, lanes, values[k]);
      }
      return;
    }
  for (std::uint32_t i = part.begin + threadIdx.x; i < part.end; i += threads) {
    T some[lists];
#pragma unroll
    for (int k = 0; k < lists; ++k) some[k] = load(arrays[k], i);
    f(some);
#pragma unroll
    for (int k = 0; k < lists; ++k)
      if (written[k]) store(arrays[k], i, some[k]);
  }
}

template <class T> struct Sgd {
  Number lr, overflow;
  T momentum, decay, fresh;  // fresh: 1 - dampening
  bool nesterov, is_first;
};
/// Bytes: w and m twice, g once. Expected at nine tenths of the bandwidth; not measured.
template <class T, int lists>
__global__ void __launch_bounds__(threads) sgd_parts(const Parameters p, const Sgd<T> s) {
  if (s.overflow.template value<T>() != 0) return;
  const T rate = s.lr.template value<T>();
  constexpr bool all[] = {true, false, true};
  bool written[lists];
#pragma unroll
  for (int k = 0; k < lists; ++k) written[k] = all[k];
  each_element<lists, T>(p, written, [&](T(&v)[lists]) {
    T d = v[1];
    if (s.decay != 0) d += s.decay * v[0];
    if constexpr (lists == 3) {
      v[2] = s.is_first ? d : s.momentum * v[2] + s.fresh * d;
      d = s.nesterov ? d + s.momentum * v[2] : v[2];
    }
    v[0] -= rate * d;
  });
}

template <class T> struct Adam {
  Number lr, step, overflow;
  T beta1, rest1, log_beta1, beta2, rest2, log_beta2, eps, decay;  // rest: 1 - beta
  bool decoupled;
};
/// Bytes: w, m and v twice, g once. Expected at nine tenths of the bandwidth; not measured.
template <class T>
__global__ void __launch_bounds__(threads) adam_parts(const Parameters p, const Adam<T> s) {
  if (s.overflow.template value<T>() != 0) return;
  // 1 - beta^step by expm1: with beta near 1 a power would leave few digits
  const T rate = s.lr.template value<T>(), step = s.step.template value<T>(),
          keep = 1 - rate * s.decay;
  const T scale = rate / -std::expm1(step * s.log_beta1),
          to_root = 1 / std::sqrt(-std::expm1(step * s.log_beta2));
  each_element<4, T>(p, {true, false, true, true}, [&](T(&v)[4]) {
    T d = v[1];
    if (s.decoupled) v[0] *= keep;
    else if (s.decay != 0) d += s.decay * v[0];
    v[2] = s.beta1 * v[2] + s.rest1 * d;
    v[3] = s.beta2 * v[3] + s.rest2 * (d * d);
    v[0] -= scale * (v[2] / (std::sqrt(v[3]) * to_root + s.eps));
  });
}

// ------------------------------------------------------------ calls

/// The lists of a step, launch by launch.
class Step {
 public:
  explicit Step(std::initializer_list<Views> lists) : lists_(lists) {}

  /// Whether there is a kernel for these arrays: floats of one dtype, and dense.
  bool fits() const {
    const DType dtype = lists_[0][0].dtype();
    bool fits = is_floating(dtype);
    for (Views list : lists_)
      for (const View& v : list) fits = fits && v.dtype() == dtype && v.is_dense();
    return fits;
  }
  /// Calls f(parameters, blocks) for as many parameters at a time as a launch takes.
  template <class F> void each(const F& f) {
    clear();
    for (std::size_t i = 0; i < lists_[0].size(); ++i)
      for (std::int64_t begin = 0; begin < lists_[0][i].count(); begin += most) add(i, begin, f);
    flush(f);
  }

 private:
  static constexpr std::int64_t most =
      std::int64_t(1) << 30;  // elements: of larger parameters, so many are taken for one

  void clear() {
    now_ = {};
    now_.dtype = lists_[0][0].dtype(), now_.fours = true;
    blocks_ = 0;
  }
  template <class F> void add(std::size_t i, std::int64_t begin, const F& f) {
    if (now_.count == together) flush(f);
    for (std::size_t k = 0; k < lists_.size(); ++k) {
      char* at = begin_of<char>(lists_[k][i], begin);
      now_.at[k][now_.count] = at;
      now_.fours =
          now_.fours && reinterpret_cast<std::uintptr_t>(at) % (4 * size_of(now_.dtype)) == 0;
    }
    now_.counts[now_.count] = std::uint32_t(std::min(most, lists_[0][i].count() - begin));
    now_.first_parts[now_.count] = blocks_;
    blocks_ += std::uint32_t(ceil_div(now_.counts[now_.count++], part_size));
  }
  template <class F> void flush(const F& f) {
    if (now_.count > 0) f(now_, blocks_);
    clear();
  }

  std::vector<Views> lists_;
  Parameters now_;
  std::uint32_t blocks_ = 0;
};

}  // namespace

bool sgd(Runtime& runtime, Views w, Views g, Views m, const SgdStep& s) {
  if (w.empty()) return true;
  const bool has_momentum = s.momentum != 0;
  Step step = has_momentum ? Step({w, g, m}) : Step({w, g});
  if (!step.fits()) return false;
  with_real(w[0].dtype(), [&]<class T>(T) {
    const Sgd<T> numbers = {
        Number(s.lr),       Number(s.overflow), T(s.momentum), T(s.weight_decay),
        T(1 - s.dampening), s.nesterov,         s.first};
    step.each([&](const Parameters& p, std::uint32_t blocks) {
      launch(runtime, "sgd", blocks, threads, has_momentum ? sgd_parts<T, 3> : sgd_parts<T, 2>, p,
             numbers);
    });
  });
  return true;
}

bool adam(Runtime& runtime, Views w, Views g, Views m, Views v, const AdamStep& s) {
  if (w.empty()) return true;
  Step step({w, g, m, v});
  if (!step.fits()) return false;
  with_real(w[0].dtype(), [&]<class T>(T) {
    const Adam<T> numbers = {Number(s.lr), Number(s.step),    Number(s.overflow),
                             T(s.beta1),   T(1 - s.beta1),    T(std::log(s.beta1)),
                             T(s.beta2),   T(1 - s.beta2),    T(std::log(s.beta2)),
                             T(s.eps),     T(s.weight_decay), s.decoupled};
    step.each([&](const Parameters& p, std::uint32_t blocks) {
      launch(runtime, "adam", blocks, threads, adam_parts<T>, p, numbers);
    });
  });
  return true;
}

}  // namespace tinygrad::cuda
