// SPDX-License-Identifier: MIT
// compare_backends(), which runs a model on two devices op by op and finds the first op in which
// they part.
//
//   std::cout << tg::compare_backends(net, x, "cpu", "opencl");
#pragma once
#include <concepts>
#include <string>
#include <vector>

#include "tinygrad/autograd.h"
#include "tinygrad/nn/module.h"

namespace tinygrad {

/// How far the outputs of one op differ between two devices, at the element that differs most.
struct OpDifference {
  std::string op;             ///< "conv2d"
  std::string path;           ///< the module that ran; empty outside modules
  std::string derivative_of;  ///< in the backward pass: the op whose derivative it is
  SourceLocation location;    ///< the line of the user's source; line 0 if it is not known
  std::string inner = {};     ///< the op of its formula that parts first, if both ran the formula
  Shape shape = {};           ///< of the output
  Dims element = {};
  double a = 0, b = 0;  ///< its value on each device
  double relative = 0;  ///< |a - b| / size, where size is max(|a|, |b|, the root mean square of a)
  double ulps = 0;      ///< |a - b| in units in the last place of `size` in the output's dtype; for
                        ///< integers and bools |a - b|. Infinite if one alone is NaN or infinite
};

struct CompareOptions {
  /// The difference that is allowed. Sums whose order differs part by about √n of n terms.
  double max_ulps = 512;
  bool backward = true;  ///< also compare the backward pass
};

/// The result of a comparison; true if the devices agree.
struct BackendComparison {
  Device a, b;
  std::vector<OpDifference> ops;  ///< all that were compared, in the order in which they ran
  std::size_t total = 0;          ///< the ops that a ran
  double max_ulps = 0;
  /// Why the devices do not agree: the last of `ops` differs by more than max_ulps, or they ran
  /// other ops. Empty if they agree.
  std::string problem = {};
  explicit operator bool() const { return problem.empty(); }
};
/// A line that says whether the devices agree, and the ops that differ most.
TINYGRAD_API std::string to_string(const BackendComparison& comparison);
template <detail::TextStream Stream, std::same_as<BackendComparison> C>
Stream& operator<<(Stream& stream, const C& comparison) {
  return detail::print(stream, to_string(comparison));
}

/// Runs f(inputs) and its backward pass on device a and then on device b, and compares the outputs
/// of each op as it ends on b, up to the first that differs by more than max_ulps. Then each output
/// on b takes the values of a, so that every op of b has the inputs of a: differences do not grow,
/// and the op that is named is the one to blame. Ops inside formulas are not compared unless both
/// devices run the formula of an op that parts.
///
/// `state` are the tensors beside the inputs that f reads: parameters and buffers. Both runs draw
/// the same random values and have their device as the default device of the process. If the result
/// is no single element, it is sent back a fixed random gradient. Afterwards state, gradients and
/// the random generator are as they were. The outputs of all ops of a are held by the host
/// meanwhile. Throws what f throws, and DeviceError if a device lacks a dtype.
TINYGRAD_API BackendComparison
compare_backends(const TensorFunction& f, const Tensors& inputs, const Tensors& state,
                 const Device& a, const Device& b, const CompareOptions& options = {},
                 SourceLocation location = SourceLocation::current());
/// The same for a function that reads the parameters and buffers of a module.
TINYGRAD_API BackendComparison
compare_backends(const TensorFunction& f, const Tensors& inputs, const nn::Module& module,
                 const Device& a, const Device& b, const CompareOptions& options = {},
                 SourceLocation location = SourceLocation::current());
/// The same for model(input).
template <std::derived_from<nn::Module> M>
BackendComparison compare_backends(M& model, const Tensor& input, const Device& a, const Device& b,
                                   const CompareOptions& options = {},
                                   SourceLocation location = SourceLocation::current()) {
  const auto run = [&](const Tensors& in) -> Tensor { return model({in[0], location}); };
  return compare_backends(run, input, model, a, b, options, location);
}

}  // namespace tinygrad
