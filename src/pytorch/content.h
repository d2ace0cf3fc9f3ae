// SPDX-License-Identifier: MIT
// What the value of a checkpoint's pickle says: the tensors, as views of storages, and the other
// values as text, under names with dots.
#pragma once
#include <string>
#include <unordered_set>
#include <vector>

#include "classes.h"
#include "pickle.h"
#include "tinygrad/io/safetensors.h"

namespace tinygrad::pytorch {

/// A storage that a pickle refers to; its bytes are elsewhere in the file.
struct Storage {
  std::string_view key;
  io::ElementType type;  ///< uint8 if the storage has no dtype
  std::uint64_t bytes = 0;
};
/// The storage of a persistent id, ("storage", class, key, device, number of elements, ...).
Storage storage_of(const Source& source, const Value& persistent);

/// Element (i, j, ...) of a tensor is element offset + i strides[0] + j strides[1] + ... of its
/// storage.
struct StoredTensor {
  std::string name;
  Storage storage;
  io::ElementType type;
  std::int64_t offset = 0;
  Shape shape;
  Strides strides;
};

/// Collects the tensors and the other values of a pickle. Throws IoError if a tensor does not lie
/// in its storage, or if two have the same name.
class Content {
 public:
  Content(const Source& source, const Pickle& pickle);

  std::vector<StoredTensor> tensors;
  Metadata metadata;

 private:
  void add(const std::string& name, const Value& value, int depth);
  void add_items(const std::string& name, const std::vector<Value>& items, int depth);
  void add_pairs(const std::string& name, const std::vector<Value>& items, int depth);
  void add_object(const std::string& name, const Value& object, int depth);
  void add_tensor(const std::string& name, const Value& object, Role role);
  void add_text(const std::string& name, std::string text);
  std::string joined(const std::string& name, const std::string& part) const;
  Dims dims(const std::string& name, const Value& list) const;
  void check_inside(const StoredTensor& tensor) const;
  void check_plain(const std::string& name, const Value& object, std::size_t at) const;

  const Source& source_;
  std::size_t work_;  // that may still be done
  std::unordered_set<std::string> names_;
};

}  // namespace tinygrad::pytorch
