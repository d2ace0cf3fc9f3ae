// SPDX-License-Identifier: MIT
// explain(), which shows the chain rule with numbers: how a change of one weight reaches the loss,
// op by op.
//
//   const auto loss = [&] { return tg::cross_entropy(net(x), y); };
//   std::cout << tg::explain(loss, net.fc.weight, {3, 0});
#pragma once
#include <string>
#include <vector>

#include "tinygrad/autograd.h"

namespace tinygrad {

/// One factor of a path: the derivative of an element of an op's output with respect to the element
/// of its input from which the path comes.
struct PathFactor {
  std::string op;           ///< "conv2d"
  std::string path;         ///< the module that ran, "encoder.fc1"; empty outside modules
  SourceLocation location;  ///< the line of the user's source; line 0 if it is not known
  int input;                ///< of the op
  Shape shape;              ///< of the op's output
  Dims element;             ///< of that output
  double value;
};
/// A way from the weight to the loss over elements of the tensors between them.
struct GradientPath {
  double product;  ///< of all factors
  std::vector<PathFactor> factors;
};

struct ExplainOptions {
  std::size_t paths = 5;  ///< how many are listed
  double eps = 0;  ///< the step of the difference; 0: ∛ε max(1, |weight|), where ε is the
                   ///< distance from 1 to the next value of the dtype
  std::string name = "parameter";  ///< of the parameter, in the text
  /// Bounds of time and memory: the elements of a tensor that are followed, and the derivatives of
  /// an op that are computed. What exceeds a bound is left out, least products first.
  std::size_t max_elements = 1 << 16;
  std::int64_t max_derivatives = 1 << 26;
};

/// Why the gradient of a weight is what it is.
struct Explanation {
  std::string name;
  Dims index;
  std::vector<GradientPath> paths = {};  ///< the largest, by |product|, first
  double count = 0;                      ///< of all paths whose product is not 0
  double rest = 0;                       ///< autograd - Σ product of the listed paths
  double autograd = 0;
  double numeric = 0;  ///< (loss(w + eps) - loss(w - eps)) / 2 eps; in float32 two or three digits
                       ///< of it are right
  double eps = 0;      ///< that of the difference
  /// Where a bound left out paths; empty if none was left out.
  std::vector<std::string> cuts = {};
};
TINYGRAD_API std::string to_string(const Explanation& explanation);
template <detail::TextStream Stream, std::same_as<Explanation> E>
Stream& operator<<(Stream& stream, const E& explanation) {
  return detail::print(stream, to_string(explanation));
}

/// Explains the derivative of loss(), a single element, with respect to element `index` of a leaf.
/// It is the sum over all paths from that element to the loss of the products of their factors
/// (Bauer 1974, "Computational graphs and rounding error"). loss() is called three times with the
/// same random values: recorded, and for the difference. The parameter, its gradient and the random
/// generator are left as they were; what loss() itself writes, as running statistics, is not. An
/// op takes about a pass for each of its elements that the weight reaches, or for each element of
/// its output if these are fewer; elementwise ops, views, sums and poolings take four. So explain a
/// sample rather than a batch. All tensors between must be on the parameter's device. Throws
/// AutogradError if the loss does not depend on the parameter or that is no leaf, IndexError for an
/// index outside it, and ShapeError unless the loss is a single element.
TINYGRAD_API Explanation explain(const InlineFunction<Tensor(), 64>& loss, const Tensor& parameter,
                                 const Dims& index, const ExplainOptions& options = {},
                                 SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
