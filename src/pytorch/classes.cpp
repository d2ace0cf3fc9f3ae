// SPDX-License-Identifier: MIT
// The list of classes that classes.h describes. Nothing else may occur in a checkpoint.
#include "classes.h"

#include <algorithm>
#include <iterator>

namespace tinygrad::pytorch {

static constexpr Class classes[] = {
    {"collections.OrderedDict", Role::dict},
    {"torch._utils._rebuild_tensor", Role::tensor_v2},  // before PyTorch 0.4
    {"torch._utils._rebuild_tensor_v2", Role::tensor_v2},
    {"torch._utils._rebuild_tensor_v3", Role::tensor_v3},
    {"torch._utils._rebuild_parameter", Role::parameter},
    {"torch._utils._rebuild_parameter_with_state", Role::parameter},
    {"torch.Size", Role::list},
    {"torch.device", Role::text},
    {"torch.storage.UntypedStorage", Role::bytes},
    {"torch.FloatStorage", Role::storage, {float32}},
    {"torch.DoubleStorage", Role::storage, {float64}},
    {"torch.HalfStorage", Role::storage, {float16}},
    {"torch.BFloat16Storage", Role::storage, {bfloat16}},
    {"torch.LongStorage", Role::storage, {int64}},
    {"torch.IntStorage", Role::storage, {int32}},
    {"torch.ShortStorage", Role::storage, {int16}},
    {"torch.CharStorage", Role::storage, {int8}},
    {"torch.ByteStorage", Role::storage, {uint8}},
    {"torch.BoolStorage", Role::storage, {boolean}},
    {"torch.float32", Role::dtype, {float32}},
    {"torch.float64", Role::dtype, {float64}},
    {"torch.float16", Role::dtype, {float16}},
    {"torch.bfloat16", Role::dtype, {bfloat16}},
    {"torch.int64", Role::dtype, {int64}},
    {"torch.int32", Role::dtype, {int32}},
    {"torch.int16", Role::dtype, {int16}},
    {"torch.int8", Role::dtype, {int8}},
    {"torch.uint8", Role::dtype, {uint8}},
    {"torch.uint16", Role::dtype, {uint16}},
    {"torch.uint32", Role::dtype, {uint32}},
    {"torch.uint64", Role::dtype, io::uint64_elements},
    {"torch.bool", Role::dtype, {boolean}},
    {"torch.float8_e4m3fn", Role::dtype, {float32, &io::float8_e4m3fn}},
    {"torch.float8_e5m2", Role::dtype, {float32, &io::float8_e5m2}},
    {"torch.float8_e4m3fnuz", Role::dtype, {float32, &io::float8_e4m3fnuz}},
    {"torch.float8_e5m2fnuz", Role::dtype, {float32, &io::float8_e5m2fnuz}},
    {"torch.float8_e8m0fnu", Role::dtype, {float32, &io::float8_e8m0fnu}},
};

const Class* find_class(std::string_view name) {
  const auto found = std::find_if(std::begin(classes), std::end(classes),
                                  [&](auto& known) { return known.name == name; });
  return found == std::end(classes) ? nullptr : found;
}

std::string_view known_class(std::string_view module, std::string_view name) {
  const Class* found = find_class(std::string(module) + "." + std::string(name));
  return found ? found->name : std::string_view();
}

}  // namespace tinygrad::pytorch
