// SPDX-License-Identifier: MIT
#include <tinygrad/version.h>

#include <nlohmann/json.hpp>

#include "print.h"

namespace tinygrad::doctor {
namespace {

using Json = nlohmann::ordered_json;

const char* word(State state) {
  switch (state) {
    case State::ok: return "ok";
    case State::note: return "note";
    case State::broken: return "broken";
    case State::skipped: break;
  }
  return "skipped";
}

Json json_of(const Link& link, Language language) {
  Json json = {{"link", in_words({link.name}, Language::english)}, {"state", word(link.state)}};
  if (!link.subject.empty()) json["subject"] = link.subject;
  json["text"] = in_words(link.what, language);
  if (!link.version.empty()) json["version"] = link.version;
  if (!link.path.empty()) json["path"] = link.path;
  if (!link.mend.windows.empty()) json["mend"] = {{"windows", link.mend.windows}};
  else if (!link.mend.empty())
    json["mend"] = {
        {"debian", link.mend.debian}, {"fedora", link.mend.fedora}, {"arch", link.mend.arch}};
  return json;
}

Json json_of(const Chain& chain, Language language) {
  Json links = Json::array();
  for (const Link& link : chain.links) links.push_back(json_of(link, language));
  return {
      {"chain", chain.name}, {"device", chain.device}, {"works", chain.works}, {"links", links}};
}

}  // namespace

std::string as_json(const Report& report, Language language) {
  Json json = {{"tinygrad", version()},
               {"system", report.system},
               {"graphics", report.graphics},
               {"chains", Json::array()}};
  for (const Chain& chain : report.chains) json["chains"].push_back(json_of(chain, language));
  json["asked"] = {{"device", report.asked.device},
                   {"works", report.asked.works},
                   {"problem", report.asked.problem}};
  for (const Speed& s : report.speeds)
    json["speeds"].push_back({{"device", s.device},
                              {"bandwidth_gb_per_s", s.bandwidth},
                              {"matmul_gflop_per_s", s.matmul}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";  // a driver's text need not be UTF-8
}

}  // namespace tinygrad::doctor
