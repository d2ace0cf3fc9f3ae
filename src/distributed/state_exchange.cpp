// SPDX-License-Identifier: MIT
// Shapes, dtypes and names as tensors of numbers.
#include "state_exchange.h"

#include <algorithm>
#include <sstream>

#include "tinygrad/distributed/collectives.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {

Tensor Form::of(const Tensor& t) {
  std::vector<std::int64_t> form(words);
  form[0] = std::int64_t(t.dtype());
  form[1] = t.dim();
  std::copy(t.shape().begin(), t.shape().end(), form.begin() + 2);
  return from_vector(form, {words}, "cpu");
}
Form::Form(const Tensor& sent) {
  const auto form = sent.to_vector<std::int64_t>();
  dtype = DType(form[0]);
  shape = Shape(form.data() + 2, int(form[1]));
}

NamedTensors broadcast_state(const NamedTensors& own, int root, const Group& group,
                             SourceLocation location) {
  const bool is_root = group.rank() == root;
  std::vector<std::uint8_t> lines;
  for (auto& [name, t] : own) {
    lines.insert(lines.end(), name.begin(), name.end());
    lines.push_back('\n');
  }
  const auto size =
      broadcast({full({}, std::int64_t(lines.size()), {.dtype = DType::int64, .device = "cpu"}),
                 location},
                root, group)
          .item<std::int64_t>();
  if (!is_root) lines.resize(std::size_t(size));
  lines = broadcast({from_vector(lines, {size}, "cpu"), location}, root, group)
              .to_vector<std::uint8_t>();
  std::istringstream names(std::string(lines.begin(), lines.end()));
  NamedTensors state;
  for (std::string name; std::getline(names, name);) {
    const Tensor t = is_root ? own[state.size()].second.detach() : Tensor();
    const Form form(
        broadcast({Form::of(is_root ? t : zeros({}, {.device = "cpu"})), location}, root, group));
    const Tensor sent = is_root ? t : empty(form.shape, {.dtype = form.dtype, .device = "cpu"});
    state.emplace_back(name, broadcast({sent, location}, root, group).to(Device("cpu")));
  }
  return state;
}

}  // namespace tinygrad::distributed
