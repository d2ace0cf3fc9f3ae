// SPDX-License-Identifier: MIT
// Computes one step of SGD or Adam over lists of parameters, with many parameters in one launch. A
// block processes a part of one parameter.
#include <cmath>

#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/kernels.h"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256, part_size = 8192;
constexpr int max_parameters = 32;  // of a launch: their addresses are arguments of the kernel

/// The arrays of some parameters: w, g, and, if the optimizer has them, m and v.
struct Parameters {
  char* at[4][max_parameters];
  std::uint32_t counts[max_parameters];       // elements of each parameter
  std::uint32_t first_parts[max_parameters];  // index of each parameter's first block
  int count;
  DType dtype;
  bool vec4;  // all arrays are aligned for vectors of four
};
/// The part of a parameter that a block processes.
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

/// Calls f(values) for every element of the block's part, with its value in each array. f may
/// change the values of the arrays that are `written`; the others are inputs. All loads of a vector
/// are in flight before one is used.
template <int lists, class T, class F>
__device__ __forceinline__ void for_each_element(const Parameters& p, const bool (&written)[lists],
                                                 const F& f) {
  const Part part(p);
  Array<T> arrays[lists];
#pragma unroll
  for (int k = 0; k < lists; ++k) arrays[k] = array<T>(p, part, k);
  if constexpr (std::is_same_v<T, float>)
    if (p.vec4) {
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
          T element[lists];
#pragma unroll
          for (int k = 0; k < lists; ++k) element[k] = values[k][e];
          f(element);
#pragma unroll
          for (int k = 0; k < lists; ++k) values[k][e] = element[k];
        }
#pragma unroll
        for (int k = 0; k < lists; ++k)
          if (written[k]) write(arrays[k], i, lanes, values[k]);
      }
      return;
    }
  for (std::uint32_t i = part.begin + threadIdx.x; i < part.end; i += threads) {
    T element[lists];
#pragma unroll
    for (int k = 0; k < lists; ++k) element[k] = load(arrays[k], i);
    f(element);
#pragma unroll
    for (int k = 0; k < lists; ++k)
      if (written[k]) store(arrays[k], i, element[k]);
  }
}

template <class T> struct Sgd {
  Number lr, overflow;
  T momentum, decay, grad_factor;  // 1 - dampening
  bool nesterov, is_first;
};
/// Bytes: w and m twice, g once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T, int lists>
__global__ void __launch_bounds__(threads) sgd_parts(const Parameters p, const Sgd<T> s) {
  if (s.overflow.template value<T>() != 0) return;
  const T rate = s.lr.template value<T>();
  constexpr bool is_written[] = {true, false, true};
  bool written[lists];
#pragma unroll
  for (int k = 0; k < lists; ++k) written[k] = is_written[k];
  for_each_element<lists, T>(p, written, [&](T(&v)[lists]) {
    T d = v[1];
    if (s.decay != 0) d += s.decay * v[0];
    if constexpr (lists == 3) {
      v[2] = s.is_first ? d : s.momentum * v[2] + s.grad_factor * d;
      d = s.nesterov ? d + s.momentum * v[2] : v[2];
    }
    v[0] -= rate * d;
  });
}

template <class T> struct Adam {
  Number lr, step, overflow;
  T beta1, one_minus_beta1, log_beta1, beta2, one_minus_beta2, log_beta2, eps, decay;
  bool decoupled;
};
/// Bytes: w, m and v twice, g once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T>
__global__ void __launch_bounds__(threads) adam_parts(const Parameters p, const Adam<T> s) {
  if (s.overflow.template value<T>() != 0) return;
  // 1 - beta^step by expm1: if beta is near 1, the difference would have few correct digits.
  const T rate = s.lr.template value<T>(), step = s.step.template value<T>(),
          weight_decay_factor = 1 - rate * s.decay;
  const T scale = rate / -std::expm1(step * s.log_beta1),
          root_scale = 1 / std::sqrt(-std::expm1(step * s.log_beta2));
  for_each_element<4, T>(p, {true, false, true, true}, [&](T(&v)[4]) {
    T d = v[1];
    if (s.decoupled) v[0] *= weight_decay_factor;
    else if (s.decay != 0) d += s.decay * v[0];
    v[2] = s.beta1 * v[2] + s.one_minus_beta1 * d;
    v[3] = s.beta2 * v[3] + s.one_minus_beta2 * d * d;
    v[0] -= scale * (v[2] / (std::sqrt(v[3]) * root_scale + s.eps));
  });
}

