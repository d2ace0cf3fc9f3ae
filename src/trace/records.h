// SPDX-License-Identifier: MIT
// The records of TensorBoard's files: what is written for each event (TFRecord).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tinygrad::tracing {

/// The cyclic redundancy check CRC-32C (RFC 3720, appendix B.4).
std::uint32_t crc32c(std::string_view bytes);
/// A record: the length in 8 bytes, a check of these, the data, and a check of the data. All
/// numbers are little-endian, and checks are masked, since data may contain checks itself.
std::string record(std::string_view data);

/// A PNG file of 8 bits a channel. pixels [height, width, channels]; channels 1, 3 or 4.
std::string png(const std::string& pixels, std::uint32_t height, std::uint32_t width,
                std::uint32_t channels);

}  // namespace tinygrad::tracing
