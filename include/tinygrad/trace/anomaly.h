// SPDX-License-Identifier: MIT
// DetectAnomaly, which stops a program at the first NaN or infinity that an op computes.
#pragma once
#include <string>
#include <vector>

#include "tinygrad/observer.h"

namespace tinygrad {

struct AnomalyOptions {
  bool infinities = true;  ///< stop at infinities too
};

/// While it lives, an op of this thread whose output has a NaN throws an Error that names the op
/// (if a formula ran, the innermost first), the module, the line of the user's source, whether it
/// is a derivative and of which op, and the shapes and ranges of inputs and outputs. It holds for
/// the forward pass, the backward pass and optimizers. (torch.autograd.detect_anomaly in PyTorch,
/// which looks for NaN in the backward pass.)
///
///   {
///     const tg::DetectAnomaly detect;
///     loss_of(batch).backward();
///     optimizer.step();
///   }
///
/// An op that makes an infinity from finite inputs throws too: log(0), exp(1000), an overflow of
/// float16. Infinities that the caller gives are no anomaly: those in inputs, as a mask that is
/// added to scores; the scalars of where() and pad(); tensors that are made of them. What a formula
/// computes and then leaves out by a mask is none either, since only ops that were called from
/// outside a formula throw.
///
/// Values do not change. Each output is read by the host, so that training takes several times as
/// long; a step that is being captured cannot be observed.
class TINYGRAD_API DetectAnomaly : private Observer {
 public:
  explicit DetectAnomaly(const AnomalyOptions& options = {}) : options_(options) {}

 private:
  void begin(const OpEvent& op) override;
  void end(const OpEvent& op) override;
  std::string describe(const OpEvent& op) const;

  AnomalyOptions options_;
  std::vector<const char*> open_ = {};  ///< the ops that run, outermost first
  std::string first_ = {};  ///< describes the first anomaly inside the outermost; empty: none
  ObserverScope scope_{*this};
};

}  // namespace tinygrad
