// SPDX-License-Identifier: MIT
// Maps from images to images: what they are called, and whether they fit another size.
#pragma once
#include <functional>

#include "labs/digits.h"
#include "labs/locally_connected.h"

namespace lab {

/// A map from images [N, 1, S, S] to images, and how it is used at another resolution.
struct Map {
  std::string name, elsewhere;
  std::function<Tensor(const Tensor&)> run;
  std::vector<Tensor> parameters;
  bool any_size = false;
};

}  // namespace lab
