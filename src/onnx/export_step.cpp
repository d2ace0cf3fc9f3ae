// SPDX-License-Identifier: MIT
// What a rule sees of the op that it translates, and the nodes that it adds.
#include "export_translation.h"

namespace tinygrad::onnx {

const Tensor& ExportStep::input(int i, bool second) const {
  return (second ? t_.second_ : t_.first_).ops[op_].inputs[std::size_t(i)];
}
const Tensor& ExportStep::output(int i, bool second) const {
  return (second ? t_.second_ : t_.first_).ops[op_].outputs[std::size_t(i)];
}
Sizes ExportStep::input_sizes(int i) const { return sizes_of(input(i), input(i, true)); }
Sizes ExportStep::output_sizes(int i) const { return sizes_of(output(i), output(i, true)); }

const KernelCall* ExportStep::call_of(const RecordedCall& recording,
                                      std::string_view kernel) const {
  const auto& ops = recording.ops;
  for (std::size_t i = op_; i < ops.size() && (i == op_ || ops[i].parent >= int(op_)); ++i)
    for (const KernelCall& call : ops[i].calls)
      if (call.kernel == kernel) return &call;
  return nullptr;
}

double ExportStep::scalar_of(Binary op) const {
  const auto& ops = t_.first_.ops;
  for (std::size_t i = op_; i < ops.size() && (i == op_ || ops[i].parent >= int(op_)); ++i)
    for (const KernelCall& call : ops[i].calls)
      if (const Binary* b = call.find<Binary>(); b && *b == op && call.find<Scalar>())
        return call.find<Scalar>()->real();
  refuse("was called in a way that is not known");
}

const std::string& ExportStep::name(int i) { return t_.name_of(value(i)); }

std::string ExportStep::node(const std::string& type, std::vector<std::string> inputs,
                             const std::vector<NewAttribute>& attributes, int outputs) {
  const std::string module = op().path ? op().path->text : "";
  return graph().node(type, std::move(inputs),
                      module.empty() ? op().name : module + "." + op().name, attributes, outputs);
}

bool ExportStep::result(const std::string& name, int i) {
  return result({GraphValue::Kind::computed, name, {}, {}}, i);
}

bool ExportStep::result(GraphValue value, int i) {
  value.first = output(i), value.second = output(i, true);
  t_.overwrite(op());
  t_.bind(output(i), std::move(value));
  return true;
}

void ExportStep::refuse(const std::string& problem) const {
  fail(t_.call_, place_of(op()), " ", problem);
}

}  // namespace tinygrad::onnx
