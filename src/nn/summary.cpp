// SPDX-License-Identifier: MIT
// to_string() and summary(): the table of a module's parts, their shapes and sizes.
#include <algorithm>
#include <unordered_map>

#include "nn/registry.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::nn {
namespace {

/// "1,234,567".
std::string with_commas(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (int i = int(digits.size()) - 3; i > 0; i -= 3) digits.insert(std::size_t(i), ",");
  return digits;
}

std::string in_bytes(std::int64_t n) {
  static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  double size = double(n);
  for (; size >= 1024 && unit < 4; ++unit) size /= 1024;
  std::string text = std::to_string(size);
  return text.substr(0, text.find('.') + (unit ? 3 : 0)) + " " + units[unit];
}

/// The number of characters that a terminal shows: all bytes of UTF-8 but continuation bytes.
std::size_t width(const std::string& text) {
  return std::size_t(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The shapes of each module's outputs, in text: of its last run, since it may run more than once.
using Outputs = std::unordered_map<const Registry*, std::string>;

/// "[512, 784], [512]".
std::string shapes(const Tensors& list) {
  std::string text;
  for (auto& t : list)
    if (t.defined()) text += (text.empty() ? "" : ", ") + to_string(t.shape());
  return text;
}

/// Cells in columns as wide as their widest; the last one is aligned to the right, and nothing
/// trails.
using Row = std::vector<std::string>;
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string text;
  for (auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - width(row[i]), ' ');
      line += "  " + (i + 1 == row.size() ? space + row[i] : row[i] + space);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

struct Total {
  std::int64_t numbers = 0, bytes = 0, trainable = 0;
  void add(const Tensor& t) {
    numbers += t.numel(), bytes += t.numel() * std::int64_t(size_of(t.dtype()));
    if (t.requires_grad()) trainable += t.numel();
  }
};
Total total(const NamedTensors& tensors) {
  Total sum;
  for (auto& [name, t] : tensors) sum.add(t);
  return sum;
}

/// "weight [512, 784], bias [512] frozen".
std::string named_shapes(const Registry& r) {
  std::string text;
  for (auto* list : {&r.parameters, &r.buffers})
    for (auto& [name, t] : *list)
      text += (text.empty() ? "" : ", ") + name + " " + to_string(t.shape()) +
              (list == &r.parameters && !t.requires_grad() ? " frozen" : "");
  return text;
}

std::string table(const Module& module, const Outputs* outputs) {
  Registry& root = Registry::of(module);
  std::vector<Row> rows{{"layer", "type", "parameters and buffers", "count"}};
  if (outputs) rows[0].insert(rows[0].end() - 1, "output");
  visit_all(root, "", [&](const std::string& path, const Registry& r) {
    if (&r == &root && r.parameters.empty() && r.buffers.empty() && !outputs) return;
    const Total own = total(r.parameters);
    rows.push_back({path.empty() ? "-" : path.substr(0, path.size() - 1),
                    type_name(r.type ? *r.type : typeid(module)), named_shapes(r),
                    own.numbers ? with_commas(own.numbers) : ""});
    if (!outputs) return;
    const auto found = outputs->find(&r);
    rows.back().insert(rows.back().end() - 1, found == outputs->end() ? "" : found->second);
  });
  const Total parameters = total(module.named_parameters()),
              buffers = total(module.named_buffers());
  std::string text = type_name(typeid(module)) + "\n" + aligned(rows) + "  " +
                     with_commas(parameters.numbers) + " parameters, " + in_bytes(parameters.bytes);
  if (parameters.trainable < parameters.numbers)
    text += ": " + with_commas(parameters.trainable) + " trainable, " +
            with_commas(parameters.numbers - parameters.trainable) + " frozen";
  if (buffers.numbers)
    text += "; " + with_commas(buffers.numbers) + " numbers in buffers, " + in_bytes(buffers.bytes);
  return text + "\n";
}

/// While it lives, a module and all inside it are in evaluation mode, and their outputs are noted
/// by forward hooks; then each has its own mode again.
class Watch {
 public:
  Watch(Registry& root, Outputs& outputs) {
    visit_all(root, "", [&](const std::string&, Registry& r) {
      modes_.emplace_back(&r, r.training), r.training = false;
      r.forward_hooks.push_back(std::make_shared<const ForwardHook>(
          [&outputs, &r](Module&, const Tensors& ys) { outputs[&r] = shapes(ys); }));
      hooks_.push_back(r.forward_hooks.back());
    });
  }
  ~Watch() {
    for (std::size_t i = 0; i < modes_.size(); ++i) {
      auto& [r, training] = modes_[i];
      r->training = training;
      std::erase(r->forward_hooks, hooks_[i]);
    }
  }
  Watch(const Watch&) = delete;

 private:
  std::vector<std::pair<Registry*, bool>> modes_;
  std::vector<std::shared_ptr<const ForwardHook>> hooks_;
};

}  // namespace

std::string to_string(const Module& module) { return table(module, nullptr); }

std::string summary(Module& module, const InlineFunction<void(), 64>& call) {
  const NoGrad off;
  Outputs outputs;
  {
    const Watch watch(Registry::of(module), outputs);
    call();
  }
  return table(module, &outputs);
}

std::string summary(Module& module, const Tensor& input) {
  return summary(module, [&] { module(input); });
}

std::string summary(Module& module, const Shape& input) {
  const std::vector<Tensor> parameters = module.parameters();
  if (parameters.empty()) return summary(module, zeros(input));
  return summary(module,
                 zeros(input, {.dtype = parameters[0].dtype(), .device = parameters[0].device()}));
}

}  // namespace tinygrad::nn
