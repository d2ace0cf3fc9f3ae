// SPDX-License-Identifier: MIT
// tg-split: says how long a step of training takes for each way of dividing a model among devices,
// and draws the best. Exit status: 0, or 2 with one line.
#include <tinygrad/io/file.h>
#include <tinygrad/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "report.h"

namespace {

namespace sim = tinygrad::simulator;

struct Options {
  std::string model, cluster, table, svg, html, schedule = "1f1b";
  sim::Transformer shape;
  sim::Job job;
  sim::Limits limits;
  int devices = 0, top = 10;
  bool json = false, keep = false, fit = false, rank = false;
};

void add_model(CLI::App& app, Options& o) {
  app.add_option("MODEL", o.model, "a file of layers and their costs, instead of a transformer");
  const auto positive = CLI::Range(1, 1 << 30).description("");
  app.add_option("--layers", o.shape.layers, "of the transformer")->check(positive);
  app.add_option("--hidden", o.shape.hidden, "the size of its residual stream")->check(positive);
  app.add_option("--heads", o.shape.heads, "of attention")->check(positive);
  app.add_option("--sequence", o.shape.sequence, "tokens of a sample")->check(positive);
  app.add_option("--vocabulary", o.shape.vocabulary, "tokens there are")->check(positive);
  app.add_flag("--keep-activations", o.keep, "do not compute them again in the backward pass");
  app.add_option("--batch", o.job.batch, "samples of a step")->check(positive);
}

void add_division(CLI::App& app, Options& o) {
  const auto positive = CLI::Range(1, 1 << 30).description("");
  app.add_option("--cluster", o.cluster, "a file of rates and links; else A100s")
      ->type_name("FILE");
  app.add_option("--devices", o.devices, "how many")->check(positive);
  app.add_option("--data", o.limits.data, "copies of the model")->check(positive);
  app.add_option("--tensor", o.limits.tensor, "parts of each matrix")->check(positive);
  app.add_option("--pipeline", o.limits.pipeline, "stages")->check(positive);
  app.add_option("--micro-batch", o.limits.micro_batch, "samples of a pass")->check(positive);
  app.add_option("--chunks", o.limits.chunks, "parts of the model a stage")->check(positive);
  app.add_option("--schedule", o.schedule, "of the pipeline: 1f1b or gpipe")
      ->check(CLI::IsMember({"1f1b", "gpipe"}).description(""));
}

void add_reports(CLI::App& app, Options& o) {
  app.set_version_flag("--version", std::string("tinygrad ") + tinygrad::version());
  app.add_option("--top", o.top, "how many divisions are printed")
      ->check(CLI::Range(1, 1 << 30).description(""));
  app.add_flag("--json", o.json, "print JSON");
  app.add_option("--svg", o.svg, "draw the timeline of the best division")->type_name("FILE");
  app.add_option("--html", o.html, "the same as a page")->type_name("FILE");
  auto* table = app.add_option("--table", o.table, "compare with the measured runs of a paper");
  table->type_name("FILE.csv");
  app.add_flag("--fit", o.fit, "fit the cluster's rates to the table first")->needs(table);
  app.add_flag("--rank", o.rank, "search all divisions of each run of the table")->needs(table);
}

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void compare(const Options& o, const sim::Cluster& cluster) {
  sim::PaperReport report{sim::read_runs(o.table, o.shape, cluster), cluster, o.rank};
  if (o.fit)
    report.cluster =
        sim::fit(report.runs, cluster,
                 {&sim::Cluster::flops_per_second, &sim::Cluster::memory_bytes_per_second,
                  &sim::Cluster::link_bytes_per_second, &sim::Cluster::network_bytes_per_second});
  print(o.json ? as_json(report) : as_text(report));
}

void predict(const Options& o, const sim::Cluster& cluster) {
  sim::Report report{o.model.empty() ? sim::transformer(o.shape) : sim::read_model(o.model),
                     cluster,
                     o.job,
                     {},
                     std::size_t(o.top)};
  report.all = sim::search(report.model, cluster, o.job, o.limits);
  if (!o.svg.empty() || !o.html.empty()) {
    sim::Timeline timeline;
    const auto best =
        sim::predict(report.model, cluster, o.job, report.all.front().division, &timeline);
    if (!o.svg.empty()) tinygrad::write_file(o.svg, as_svg(report, best, timeline), "--svg");
    if (!o.html.empty()) tinygrad::write_file(o.html, as_html(report, best, timeline), "--html");
  }
  print(o.json ? as_json(report) : as_text(report));
}

void run(Options& o) {
  o.shape.recompute = !o.keep;
  o.job.schedule = o.schedule == "gpipe" ? tinygrad::distributed::ScheduleKind::gpipe
                                         : tinygrad::distributed::ScheduleKind::one_f_one_b;
  sim::Cluster cluster = o.cluster.empty() ? sim::Cluster() : sim::read_cluster(o.cluster);
  if (o.devices > 0) cluster.devices = o.devices;
  o.table.empty() ? predict(o, cluster) : compare(o, cluster);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Predicts training that is divided among many devices.", "tg-split");
  add_model(app, options);
  add_division(app, options);
  add_reports(app, options);
  try {
    app.parse(argc, argv);
    run(options);
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return 0;
    std::fputs("tg-split: standard output cannot be written\n", stderr);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const std::exception& e) { std::fprintf(stderr, "tg-split: %s\n", e.what()); }
  return 2;
}
