// SPDX-License-Identifier: MIT
// The bytes of one array in NumPy's format, which are a .npy file and the members of a .npz file:
//
//   6 bytes       \x93NUMPY
//   2 bytes       the version: 1.0, 2.0 or 3.0
//   2 bytes       length of the header, little-endian; 4 bytes from version 2 on
//   the header    a literal of Python:
//                 {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//                 padded with spaces and a line end until the data begins at a multiple of 64
//   the data      all elements, row-major, or column-major if fortran_order is True
#pragma once
#include <optional>
#include <string>

#include "shared/elements.h"

namespace tinygrad::io {

/// The tensor in the bytes of an array. `raw` is that of NpyOptions. Throws IoError.
Tensor parse_npy(const Source& source, std::optional<DType> raw, const Device& device);

/// The bytes of the whole array, of which `source` has the beginning. Throws IoError.
std::uint64_t npy_size(const Source& source, std::optional<DType> raw);

/// What is before the data of a tensor in version 1.0: the bytes that numpy.save writes.
std::string npy_header(DType dtype, const Shape& shape);

}  // namespace tinygrad::io
