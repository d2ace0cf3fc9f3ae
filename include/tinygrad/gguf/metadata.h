// SPDX-License-Identifier: MIT
// The metadata of a GGUF file: keys with values of thirteen types, among them arrays.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tinygrad::gguf {

/// A value of the metadata: a scalar, a string, an array of one of these, or an array of arrays.
/// Alternative i < 12 is a scalar type, i + 12 the array of it.
struct Value;
using ValueBase =
    std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                 std::int32_t, float, bool, std::string, std::uint64_t, std::int64_t, double,
                 std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
                 std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>,
                 std::vector<float>, std::vector<bool>, std::vector<std::string>,
                 std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>,
                 std::vector<Value>>;
struct Value : ValueBase {
  using ValueBase::ValueBase;
  using ValueBase::operator=;
  Value(const char* text) : ValueBase(std::string(text)) {}
  const ValueBase& base() const { return *this; }
};

/// Pairs of key and value, in the order of the file.
using Metadata = std::vector<std::pair<std::string, Value>>;

namespace detail {

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// A stored scalar as a T: the same type; an integer as any integer type that holds it; a number as
/// a floating type. Otherwise nothing.
template <class T, class From> std::optional<T> scalar_as(const From& from) {
  if constexpr (std::is_same_v<T, From>) return from;
  else if constexpr (Integer<T> && Integer<From>) {
    if (std::in_range<T>(from)) return T(from);
  } else if constexpr (std::floating_point<T> && (Integer<From> || std::floating_point<From>))
    return T(from);
  return std::nullopt;
}

/// A stored array as a vector T, element by element.
template <class T, class From> std::optional<T> array_as(const std::vector<From>& from) {
  T all;
  for (const auto& each : from)
    if (const auto element = scalar_as<typename T::value_type, From>(each)) all.push_back(*element);
    else return std::nullopt;
  return all;
}

template <class T> inline constexpr bool is_array = false;
template <class T> inline constexpr bool is_array<std::vector<T>> = true;

}  // namespace detail

/// The value as a T: a scalar, std::string or std::vector of these. Numbers are converted if the
/// value fits: integers to integers, all numbers to float and double. Otherwise nothing.
template <class T> std::optional<T> value_as(const Value& value) {
  return std::visit(
      [](const auto& from) -> std::optional<T> {
        using From = std::decay_t<decltype(from)>;
        if constexpr (std::is_same_v<T, From>) return from;
        else if constexpr (detail::is_array<T> && detail::is_array<From>)
          return detail::array_as<T>(from);
        else if constexpr (!detail::is_array<T> && !detail::is_array<From>)
          return detail::scalar_as<T>(from);
        else return std::nullopt;
      },
      value.base());
}

}  // namespace tinygrad::gguf
