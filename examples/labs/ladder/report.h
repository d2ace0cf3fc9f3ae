// SPDX-License-Identifier: MIT
// How a ladder is shown: the rate of each rung, its share of the limit, and its error.
#pragma once
#include <tinygrad/tinygrad.h>

#include "labs/lab.h"
#include "labs/ladder/machine.h"

namespace ladder {

/// One rung: its rates for each size, its result for the last one, and what rounding errors can
/// have done to each element of it.
struct Rung {
  plot::Text name;
  std::vector<double> gflops = {};
  tinygrad::Tensor result = {}, bound = {};
};

/// The rate of a product of [m, k] and [k, n] in GFLOP/s; a multiply-add counts as two operations.
inline double rate(double m, double n, double k, double seconds) {
  return 2e-9 * m * n * k / seconds;
}
inline bool same_bits(const Rung& a, const Rung& b) { return tinygrad::equal(a.result, b.result); }

/// What `roundings` roundings in turn, each by u = 2^-24 at most, do to a sum of which `absolute`
/// is the sum of the absolute values: γ absolute with γ = n u / (1 - n u). Higham, 2002, "Accuracy
/// and Stability of Numerical Algorithms", section 3.1. In float64.
tinygrad::Tensor bound(int roundings, const tinygrad::Tensor& absolute);

/// Prints the table OUT/NAME.csv and draws its picture; claims that the errors are in their bounds.
/// sizes: names of the columns of rates; limit: in GFLOP/s; exact: the result in float64. Returns
/// the largest error of each rung.
std::vector<double> show(lab::Lab& lab, const std::string& name, const plot::Text& title,
                         const std::vector<std::string>& sizes, double limit,
                         const tinygrad::Tensor& exact, const std::vector<Rung>& rungs);

}  // namespace ladder
