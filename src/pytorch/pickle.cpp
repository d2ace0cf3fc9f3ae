// SPDX-License-Identifier: MIT
// Reads pickles, which pickle.h describes.
#include "pickle.h"

#include <cstdio>

namespace tinygrad::pytorch {

namespace {

using Kind = Value::Kind;

constexpr std::size_t most_values = 1 << 20;  // 25,000 tensors; in memory 100 MB
constexpr std::size_t longest_name = 200;

/// The opcodes that checkpoints are written with; their names are those of pickletools.
namespace op {
enum {
  mark = '(',
  stop = '.',
  frame = 0x95,
  proto = 0x80,
  none = 'N',
  new_true = 0x88,
  new_false = 0x89,
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  long1 = 0x8A,
  binfloat = 'G',
  binunicode = 'X',
  short_binunicode = 0x8C,
  binunicode8 = 0x8D,
  binstring = 'T',
  short_binstring = 'U',
  empty_list = ']',
  empty_tuple = ')',
  empty_dict = '}',
  tuple = 't',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  list = 'l',
  dict = 'd',
  append = 'a',
  appends = 'e',
  setitem = 's',
  setitems = 'u',
  binput = 'q',
  long_binput = 'r',
  memoize = 0x94,
  binget = 'h',
  long_binget = 'j',
  global = 'c',
  stack_global = 0x93,
  reduce = 'R',
  build = 'b',
  binpersid = 'Q',
};
}  // namespace op

std::string hexadecimal(int opcode) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", unsigned(opcode));
  return text;
}

}  // namespace

Pickle::Pickle(const Source& source, ByteReader& in, Known known)
    : source_(source), in_(in), known_(known) {
  for (;;) {
    const int opcode = in_.read<std::uint8_t>("the pickle");
    if (opcode == op::stop) break;
    if (opcode == op::mark) marks_.push_back(stack_.size()), count(1);
    else if (opcode == op::proto) in_.take(1, "the protocol");
    else if (opcode == op::frame) in_.take(8, "the length of a frame");
    else if (!push_scalar(opcode) && !push_text(opcode) && !build_container(opcode) &&
             !use_memo(opcode) && !build_object(opcode))
      refuse(source_, "its pickle has the opcode ", hexadecimal(opcode),
             ", which no checkpoint of plain tensors needs");
  }
  result_ = pop();
}

// ------------------------------------------------------------ the stack

void Pickle::count(std::size_t values) {
  if ((pushed_ += values) > most_values)
    refuse(source_, "its pickle has more than ", most_values, " values");
}
void Pickle::push(const Value& value) {
  count(1);
  stack_.push_back(value);
}
void Pickle::push(Kind kind, std::vector<Value> items, std::string_view text) {
  containers_.push_back(std::move(items));
  Value value{.kind = kind, .text = text};
  value.items = &containers_.back();
  push(value);
}
void Pickle::push_integer(std::int64_t integer) {
  push({.kind = Kind::integer, .integer = integer});
}

