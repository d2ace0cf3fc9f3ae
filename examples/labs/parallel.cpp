// SPDX-License-Identifier: MIT
// One model on many devices: two layers are trained by one process, data, tensor and pipeline
// parallel, and in all three ways at once. Do they learn the same, what do the ranks send, and how
// long do they wait?
#include "labs/all_reduces.h"
#include "labs/parallel_ways.h"
#include "labs/pipelines.h"

namespace {

using namespace lab;

/// Two samples and six weights, as the chapter computes them by hand: a step with the learning rate
/// 1 shows the gradient.
void by_hand(lab::Lab& lab) {
  const auto matrix = [](std::vector<double> v, std::int64_t rows) {
    return tg::tensor(v).to(tg::float32).reshape({rows, -1});
  };
  const Task task{matrix({1, 2, 0, 1}, 2), matrix({8, 5}, 2), matrix({1, 2, 3, -1}, 2),
                  matrix({2, -1}, 1)};
  const std::vector<double> expected = {2, 2, -1, -2, 3, 1};
  std::vector<lab::Row> rows;
  bool same = true;
  for (const Way& way :
       {Way{"one process"}, Way{"data parallel", {.data = 2}},
        Way{"tensor parallel", {.tensor = 2}}, Way{"pipeline parallel", {.pipeline = 2}, 2}}) {
    const Result r = on_threads(task, way, 1, 1);
    std::vector<double> g = (task.up - r.up).to_vector<double>();
    const std::vector<double> down = (task.down - r.down).to_vector<double>();
    g.insert(g.end(), down.begin(), down.end());
    same = same && g == expected;
    rows.push_back({way.name, r.losses[0], g[0], g[1], g[2], g[3], g[4], g[5]});
  }
  lab.table("by_hand", {{"way"}, {"loss"}, {"a11"}, {"a12"}, {"a21"}, {"a22"}, {"b1"}, {"b2"}},
            rows);
  lab.claim("each way has the gradient that one computes by hand", same);
}

const Way ways[] = {{"one process (4 micro-batches)", {}, 4},
                    {"one process (the whole batch)"},
                    {"data parallel 2", {.data = 2}, 2},
                    {"data parallel 4", {.data = 4}, 1},
                    {"pipeline parallel 2 (GPipe)", {.pipeline = 2}, 4, ScheduleKind::gpipe},
                    {"pipeline parallel 2 (1F1B)", {.pipeline = 2}, 4},
                    {"tensor parallel 2", {.tensor = 2}, 4},
                    {"all three (2 x 2 x 2)", {.data = 2, .pipeline = 2, .tensor = 2}, 2}};

bool same_bits(const Result& a, const Result& b) {
  return a.losses == b.losses && equal(a.up, b.up) && equal(a.down, b.down);
}

void training(lab::Lab& lab) {
  const Tensor x = tg::randn({32, 32});
  const Task task{x, tanh(matmul(x, tg::randn({32, 16}))), tg::randn({64, 32}) / 8,
                  tg::randn({16, 64}) / 8};
  const int steps = lab.choose(60, 20);
  std::vector<lab::Row> losses, bytes;
  std::vector<Result> results;
  bool as_predicted = true;
  for (const Way& way : ways) {
    const Result r = on_threads(task, way, steps, 0.5);
    const Traffic p = predicted(task, way);
    as_predicted = as_predicted && r.sent.data == p.data && r.sent.tensor == p.tensor &&
                   r.sent.pipeline == p.pipeline;
    const double end = r.losses.back();
    results.push_back(r);
    losses.push_back({way.name, r.losses[0], end, std::fabs(end - results[0].losses.back()) / end,
                      same_bits(r, results[0]) ? "yes" : "no", double(r.peak)});
    bytes.push_back({way.name, r.sent.data, r.sent.tensor, r.sent.pipeline});
  }
  lab.table("training",
            {{"way"},
             {"first loss", "{:.6f}", 1e-4},
             {"last loss", "{:.6f}", 0.005},
             {"difference", "{:.0e}", lab::any},
             {"same bits", "{}", lab::any},
             {"micro-batches kept"}},
            losses);
  lab.table("bytes", {{"way"}, {"gradients"}, {"tensor parts"}, {"stages"}}, bytes);
  lab.claim("it learns", results[0].losses.back() < results[0].losses[0] / 2);
  lab.claim("data and pipeline parallel have the bits of one process with 4 micro-batches",
            std::all_of(&results[2], &results[6],
                        [&](const Result& r) { return same_bits(r, results[0]); }));
  lab.claim("all other ways have its losses, but for rounding",
            std::all_of(results.begin(), results.end(), [&](const Result& r) {
              const double end = results[0].losses.back();
              return std::fabs(r.losses.back() - end) < 1e-4 * end;
            }));
  lab.claim("the bytes that ranks send are those of the formulas", as_predicted);
  lab.claim("GPipe keeps all micro-batches, 1F1B as many as there are stages",
            results[4].peak == 4 && results[5].peak == 2);
}

void run(lab::Lab& lab) {
  by_hand(lab);
  training(lab);
  count_messages(lab);
  times(lab);
  timelines(lab);
  pipelines(lab);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("parallel", "How is a model split over many devices, and how do the parts talk?",
                  argc, argv, run);
}
