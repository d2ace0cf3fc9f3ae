// The errors that the library throws. Nothing in it aborts: every misuse ends in one of these, and
// the process goes on.
#pragma once
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "tinygrad/detail/export.h"
#include "tinygrad/device.h"
#include "tinygrad/shape.h"

namespace tinygrad {

/// A line of the user's source. Not std::source_location, which clang 14 lacks beside libstdc++ 12.
struct SourceLocation {
  const char* file = "";
  int line = 0;
  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return {file, line};
  }
};

/// What every error of the library is. what() is the whole message, several lines of it where that
/// helps.
class TINYGRAD_API Error : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
  std::string op;             ///< the op, module or function that was called: "linear"
  std::string path;           ///< the module that ran, "encoder.0.fc1"; empty outside modules
  SourceLocation location;    ///< the caller's line; line 0 where it is not known
  std::vector<Shape> shapes;  ///< the shapes that the message names, in its order
};
/// Shapes that do not go together, or a rank that an op does not take.
struct TINYGRAD_API ShapeError : Error {
  using Error::Error;
};
/// An element type that an op does not take.
struct TINYGRAD_API DTypeError : Error {
  using Error::Error;
};
/// A device that is not there, tensors on different devices, or a device that ran out of memory.
struct TINYGRAD_API DeviceError : Error {
  using Error::Error;
};
/// An index, dimension or label out of range.
struct TINYGRAD_API IndexError : Error {
  using Error::Error;
};
/// Any other argument that makes no sense.
struct TINYGRAD_API ArgumentError : Error {
  using Error::Error;
};
/// A file that is missing, damaged or of another kind, or could not be written.
struct TINYGRAD_API IoError : Error {
  using Error::Error;
};
/// A graph that cannot be walked: freed, changed in place, or without a gradient.
struct TINYGRAD_API AutogradError : Error {
  using Error::Error;
};

/// Which call a check belongs to: the op's name and the line that called it.
struct Call {
  const char* op;
  SourceLocation location = {};
  Call(const char* op, SourceLocation location = {}) : op(op), location(location) {}
};

/// A shape in a message with one of its dimensions underlined.
struct Marked {
  const Shape& shape;
  int dim;
};

/// A message under construction: parts are appended as text; a Marked shape also draws ^^^ beneath
/// the offending number.
class TINYGRAD_API Message {
 public:
  Message& add(const char* text);
  Message& add(const std::string& text);
  Message& add(const Shape& shape);
  Message& add(const Marked& marked);
  Message& add(const Device& device) { return add(to_string(device)); }
  Message& add(double number);
  template <class T>
  requires std::is_integral_v<T> Message& add(T number) { return add(std::to_string(number)); }
  /// The text, its marks, and "  in fc1 (Linear) of Net, called at main.cpp:23".
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

/// Throws E. The message is "op: parts...", built only here.
template <class E = ArgumentError, class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(Call call, const Parts&... parts) {
  Message message;
  message.add(call.op).add(": ");
  (message.add(parts), ...);
  message.raise<E>(call);
}
/// fail<E>(call, parts...) unless ok.
template <class E = ArgumentError, class... Parts>
void require(bool ok, const Call& call, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail<E>(call, parts...);
}

}  // namespace tinygrad
