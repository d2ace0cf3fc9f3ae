// SPDX-License-Identifier: MIT
// Why layer by layer? The graph that a loss recorded: how long its longest chain is, and how many
// nodes may run at once. What runs in parallel, what it wins, and why a scan over Jacobians loses.
#include <fmt/format.h>
#include <tinygrad/functional.h>
#include <tinygrad/graph.h>

#include <chrono>
#include <map>
#include <thread>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor, tg::Tensors;

struct GraphShape {
  double nodes = 0, chain = 0, widest = 0;
};
/// The nodes of the backward pass by their distance from the loss: those at one distance do not
/// depend on each other.
GraphShape shape_of(const Tensor& loss) {
  const auto nodes = tg::graph::nodes({loss});
  std::map<std::uint64_t, double> level;
  std::map<double, double> width;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)  // users first
    for (auto& in : node->inputs())
      if (in.node) level[in.node.id()] = std::max(level[in.node.id()], level[node->id()] + 1);
  GraphShape g{.nodes = double(nodes.size())};
  for (auto& node : nodes) {
    const double at = level[node.id()];
    g.chain = std::max(g.chain, at + 1), g.widest = std::max(g.widest, ++width[at]);
  }
  return g;
}

/// An input that goes through `branches` separate chains of layers, whose results are added.
Tensor branched(const Tensor& x, int branches, int depth) {
  Tensor sum;
  for (int b = 0; b < branches; ++b) {
    Tensor h = x;
    for (int i = 0; i < depth; ++i) h = tanh(matmul(h, tg::randn({32, 32}).requires_grad_()));
    sum = sum.defined() ? sum + h : h;
  }
  return mean(sum);
}

void graphs(lab::Lab& lab) {
  const Tensor x = tg::rand({4, 1, 28, 28}), y = tg::tensor({1, 2, 3, 4});
  lab::Net mlp = lab::mlp(), cnn = lab::cnn();
  std::vector<lab::Row> rows;
  const auto add = [&](const char* name, const Tensor& loss) {
    const GraphShape g = shape_of(loss);
    rows.push_back({name, g.nodes, g.chain, g.widest, g.nodes / g.chain});
    return g;
  };
  add("MLP", cross_entropy(mlp(x), y));
  const GraphShape c = add("CNN", cross_entropy(cnn(x), y));
  const GraphShape b = add("8 branches of 10 layers", branched(tg::rand({4, 32}), 8, 10));
  lab.table(
      "graphs",
      {{"network"}, {"nodes"}, {"longest chain"}, {"widest level"}, {"nodes / chain", "{:.2f}"}},
      rows);
  lab.claim("a plain net is a chain: at most a layer's weights and its input wait at once",
            c.widest <= 3);
  lab.claim("branches are independent: the backward pass is as wide as they are", b.widest >= 8);
}

double seconds(const auto& run) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

/// One layer's two products dW = xᵀ dy and dX = dy Wᵀ, and independent branches, on one and on two
/// threads of the program; each op itself runs on one.
void two_at_once(lab::Lab& lab) {
  tg::set_num_threads(1);
  const int n = lab.choose(512, 192);
  const Tensor x = tg::randn({n, n}), w = tg::randn({n, n}), dy = tg::randn({n, n});
  const auto both = [](auto a, auto b) {
    std::thread other(a);
    b();
    other.join();
  };
  const auto d_w = [&] { matmul(x.t(), dy); };
  const auto d_x = [&] { matmul(dy, w.t()); };
  const auto branch = [&] {
    Tensor h = x;
    for (int i = 0; i < 4; ++i) h = tanh(matmul(h, w.detach().clone().requires_grad_()) * 0.01);
    mean(h).backward();
  };
  std::vector<lab::Row> rows;
  const auto add = [&](const char* what, auto a, auto b) {
    const double in_turn = seconds([&] { a(), b(); }), at_once = seconds([&] { both(a, b); });
    rows.push_back({what, 2., in_turn / at_once});
  };
  add("dW and dX of one layer", d_w, d_x);
  add("two branches forward and backward", branch, branch);
  lab.table("two_at_once", {{"what"}, {"predicted", "{:.1f}"}, {"measured", "{:.2f}", lab::any}},
            rows);
  tg::set_num_threads(int(std::thread::hardware_concurrency()));
  Tensor same1, same2;
  both([&] { same1 = matmul(x.t(), dy); }, [&] { same2 = matmul(dy, w.t()); });
  lab.claim("at once or in turn, the bits are the same",
            tg::equal(same1, matmul(x.t(), dy)) && tg::equal(same2, matmul(dy, w.t())));
}

/// The chain rule is a product of matrices, J1 J2 ... JL dy. From the right each step is a matrix
/// times a vector; a parallel scan multiplies matrices by matrices in log2(L) rounds.
void scan(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  for (const double n : {2., 16., 128., 1024.}) {
    const double layers = 64, chain = layers * n * n, work = (layers - 1) * n * n * n;
    const double steps = chain,
                 rounds = std::log2(layers) * n * n * n;  // on as many processors as it can use
    rows.push_back({n, chain, work, steps / rounds, work / chain});
  }
  lab.table("scan",
            {{"width n of 64 layers"},
             {"in turn: multiply-adds", "{:.1e}"},
             {"scan: multiply-adds", "{:.1e}"},
             {"in turn / scan on any number of processors", "{:.2f}"},
             {"more work", "{:.0f}"}},
            rows);
  std::vector<Tensor> jacobians;
  for (int i = 0; i < 8; ++i) jacobians.push_back(tg::randn({6, 6}, {.dtype = tg::float64}));
  const Tensor dy = tg::randn({6}, {.dtype = tg::float64});
  Tensor in_turn = dy;
  for (auto j = jacobians.rbegin(); j != jacobians.rend(); ++j) in_turn = matmul(*j, in_turn);
  for (std::vector<Tensor> now = jacobians; now.size() > 1; jacobians = now) {
    std::vector<Tensor> next;  // one round: neighbours at once
    for (std::size_t i = 0; i < now.size(); i += 2) next.push_back(matmul(now[i], now[i + 1]));
    now = next;
  }
  lab.claim("the scan computes the same gradient",
            tg::allclose(in_turn, matmul(jacobians[0], dy), 1e-9));
  lab.claim(
      "it wins only for narrow chains: at width 16 and more a layer's matrix product costs more "
      "than the chain",
      std::get<double>(rows[0][3]) > 1 && std::get<double>(rows[1][3]) < 1);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("why_layer_by_layer", "Why layer by layer? May it not run in parallel?", argc,
                  argv, [](lab::Lab& lab) {
                    graphs(lab);
                    two_at_once(lab);
                    scan(lab);
                  });
}
