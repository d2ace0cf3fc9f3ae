// SPDX-License-Identifier: MIT
// Prints what is in a model file, for programs.
#include <cmath>
#include <nlohmann/json.hpp>

#include "print.h"

namespace tinygrad::inspect {
namespace {

using Json = nlohmann::ordered_json;

Json object(const Metadata& all) {
  Json json = Json::object();
  for (const auto& [key, text] : all) json[key] = text;
  return json;
}

Json tensor(const Row& row) {
  const Statistics& s = row.statistics;
  return {{"name", row.name},
          {"dtype", row.dtype},
          {"shape", std::vector(row.tensor.shape().begin(), row.tensor.shape().end())},
          {"bytes", row.bytes},
          {"mean", s.mean},
          {"spread", s.spread},
          {"zeros", s.zeros},
          {"nan", s.nans},
          {"inf", s.infinities}};
}

Json totals(const std::vector<Total>& all) {
  Json json = Json::object();
  for (const Total& total : all)
    json[total.name] = {
        {"tensors", total.tensors}, {"elements", total.elements}, {"bytes", total.bytes}};
  return json;
}

Json part(const Part& p) {
  const char* kinds[] = {"header", "tensor", "other"};
  return {{"name", p.name}, {"kind", kinds[int(p.kind)]}, {"begin", p.begin}, {"end", p.end}};
}

template <class List, class F> Json array(const List& list, F f) {
  Json json = Json::array();
  for (const auto& element : list) json.push_back(f(element));
  return json;
}

}  // namespace

std::string as_json(const Contents& contents) {
  const Json json = {
      {"file", contents.path},
      {"format", contents.layout.format},
      {"bytes", contents.bytes},
      {"header", object(contents.layout.facts)},
      {"metadata", object(contents.layout.metadata)},
      {"tensors", array(contents.rows, tensor)},
      {"dtypes", totals(totals_by_dtype(contents))},
      {"layers", totals(totals_by_layer(contents))},
      {"repeated",
       array(repeats(contents),
             [](const Repeat& r) {
               return Json{{"names", r.names}, {"shared", r.shared}, {"bytes", r.bytes}};
             })},
      {"parts", array(contents.layout.parts, part)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tinygrad::inspect
