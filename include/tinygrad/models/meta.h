// SPDX-License-Identifier: MIT
// The device "meta": its tensors have a shape and a dtype, but no memory, and nothing is computed.
// A module that is made there costs nothing, and tells its names and shapes; its parameters are
// then replaced by tensors of a file.
//
//   auto unet = models::on_meta_device([] { return models::UNet2DConditionModel(); });
//   for (const auto& [name, t] : unet.state_dict()) fmt::print("{} {}\n", name, t.shape());
#pragma once
#include <optional>

#include "tinygrad/nn/module.h"

namespace tinygrad::models {

/// The device "meta", which the first call adds. What is read from it are zeros.
TINYGRAD_API Device meta_device();

/// Makes meta_device() the default device as long as it lives. That is the default of the process:
/// meanwhile, no other thread may make tensors there.
class TINYGRAD_API MetaScope {
 public:
  MetaScope() { set_default_device(meta_device()); }
  ~MetaScope() { set_default_device(before_); }
  MetaScope(const MetaScope&) = delete;

 private:
  Device before_ = default_device();
};
/// Returns make() of a MetaScope.
template <class Make> auto on_meta_device(const Make& make) {
  const MetaScope scope;
  return make();
}

/// Gives each parameter and buffer of a module on meta_device() the tensor of its name, on the
/// default device, converted to this dtype or as it is: memory is shared if neither differs. Throws
/// ArgumentError that lists all names and shapes that differ; then nothing was replaced.
TINYGRAD_API void replace_state(nn::Module& module, const NamedTensors& state,
                                std::optional<DType> dtype = {},
                                SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
