// SPDX-License-Identifier: MIT
// Finds the tensors and the other values in a checkpoint's pickle (content.h).
#include "content.h"

#include <charconv>

namespace tinygrad::pytorch {

namespace {

using Kind = Value::Kind;

/// Bounds on what a file may cause that names the same list many times. Real checkpoints write a
/// name for each value.
constexpr int deepest = 64;
constexpr std::size_t characters_per_value = 100;

constexpr std::size_t dtype_at = 6;  // among the arguments of _rebuild_tensor_v3

std::string text_of(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// Argument i of an object, which must be of a kind.
const Value& argument(const Source& source, const Value& object, std::size_t i, Kind kind) {
  source.check(i < object.items->size() && (*object.items)[i].kind == kind, "argument ", i, " of ",
               Name{object.text}, " is not what PyTorch writes");
  return (*object.items)[i];
}

}  // namespace

Storage storage_of(const Source& source, const Value& persistent) {
  constexpr std::size_t view_at = 5;  // of another storage, in old files
  const auto& id = *persistent.items;
  const auto is = [&](std::size_t i, Kind kind) { return i < id.size() && id[i].kind == kind; };
  const bool known = is(0, Kind::text) && id[0].text == "storage" && is(1, Kind::global) &&
                     is(2, Kind::text) && is(4, Kind::integer) && id[4].integer >= 0 &&
                     (id.size() <= view_at || is(view_at, Kind::none));
  source.check(known, "its pickle names a storage in an unknown way");
  const Class& storage = *find_class(id[1].text);
  source.check(storage.role == Role::storage || storage.role == Role::bytes, "the class ",
               Name{storage.name}, " is not one of storages");
  const io::ElementType type = storage.role == Role::bytes ? io::ElementType{uint8} : storage.type;
  const auto bytes = bytes_of(type, {id[4].integer});
  source.check(bool(bytes), "storage ", Name{id[2].text}, " has ", id[4].integer, " elements");
  return {id[2].text, type, *bytes};
}

Content::Content(const Source& source, const Pickle& pickle)
    : source_(source), work_(characters_per_value * pickle.pushed()) {
  add("", pickle.result(), 0);
}

void Content::add(const std::string& name, const Value& value, int depth) {
  source_.check(depth < deepest, "its values are more than ", deepest, " levels deep");
  source_.check(name.size() + 1 <= work_, "its pickle names the same values too often");
  work_ -= name.size() + 1;
  if (value.kind == Kind::list) add_items(name, *value.items, depth);
  else if (value.kind == Kind::dict) add_pairs(name, *value.items, depth);
  else if (value.kind == Kind::object) add_object(name, value, depth);
  else if (value.kind == Kind::boolean) add_text(name, value.integer ? "True" : "False");
  else if (value.kind == Kind::integer) add_text(name, std::to_string(value.integer));
  else if (value.kind == Kind::real) add_text(name, text_of(value.real));
  else if (value.kind != Kind::none) {
    source_.check(value.kind != Kind::persistent, "its value ", Name{name},
                  " is a storage without a tensor");
    add_text(name, std::string(value.text));
  }
}
void Content::add_items(const std::string& name, const std::vector<Value>& items, int depth) {
  for (std::size_t i = 0; i < items.size(); ++i)
    add(joined(name, std::to_string(i)), items[i], depth + 1);
}
void Content::add_pairs(const std::string& name, const std::vector<Value>& items, int depth) {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const Value& key = items[i];
    if (key.kind != Kind::text && key.kind != Kind::integer)
      Pickle::refuse(source_, "dictionary ", Name{name}, " has a key that is no text or integer");
    const std::string part =
        key.kind == Kind::text ? std::string(key.text) : std::to_string(key.integer);
    add(joined(name, part), items[i + 1], depth + 1);
  }
}
void Content::add_object(const std::string& name, const Value& object, int depth) {
  const Role role = find_class(object.text)->role;
  if (role == Role::tensor_v2 || role == Role::tensor_v3) return add_tensor(name, object, role);
  source_.check(role == Role::parameter || role == Role::list || role == Role::text, "its value ",
                Name{name}, " is made by ", Name{object.text}, ", which makes no value");
  const Kind kind = role == Role::parameter ? Kind::object
                    : role == Role::list    ? Kind::list
                                            : Kind::text;
  add(name, argument(source_, object, 0, kind), depth + 1);
}

std::string Content::joined(const std::string& name, const std::string& part) const {
  return name.empty() ? part : name + "." + part;
}
void Content::add_text(const std::string& name, std::string text) {
  source_.check(names_.insert(name).second, "two values are named ", Name{name});
  metadata.emplace_back(name, std::move(text));
}

// ------------------------------------------------------------ tensors

void Content::add_tensor(const std::string& name, const Value& object, Role role) {
  const auto at = [&](std::size_t i, Kind kind) -> const Value& {
    return argument(source_, object, i, kind);
  };
  StoredTensor t;
  t.name = name;
  t.storage = storage_of(source_, at(0, Kind::persistent));
  t.type = t.storage.type;
  if (role == Role::tensor_v3) {
    const Class& dtype = *find_class(at(dtype_at, Kind::global).text);
    source_.check(dtype.role == Role::dtype, "tensor ", Name{name}, " has no dtype");
    t.type = dtype.type;
  }
  t.offset = at(1, Kind::integer).integer;
  t.shape = dims(name, at(2, Kind::list));
  t.strides = dims(name, at(3, Kind::list));
  check_inside(t);
  check_plain(name, object, role == Role::tensor_v3 ? dtype_at + 1 : dtype_at);
  source_.check(names_.insert(name).second, "two values are named ", Name{name});
  tensors.push_back(std::move(t));
}
/// Refuses a tensor whose last argument says that its elements are to be negated or conjugated.
void Content::check_plain(const std::string& name, const Value& object, std::size_t at) const {
  if (at < object.items->size() && (*object.items)[at].kind != Kind::none)
    source_.check(argument(source_, object, at, Kind::dict).items->empty(), "tensor ", Name{name},
                  " is a negative or conjugate view; save its clone()");
}

Dims Content::dims(const std::string& name, const Value& list) const {
  source_.check(list.items->size() <= std::size_t(max_rank), "tensor ", Name{name},
                " has more than ", max_rank, " dimensions");
  Dims all;
  for (auto& size : *list.items) {
    source_.check(size.kind == Kind::integer && size.integer >= 0, "tensor ", Name{name},
                  " has a size or a stride that is no integer from 0 on");
    all.push_back(size.integer);
  }
  return all;
}

void Content::check_inside(const StoredTensor& t) const {
  const std::int64_t elements = std::int64_t(t.storage.bytes / t.type.bytes());
  std::int64_t count = 1, last = t.offset, extent = 0;
  bool inside = t.shape.rank() == t.strides.rank() && t.offset >= 0;
  for (int i = 0; inside && i < t.shape.rank(); ++i)
    inside = checked_mul(t.shape[i] - 1, t.strides[i], extent) && checked_add(last, extent, last);
  for (const std::int64_t size : t.shape) inside = inside && checked_mul(count, size, count);
  source_.check(inside && (count == 0 || last < elements), "tensor ", Name{t.name}, " of shape ",
                t.shape, ", strides ", t.strides, " and offset ", t.offset,
                " does not lie in its storage of ", elements, " elements");
  source_.check(count <= std::max(std::int64_t(source_.bytes.size()), elements), "tensor ",
                Name{t.name}, " of shape ", t.shape, " repeats the elements of a storage of ",
                elements);
}

}  // namespace tinygrad::pytorch
