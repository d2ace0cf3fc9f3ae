// SPDX-License-Identifier: MIT
// A sample of PyTorch's OpInfo database: one call of an op, with its arguments as tensors and
// scalars of the library. An argument that the library cannot express throws Skip.
#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tinygrad/tinygrad.h"

namespace opinfo {

using namespace tinygrad;
using nlohmann::json;
using std::string;

/// The tensors of a file of samples, by name.
using TensorFile = std::map<string, Tensor>;

/// Thrown if a sample asks for what the library's functions cannot express.
struct Skip {
  string reason;
};

/// The position of an argument that PyTorch takes by name only.
inline constexpr std::size_t by_name = std::size_t(-1);

DType dtype_named(const string& name);
/// A list of integers, or a single one.
Dims dims_of(const json& value);
/// Throws Skip unless the value fits into an int.
int int_of(std::int64_t value);
bool is_tensor(const json& value);
Scalar scalar_of(const json& value);

/// One call. Arguments are found by their position after the input, or by name; those that no
/// function asks for are reported by check_all_used(), so that none is overlooked.
class Sample {
 public:
  /// `records`: tensors that PyTorch differentiated require a gradient here, too.
  Sample(const json& call, const TensorFile& file, bool records)
      : call_(call), file_(file), records_(records) {}

  const json& input_json() const { return call_["input"]; }
  Tensor input() { return tensor_of(input_json()); }
  Tensors inputs() { return tensors_of(input_json()); }
  /// The number of arguments that were given by position.
  std::size_t count() const { return call_["args"].size(); }
  /// The argument; null if it is None or was not given.
  const json* find(std::size_t position, const string& name);
  bool has(std::size_t position, const string& name) { return find(position, name) != nullptr; }
  bool has_tensor(std::size_t position, const string& name);

  // Arguments of a type, or `otherwise` if they were not given. Another type throws Skip.
  std::int64_t integer(std::size_t position, const string& name, std::int64_t otherwise);
  int int_at(std::size_t position, const string& name, int otherwise);
  bool flag(std::size_t position, const string& name, bool otherwise = false);
  Scalar scalar(std::size_t position, const string& name, Scalar otherwise);
  double real(std::size_t position, const string& name, double otherwise);
  string text(std::size_t position, const string& name, const string& otherwise);
  Dims dims(std::size_t position, const string& name);
  DType dtype(DType otherwise, std::size_t position = by_name);
  /// The tensor; an undefined one if it was not given.
  Tensor tensor(std::size_t position, const string& name);

  /// Throws Skip if the argument was given with another value than the only one that is supported.
  void only(std::size_t position, const string& name, const json& value);
  /// The argument makes no difference to the library.
  void ignore(const string& name) { used_.insert(name); }
  /// Throws Skip if an argument was given that no function asked for.
  void check_all_used() const;

  /// The tensor, with the strides that it has in PyTorch. The same tensor at each call.
  Tensor tensor_of(const json& value);
  Tensors tensors_of(const json& value);
  /// All tensors that tensor_of() has returned.
  std::vector<Tensor> all_made() const;
  /// The tensor of that name which tensor_of() has returned; an undefined one if it has not.
  Tensor made(const string& name) const;

 private:
  const json& call_;
  const TensorFile& file_;
  bool records_;
  std::map<string, Tensor> made_;
  std::set<string> used_;
};

}  // namespace opinfo
