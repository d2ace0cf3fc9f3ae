// SPDX-License-Identifier: MIT
// Pickle: reads pickles of Python (protocols 2 to 5) without running them. An opcode pushes a value
// on a stack, or makes a container or an object of the values at its top; STOP ends the pickle
// (https://docs.python.org/3/library/pickletools.html). Classes are names, and an object is its
// class with the arguments: nothing is called.
#pragma once
#include <deque>
#include <unordered_map>
#include <vector>

#include "byte_reader.h"

namespace tinygrad::pytorch {

using io::ByteReader;
using io::Bytes;
using io::Name;
using io::Source;

/// A value of a pickle. Containers that occur twice share their items.
struct Value {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    list,        ///< or a tuple
    dict,        ///< items: key, value, key, value, ...
    global,      ///< text: a class or function
    object,      ///< text: its class, items: the arguments
    persistent,  ///< what the pickle refers to outside of it, items: the parts of its name
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;  ///< or a truth value
  double real = 0;
  std::string_view text = {};
  std::vector<Value>* items = nullptr;
};

class Pickle {
 public:
  /// The name "module.class" of a class that may occur, or an empty text.
  using Known = std::string_view (*)(std::string_view module, std::string_view name);

  /// Reads one pickle, up to its STOP. Throws IoError for opcodes that are not needed to write
  /// tensors, and for classes that are not known.
  Pickle(const Source& source, ByteReader& in, Known known);
  Pickle(const Pickle&) = delete;

  const Value& result() const { return result_; }
  const std::vector<Value>& persistent() const { return persistent_; }
  /// How many values were pushed and kept: a bound of the work that the pickle may cause.
  std::size_t pushed() const { return pushed_; }
  /// Throws IoError with the reason and how to convert the file.
  template <class... Parts> [[noreturn]] static void refuse(const Source& source, Parts... parts) {
    source.refuse(parts..., "; convert it with torch.load and safetensors.torch.save_file");
  }

 private:
  bool push_scalar(int opcode);
  bool push_text(int opcode);
  bool build_container(int opcode);
  bool use_memo(int opcode);
  bool build_object(int opcode);

  void count(std::size_t values);
  void push(const Value& value);
  void push(Value::Kind kind, std::vector<Value> items, std::string_view text = {});
  void push_integer(std::int64_t value);
  Value pop();
  std::vector<Value> pop_to_mark();
  std::vector<Value> pop_count(int count);
  Value& top(Value::Kind kind);
  void append(Value& container, const std::vector<Value>& items);
  void push_global(std::string_view module, std::string_view name);
  void reduce();
  std::int64_t long_integer(std::size_t bytes);
  std::string line();

  const Source& source_;
  ByteReader& in_;
  Known known_;
  Value result_;
  std::vector<Value> stack_, persistent_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, Value> memo_;
  std::deque<std::vector<Value>> containers_;
  std::size_t pushed_ = 0;
};

}  // namespace tinygrad::pytorch