Value Pickle::pop() {
  source_.check(stack_.size() > (marks_.empty() ? 0 : marks_.back()),
                "its pickle takes a value from an empty stack");
  const Value value = stack_.back();
  stack_.pop_back();
  return value;
}
std::vector<Value> Pickle::pop_to_mark() {
  source_.check(!marks_.empty(), "its pickle lacks a mark");
  const auto begin = stack_.begin() + std::ptrdiff_t(marks_.back());
  std::vector<Value> values(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return values;
}
std::vector<Value> Pickle::pop_count(int count) {
  std::vector<Value> values(static_cast<std::size_t>(count));
  for (auto value = values.rbegin(); value != values.rend(); ++value) *value = pop();
  return values;
}
Value& Pickle::top(Kind kind) {
  const bool there = stack_.size() > (marks_.empty() ? 0 : marks_.back());
  source_.check(there && stack_.back().kind == kind,
                "its pickle appends to what is not a list or a dictionary");
  return stack_.back();
}

// ------------------------------------------------------------ opcodes

bool Pickle::push_scalar(int opcode) {
  if (opcode == op::none) push(Value{});
  else if (opcode == op::new_true || opcode == op::new_false)
    push({.kind = Kind::boolean, .integer = opcode == op::new_true});
  else if (opcode == op::binint) push_integer(in_.read<std::int32_t>("an integer"));
  else if (opcode == op::binint1) push_integer(in_.read<std::uint8_t>("an integer"));
  else if (opcode == op::binint2) push_integer(in_.read<std::uint16_t>("an integer"));
  else if (opcode == op::long1) push_integer(long_integer(in_.read<std::uint8_t>("an integer")));
  else if (opcode == op::binfloat) {  // big-endian
    const auto bits = __builtin_bswap64(in_.read<std::uint64_t>("a real"));
    push({.kind = Kind::real, .real = std::bit_cast<double>(bits)});
  } else return false;
  return true;
}

/// Little-endian, in two's complement, as long as it needs.
std::int64_t Pickle::long_integer(std::size_t bytes) {
  const Bytes digits = in_.take(bytes, "an integer");
  source_.check(bytes <= 8, "its pickle has an integer of more than 64 bits");
  std::uint64_t value = bytes > 0 && (digits.back() & std::byte(0x80)) != std::byte(0) ? ~0ull : 0;
  for (std::size_t i = bytes; i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(digits[i]);
  return std::int64_t(value);
}

bool Pickle::push_text(int opcode) {
  std::uint64_t length = 0;
  if (opcode == op::binunicode || opcode == op::binstring)
    length = in_.read<std::uint32_t>("a text");
  else if (opcode == op::short_binunicode || opcode == op::short_binstring)
    length = in_.read<std::uint8_t>("a text");
  else if (opcode == op::binunicode8) length = in_.read<std::uint64_t>("a text");
  else return false;
  push({.kind = Kind::text, .text = in_.text(length, "a text")});
  return true;
}

bool Pickle::build_container(int opcode) {
  if (opcode == op::empty_list || opcode == op::empty_tuple) push(Kind::list, {});
  else if (opcode == op::empty_dict) push(Kind::dict, {});
  else if (opcode == op::tuple || opcode == op::list) push(Kind::list, pop_to_mark());
  else if (opcode >= op::tuple1 && opcode <= op::tuple3)
    push(Kind::list, pop_count(opcode - op::tuple1 + 1));
  else if (opcode == op::dict) {
    const auto items = pop_to_mark();
    push(Kind::dict, {});
    append(stack_.back(), items);
  } else if (opcode == op::append || opcode == op::appends) {
    const auto items = opcode == op::appends ? pop_to_mark() : pop_count(1);
    append(top(Kind::list), items);
  } else if (opcode == op::setitem || opcode == op::setitems) {
    const auto items = opcode == op::setitems ? pop_to_mark() : pop_count(2);
    append(top(Kind::dict), items);
  } else return false;
  return true;
}
void Pickle::append(Value& container, const std::vector<Value>& items) {
  source_.check(container.kind != Kind::dict || items.size() % 2 == 0,
                "its pickle has a key without a value");
  container.items->insert(container.items->end(), items.begin(), items.end());
}

bool Pickle::use_memo(int opcode) {
  const bool puts = opcode == op::binput || opcode == op::long_binput || opcode == op::memoize;
  if (!puts && opcode != op::binget && opcode != op::long_binget) return false;
  const std::uint32_t index = opcode == op::memoize ? std::uint32_t(memo_.size())
                              : opcode == op::binput || opcode == op::binget
                                  ? in_.read<std::uint8_t>("an index")
                                  : in_.read<std::uint32_t>("an index");
  if (puts) {
    source_.check(stack_.size() > (marks_.empty() ? 0 : marks_.back()),
                  "its pickle keeps a value that is not there");
    count(1);
    memo_[index] = stack_.back();
  } else {
    const auto found = memo_.find(index);
    source_.check(found != memo_.end(), "its pickle takes value ", index,
                  ", which it did not keep");
    push(found->second);
  }
  return true;
}

bool Pickle::build_object(int opcode) {
  if (opcode == op::global) {
    const std::string module = line();
    push_global(module, line());
  } else if (opcode == op::stack_global) {
    const auto names = pop_count(2);
    push_global(names[0].text, names[1].text);
  } else if (opcode == op::reduce) reduce();
  else if (opcode == op::binpersid) {
    const Value name = pop();
    source_.check(name.kind == Kind::list, "its pickle names a storage in an unknown way");
    push({.kind = Kind::persistent, .text = {}, .items = name.items});
    persistent_.push_back(stack_.back());
  } else if (opcode == op::build) {  // attributes of a dictionary, as state_dict()._metadata
    pop();
    top(Kind::dict);
  } else return false;
  return true;
}
std::string Pickle::line() {
  std::string text;
  while (text.size() <= longest_name) {
    const char c = in_.read<char>("a line");
    if (c == '\n') return text;
    text += c;
  }
  source_.refuse("its pickle has a name of more than ", longest_name, " characters");
}
void Pickle::push_global(std::string_view module, std::string_view name) {
  const std::string_view known = known_(module, name);
  if (known.empty())
    refuse(source_, "its pickle needs the class ",
           in_quotes(std::string(module) + "." + std::string(name)),
           ", which this reader does not run");
  push({.kind = Kind::global, .text = known});
}
/// OrderedDict() and OrderedDict([[key, value], ...]) are dictionaries, others are objects.
void Pickle::reduce() {
  const Value arguments = pop(), function = pop();
  source_.check(function.kind == Kind::global && arguments.kind == Kind::list,
                "its pickle calls what is no class");
  if (function.text != "collections.OrderedDict")
    return push({.kind = Kind::object, .text = function.text, .items = arguments.items});
  push(Kind::dict, {});
  if (arguments.items->empty()) return;
  const Value& pairs = arguments.items->front();
  for (auto& pair : pairs.kind == Kind::list ? *pairs.items : std::vector<Value>()) {
    source_.check(pair.kind == Kind::list, "its pickle has a dictionary without pairs");
    count(pair.items->size());
    append(stack_.back(), *pair.items);
  }
}

}  // namespace tinygrad::pytorch
