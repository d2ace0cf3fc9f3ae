// SPDX-License-Identifier: MIT
// The page of a step: the files of page/ with the step as JSON in them.
#include "page.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "step.h"

namespace tinygrad::tracing {

using nlohmann::ordered_json;

namespace {

/// With five digits; JSON has no name for what is not finite, so that is a text.
ordered_json number(double x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  return std::stod(fmt::format("{:.5g}", x));
}
ordered_json numbers(const std::vector<double>& list) {
  ordered_json all = ordered_json::array();
  for (const double x : list) all.push_back(number(x));
  return all;
}
ordered_json microseconds(double seconds) { return std::round(seconds * 1e7) / 10; }

ordered_json json_of(const Shape& shape) { return std::vector(shape.begin(), shape.end()); }

ordered_json json_of(const Content& c) {
  const Statistics& s = c.statistics;
  return {{"numel", s.numel},
          {"nans", s.nans},
          {"infinities", s.infinities},
          {"zeros", s.zeros},
          {"range", numbers({s.min, s.max, s.mean, s.std})},
          {"rows", c.sample.rows},
          {"columns", c.sample.columns},
          {"step", {c.sample.step[0], c.sample.step[1]}},
          {"values", numbers(c.sample.values)}};
}

ordered_json json_of(const Port& p) {
  return {{"node", p.node},
          {"block", p.value.block},
          {"shape", json_of(p.value.shape)},
          {"dtype", p.value.block < 0 ? "" : to_string(p.value.dtype)},
          {"content", p.value.content},
          {"gradient", p.gradient},
          {"arrives", p.arrives}};
}
ordered_json json_of(const std::vector<Port>& ports) {
  ordered_json all = ordered_json::array();
  for (const Port& p : ports) all.push_back(json_of(p));
  return all;
}

ordered_json json_of(const RecordedOp& op) {
  ordered_json shapes = ordered_json::array();
  for (const Value& v : op.outputs) shapes.push_back(to_string(v.shape));
  return {{"name", op.name},
          {"parent", op.parent},
          {"status", to_string(op.status)},
          {"begin", microseconds(op.begin)},
          {"time", microseconds(op.end - op.begin)},
          {"shapes", std::move(shapes)},
          {"memory", op.memory}};
}

std::string line_of(SourceLocation location) {
  const std::string file = location.file;
  return location.line ? fmt::format("{}:{}", file.substr(file.rfind('/') + 1), location.line) : "";
}

ordered_json json_of(const Node& n) {
  return {{"kind", to_string(n.kind)},
          {"name", n.name},
          {"module", path_text(n)},
          {"type", n.path ? n.path->type : ""},
          {"line", line_of(n.location)},
          {"ops", n.ops},
          {"of", n.of},
          {"inputs", json_of(n.inputs)},
          {"outputs", json_of(n.outputs)}};
}

ordered_json json_of(const Step& step) {
  const RecordedStep& r = step.recording;
  ordered_json json = {{"title", step.options.title},      {"device", r.device},
                       {"memory_before", r.memory_before}, {"nodes", ordered_json::array()},
                       {"ops", ordered_json::array()},     {"blocks", ordered_json::array()},
                       {"contents", ordered_json::array()}};
  const auto node_of = [&](int op) {
    const bool is_known = op >= 0 && op < int(r.ops.size());  // a step may have none
    return is_known ? step.node_of_op[std::size_t(r.outermost(op))] : -1;
  };
  for (const Node& n : step.nodes) json["nodes"].push_back(json_of(n));
  for (const RecordedOp& op : r.ops) json["ops"].push_back(json_of(op));
  for (const Content& c : r.contents) json["contents"].push_back(json_of(c));
  for (const Block& b : r.blocks)
    json["blocks"].push_back({{"bytes", b.bytes},
                              {"name", b.name},
                              {"maker", node_of(b.maker)},
                              {"first", node_of(b.first)},
                              {"last", node_of(b.last)}});
  return json;
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

}  // namespace

std::string html(const Step& step) {
  std::string page;
  for (const Source* s = sources(); s->name; ++s)
    if (std::string(s->name) == "page.html") page = s->text;
  for (const Source* s = sources(); s->name; ++s)
    replace(page, "{{" + std::string(s->name) + "}}", s->text);
  std::string json = json_of(step).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  // Names may hold "</script>", which would end the element that the JSON is in.
  for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos;)
    json.replace(at, 1, "\\u003c");
  replace(page, "{{step}}", json);
  return page;
}

}  // namespace tinygrad::tracing
