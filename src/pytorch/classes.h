// SPDX-License-Identifier: MIT
// The classes and functions that the pickles of plain tensors name.
#pragma once
#include "elements.h"

namespace tinygrad::pytorch {

/// What an object of a class is, or the value that a function returns.
enum class Role : std::uint8_t {
  dict,       ///< collections.OrderedDict
  tensor_v2,  ///< arguments: storage, offset, sizes, strides, ...
  tensor_v3,  ///< the same, and the dtype at position 6
  parameter,  ///< arguments: a tensor, ...
  storage,    ///< elements of one dtype
  bytes,      ///< a storage without a dtype
  dtype,
  list,  ///< arguments: a tuple
  text,  ///< arguments: a text, ...
};

struct Class {
  std::string_view name;  ///< with its module
  Role role;
  io::ElementType type = {};  ///< of the elements, for storage and dtype
};

/// The class of this name, or a null pointer.
const Class* find_class(std::string_view name);

/// The name "module.name" if it is that of a class, otherwise an empty text.
std::string_view known_class(std::string_view module, std::string_view name);

}  // namespace tinygrad::pytorch