// ------------------------------------------------------------ calls

/// Splits the lists of a step into launches.
class Launches {
 public:
  explicit Launches(std::initializer_list<Views> lists) : lists_(lists) {}

  /// Returns whether the kernels can take these arrays: floating, of one dtype, and dense.
  bool fits() const {
    const DType dtype = lists_[0][0].dtype();
    bool fits = is_floating(dtype);
    for (Views list : lists_)
      for (const View& v : list) fits = fits && v.dtype() == dtype && v.is_dense();
    return fits;
  }
  /// Calls f(parameters, blocks) for as many parameters at a time as one launch can take.
  template <class F> void for_each(const F& f) {
    clear();
    for (std::size_t i = 0; i < lists_[0].size(); ++i)
      for (std::int64_t begin = 0; begin < lists_[0][i].count(); begin += max_elements)
        add(i, begin, f);
    flush(f);
  }

 private:
  /// Elements: a larger parameter is split, as if it were several.
  static constexpr std::int64_t max_elements = std::int64_t(1) << 30;

  void clear() {
    current_ = {};
    current_.dtype = lists_[0][0].dtype(), current_.vec4 = true;
    blocks_ = 0;
  }
  template <class F> void add(std::size_t i, std::int64_t begin, const F& f) {
    if (current_.count == max_parameters) flush(f);
    for (std::size_t k = 0; k < lists_.size(); ++k) {
      char* at = begin_of<char>(lists_[k][i], begin);
      current_.at[k][current_.count] = at;
      current_.vec4 = current_.vec4 &&
                      reinterpret_cast<std::uintptr_t>(at) % (4 * size_of(current_.dtype)) == 0;
    }
    current_.counts[current_.count] =
        std::uint32_t(std::min(max_elements, lists_[0][i].count() - begin));
    current_.first_parts[current_.count] = blocks_;
    blocks_ += std::uint32_t(ceil_div(current_.counts[current_.count++], part_size));
  }
  template <class F> void flush(const F& f) {
    if (current_.count > 0) f(current_, blocks_);
    clear();
  }

  std::vector<Views> lists_;
  Parameters current_;
  std::uint32_t blocks_ = 0;
};

}  // namespace

bool sgd(Runtime& runtime, Views w, Views g, Views m, const SgdStep& s) {
  if (w.empty()) return true;
  const bool has_momentum = s.momentum != 0;
  Launches launches = has_momentum ? Launches({w, g, m}) : Launches({w, g});
  if (!launches.fits()) return false;
  with_real(w[0].dtype(), [&]<class T>(T) {
    const Sgd<T> settings = {
        Number(s.lr),       Number(s.overflow), T(s.momentum), T(s.weight_decay),
        T(1 - s.dampening), s.nesterov,         s.first};
    launches.for_each([&](const Parameters& p, std::uint32_t blocks) {
      launch(runtime, "sgd", blocks, threads, has_momentum ? sgd_parts<T, 3> : sgd_parts<T, 2>, p,
             settings);
    });
  });
  return true;
}

bool adam(Runtime& runtime, Views w, Views g, Views m, Views v, const AdamStep& s) {
  if (w.empty()) return true;
  Launches launches({w, g, m, v});
  if (!launches.fits()) return false;
  with_real(w[0].dtype(), [&]<class T>(T) {
    const Adam<T> settings = {Number(s.lr), Number(s.step),    Number(s.overflow),
                              T(s.beta1),   T(1 - s.beta1),    T(std::log(s.beta1)),
                              T(s.beta2),   T(1 - s.beta2),    T(std::log(s.beta2)),
                              T(s.eps),     T(s.weight_decay), s.decoupled};
    launches.for_each([&](const Parameters& p, std::uint32_t blocks) {
      launch(runtime, "adam", blocks, threads, adam_parts<T>, p, settings);
    });
  });
  return true;
}

}  // namespace tinygrad::cuda
