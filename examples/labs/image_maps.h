// SPDX-License-Identifier: MIT
// Maps from images to images: what they are called, and whether they fit another size.
#pragma once
#include <functional>

#include "labs/digits.h"

namespace lab {

/// A map from images [N, 1, S, S] to images, and how it is used at another resolution.
struct Map {
  std::string name, elsewhere;
  std::function<Tensor(const Tensor&)> run;
  std::vector<Tensor> parameters;
  bool any_size = false;
};

/// Each pixel has a 5 x 5 window with weights of its own: [S, S, 25].
inline Tensor locally_connected(const Tensor& x, const Tensor& weight) {
  const std::int64_t s = x.size(2);
  const Tensor windows = reshape(tg::unfold(x, {5, 5}, {.padding = 2}), {x.size(0), 25, s, s});
  return unsqueeze((windows * weight).sum(1), 1);
}

}  // namespace lab
