// SPDX-License-Identifier: MIT
// The exceptions that the library throws, and the functions that build their messages. The library
// never aborts: every misuse throws one of these exceptions, and the process can go on.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tinygrad/detail/export.h"
#include "tinygrad/device.h"
#include "tinygrad/shape.h"
#include "tinygrad/source_location.h"

namespace tinygrad {

/// The base class of all errors of the library. what() is the whole message, which may have several
/// lines.
class TINYGRAD_API Error : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
  std::string op;             ///< the op, module or function that was called, such as "linear"
  std::string path;           ///< the module that ran, "encoder.0.fc1"; empty outside modules
  SourceLocation location;    ///< the caller's line; line 0 if it is not known
  std::vector<Shape> shapes;  ///< the shapes that the message names, in its order
};
/// Shapes that do not match each other, or a rank that an op does not accept.
struct TINYGRAD_API ShapeError : Error {
  using Error::Error;
};
/// A dtype that an op does not accept.
struct TINYGRAD_API DTypeError : Error {
  using Error::Error;
};
/// A device that does not exist, tensors on different devices, or a device without enough memory.
struct TINYGRAD_API DeviceError : Error {
  using Error::Error;
};
/// An index, dimension or label out of range.
struct TINYGRAD_API IndexError : Error {
  using Error::Error;
};
/// Any other invalid argument.
struct TINYGRAD_API ArgumentError : Error {
  using Error::Error;
};
/// A file that is missing, damaged or of another format, or that could not be written.
struct TINYGRAD_API IoError : Error {
  using Error::Error;
};
/// A graph that the backward pass cannot use: it was freed, a saved tensor was changed in place, or
/// nothing in it requires a gradient.
struct TINYGRAD_API AutogradError : Error {
  using Error::Error;
};

/// The call that an error belongs to: the op's name and the line of the caller.
struct Call {
  const char* op;
  SourceLocation location = {};
  Call(const char* name, SourceLocation caller = {}) : op(name), location(caller) {}
};

/// A shape in a message, with one of its dimensions underlined.
struct Marked {
  const Shape& shape;
  int dim;
};

/// A name or path in quotes for a message: control characters, quotes and backslashes are escaped,
/// and the text is cut after 200 characters.
TINYGRAD_API std::string in_quotes(std::string_view text);

/// An error message under construction. Parts are appended as text; a Marked shape also draws ^^^
/// beneath the size in question.
class TINYGRAD_API ErrorMessage {
 public:
  ErrorMessage& add(const char* text);
  ErrorMessage& add(const std::string& text);
  ErrorMessage& add(char text) { return add(std::string(1, text)); }
  ErrorMessage& add(const Shape& shape);
  ErrorMessage& add(const Marked& marked);
  ErrorMessage& add(const Device& device) { return add(to_string(device)); }
  ErrorMessage& add(double value);
  template <class T>
  requires std::is_integral_v<T> ErrorMessage& add(T value) { return add(std::to_string(value)); }
  /// Throws E with the text, its marks, and "  in fc1 (Linear) of Net, called at main.cpp:23".
  template <class E> [[noreturn]] void raise(const Call& call) {
    E error(finish(call));
    complete(error, call);
    throw error;
  }

 private:
  std::string finish(const Call& call) const;
  void complete(Error& error, const Call& call) const;
  std::string text_, marks_;
  int column_ = 0;
  std::vector<Shape> shapes_;
};

/// Throws E with the message "op: parts...", which is built only here.
template <class E = ArgumentError, class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(Call call, const Parts&... parts) {
  ErrorMessage message;
  message.add(call.op).add(": ");
  (message.add(parts), ...);
  message.raise<E>(call);
}
/// Calls fail<E>(call, parts...) unless ok.
template <class E = ArgumentError, class... Parts>
void require(bool ok, const Call& call, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail<E>(call, parts...);
}

}  // namespace tinygrad
