// SPDX-License-Identifier: MIT
// The ops of a step on the time axis, in the format of chrome://tracing (Trace Event Format).
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "step.h"

namespace tinygrad::tracing {

using nlohmann::ordered_json;

std::string chrome(const Step& step) {
  const RecordedStep& r = step.recording;
  ordered_json events = ordered_json::array();
  const auto microseconds = [](double seconds) { return std::round(seconds * 1e7) / 10; };
  for (std::size_t i = 0; i < r.ops.size(); ++i) {
    const RecordedOp& op = r.ops[i];
    const Node& node = step.nodes[std::size_t(step.node_of_op[std::size_t(r.outermost(int(i)))])];
    ordered_json args = {{"status", to_string(op.status)}, {"module", path_text(node)}};
    if (op.location.line) args["line"] = fmt::format("{}:{}", op.location.file, op.location.line);
    if (!op.derivative_of.empty()) args["derivative_of"] = op.derivative_of;
    for (const Value& v : op.inputs) args["inputs"].push_back(to_string(v.shape));
    for (const Value& v : op.outputs) args["outputs"].push_back(to_string(v.shape));
    events.push_back({{"ph", "X"},
                      {"name", op.name},
                      {"cat", to_string(node.kind)},
                      {"ts", microseconds(op.begin)},
                      {"dur", microseconds(op.end - op.begin)},
                      {"pid", 1},
                      {"tid", 1},
                      {"args", std::move(args)}});
    events.push_back({{"ph", "C"},
                      {"name", "memory in use"},
                      {"ts", microseconds(op.end)},
                      {"pid", 1},
                      {"args", {{"bytes", op.memory}}}});
  }
  const ordered_json all = {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
  return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace tinygrad::tracing
