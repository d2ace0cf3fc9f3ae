// SPDX-License-Identifier: MIT
// Tests recorded steps by what the page holds: ops, links between the passes, gradients against
// those of autograd, memory; that recording changes no bit; and the files.
#include "tinygrad/trace/trace.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "backends/common/required_kernels_only.h"
#include "support/files.h"
#include "support/nn_help.h"
#include "tinygrad/observer.h"
#include "tinygrad/op.h"
#include "tinygrad/optim.h"

namespace tinygrad {
namespace {

using nlohmann::json;
using TraceFiles = test::Files;

struct Mlp : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(6, 5));
  nn::Dropout drop = add("drop", nn::Dropout(0.5));
  nn::Linear fc2 = add("fc2", nn::Linear(5, 3));
  Tensor forward(const Tensor& x) override { return fc2(drop(relu(fc1(x)))); }
};

/// What a page holds, and how the tests look for nodes in it.
struct Page {
  explicit Page(const Trace& trace) : html(trace.html()) {
    const std::string begin = "<script type=\"application/json\" id=\"step\">";
    const std::size_t at = html.find(begin) + begin.size();
    step = json::parse(html.substr(at, html.find("</script>", at) - at));
  }
  /// All nodes of that kind and name, in order.
  std::vector<int> all(const std::string& kind, const std::string& name) const {
    std::vector<int> found;
    for (std::size_t i = 0; i < step["nodes"].size(); ++i)
      if (step["nodes"][i]["kind"] == kind && step["nodes"][i]["name"] == name)
        found.push_back(int(i));
    return found;
  }
  int find(const std::string& kind, const std::string& name, const std::string& module = "") const {
    for (const int i : all(kind, name))
      if (node(i)["module"] == module) return i;
    ADD_FAILURE() << "no " << kind << " " << name << " in \"" << module << "\"";
    return 0;
  }
  const json& node(int i) const { return step["nodes"][std::size_t(i)]; }
  const json& content(const json& position) const { return step["contents"][position.get<int>()]; }
  const json& op_of(int i) const { return step["ops"][node(i)["ops"][0].get<int>()]; }
  std::vector<double> values(const json& position) const { return content(position)["values"]; }
  std::vector<double> gradient(int i) const {
    const json& position = node(i)["outputs"][0]["gradient"];
    return position < 0 ? std::vector<double>() : values(position);  // none
  }

  std::string html;
  json step;
};

void expect_values(const std::vector<double>& shown, const Tensor& expected) {
  const auto values = expected.to_vector<double>();
  ASSERT_EQ(shown.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(shown[i], values[i], 1e-4 * std::abs(values[i])) << i;  // five digits are shown
}

struct Training {
  Training() {
    manual_seed(3);
    net.emplace();
    sgd.emplace(net->parameters(), optim::SgdOptions{.lr = 0.1, .momentum = 0.9});
    x = randn({4, 6}), y = tensor({0, 2, 1, 1});
  }
  void step() {
    sgd->zero_grad();
    loss = cross_entropy((*net)(x), y);
    loss.backward();
    sgd->step();
  }
  Trace traced() {
    return trace([&] { step(); }, {.names = net->named_parameters()});
  }
  std::optional<Mlp> net;
  std::optional<optim::SGD> sgd;
  Tensor x, y, loss;
};

TEST(Trace, HoldsTheOpsOfAStepInOrder) {
  Training training;
  const Page page(training.traced());
  const int fc1 = page.find("forward", "linear", "fc1"), relu = page.find("forward", "relu"),
            fc2 = page.find("forward", "linear", "fc2"),
            loss = page.find("forward", "cross_entropy"), sgd = page.find("update", "sgd");
  EXPECT_TRUE(fc1 < relu && relu < fc2 && fc2 < loss && loss < sgd);
  EXPECT_EQ(page.node(fc1)["type"], "Linear");
  EXPECT_EQ(page.node(fc1)["outputs"][0]["shape"], json({4, 5}));
  EXPECT_EQ(page.node(fc1)["outputs"][0]["dtype"], "float32");
  EXPECT_EQ(page.op_of(fc1)["status"], "kernel");
  EXPECT_EQ(page.node(relu)["inputs"][0]["node"], fc1);
  EXPECT_EQ(page.node(loss)["line"].get<std::string>().substr(0, 15), "trace_test.cpp:");
  EXPECT_EQ(page.node(sgd)["module"], "");
  const json& loss_value = page.content(page.node(loss)["outputs"][0]["content"]);
  EXPECT_NEAR(loss_value["range"][2], training.loss.item<double>(), 1e-4);
  EXPECT_EQ(loss_value["numel"], 1);
}

TEST(Trace, NamesLeavesAndShowsTheirValues) {
  Training training;
  const Tensor before = clone(training.net->fc1.weight);
  const Page page(training.traced());
  const int weight = page.find("leaf", "fc1.weight", "fc1");
  EXPECT_EQ(page.node(page.find("forward", "linear", "fc1"))["inputs"][1]["node"], weight);
  expect_values(page.values(page.node(weight)["outputs"][0]["content"]), before);
  EXPECT_EQ(page.find("leaf", "", "fc1"), 0);  // x has no name
}

TEST(Trace, LinksTheBackwardPassAndFindsTheGradients) {
  Training training;
  const Page page(training.traced());
  int last = int(page.step["nodes"].size());
  for (const auto& [name, module] : std::vector<std::pair<std::string, std::string>>{
           {"linear", "fc1"}, {"relu", ""}, {"linear", "fc2"}, {"cross_entropy", ""}}) {
    const int forward = page.find("forward", name, module),
              backward = page.find("backward", name, module);
    EXPECT_EQ(page.node(backward)["of"], forward) << name;
    EXPECT_LT(backward, last);
    last = backward;
  }
  for (auto& [name, tensor] : training.net->named_parameters()) {
    const int leaf = page.find("leaf", name, name.substr(0, 3));
    expect_values(page.gradient(leaf), tensor.grad());
    EXPECT_EQ(page.node(leaf)["outputs"][0]["arrives"],
              page.find("backward", "linear", name.substr(0, 3)));
  }
}

/// The gradients of intermediate results are compared with those that retain_grad() keeps.
TEST(Trace, FindsGradientsOfIntermediateResults) {
  manual_seed(1);
  const Tensor x = randn({3, 4}).requires_grad_();
  Tensor a, b, c, d;
  const Page page(trace([&] {
    a = exp(x), b = reshape(tanh(a), {12}), c = flatten(a) * b;  // a is used twice
    a.retain_grad(), b.retain_grad(), c.retain_grad();
    d = c + b;  // the derivative of + runs no op
    d.retain_grad();
    sum(square(d)).backward();
  }));
  const std::map<std::string, Tensor> all = {
      {"exp", a.grad()}, {"mul", c.grad()}, {"add", d.grad()}, {"square", ones({12})}};
  for (auto& [name, gradient] : all) {
    SCOPED_TRACE(name);
    expect_values(page.gradient(page.find("forward", name)), gradient);
  }
  expect_values(page.gradient(page.all("forward", "reshape")[0]), b.grad());
  expect_values(page.gradient(page.find("forward", "sum")), ones({1}));
  expect_values(page.gradient(page.all("leaf", "")[0]), x.grad());  // no optimizer, no names
}

TEST(Trace, TellsCallsOfOneLineApart) {
  manual_seed(1);
  nn::Linear cell(4, 4);
  const Tensor x = randn({4, 4});
  const Page page(trace([&] {
    Tensor h = x;
    for (int i = 0; i < 3; ++i) h = tanh(tanh(cell(h)));
    h = x - exp(h) - exp(h) - h;
    for (const Tensor& part : unbind(h, 1)) h = h + unsqueeze(part, 1);
    h = matmul(matmul(h, transpose(h, 0, 1)), h);
    sum(h).backward();
  }));
  for (const char* name : {"linear", "tanh", "exp", "sub", "unbind", "unsqueeze", "matmul"}) {
    std::vector<int> forward = page.all("forward", name), of;
    for (const int i : page.all("backward", name)) of.push_back(page.node(i)["of"]);
    std::reverse(of.begin(), of.end());
    EXPECT_EQ(of, forward) << name;
  }
}

/// Autograd differentiates the newest op first, each once.
void expect_each_once(const Page& page, const nn::Module& net) {
  int last = int(page.step["nodes"].size()), derivatives = 0;
  for (auto& n : page.step["nodes"]) {
    if (n["kind"] != "backward" || n["name"] == "ones") continue;
    EXPECT_GE(n["of"], 0) << n["name"];
    EXPECT_LT(n["of"], last) << n["name"];
    EXPECT_EQ(n["name"], page.node(n["of"])["name"]);
    last = n["of"], ++derivatives;
  }
  EXPECT_GT(derivatives, 20);
  for (auto& [name, tensor] : net.named_parameters()) {
    SCOPED_TRACE(name);
    const std::vector<int> leaves = page.all("leaf", name);
    ASSERT_EQ(leaves.size(), 1u);
    EXPECT_NEAR(page.content(page.node(leaves[0])["outputs"][0]["gradient"])["range"][2],
                mean(tensor.grad()).item<double>(), 1e-5);
  }
}

TEST(Trace, LinksEveryDerivativeOfLargerNetworks) {
  manual_seed(1);
  nn::TransformerEncoder transformer(8, 2, 2, {.dim_feedforward = 16, .batch_first = true});
  nn::LSTM lstm(4, 8);
  const Tensor text = randn({2, 3, 8}), series = randn({3, 2, 4});
  const auto traced = [&](nn::Module& net, const auto& loss) {
    optim::SGD sgd(net.parameters(), {.lr = 0.1});
    const auto step = [&] {
      loss().backward();
      sgd.step();
    };
    expect_each_once(Page(trace(step, {.names = net.named_parameters()})), net);
  };
  traced(transformer, [&] { return mean(square(transformer(text))); });
  traced(lstm, [&] { return mean(square(std::get<0>(lstm(series)))); });
}

TEST(Trace, ShowsWhatKeepsMemory) {
  const Tensor x = ones({64, 32}).requires_grad_();
  const Page page(trace([&] { sum(exp(x * 2)).backward(); }));
  const auto block = [&](const char* name) {
    const json& port = page.node(page.find("forward", name))["outputs"][0];
    return page.step["blocks"][port["block"].get<int>()];
  };
  EXPECT_GE(block("exp")["bytes"], 64 * 32 * 4);
  EXPECT_EQ(block("exp")["maker"], page.find("forward", "exp"));
  EXPECT_EQ(block("exp")["last"], page.find("backward", "exp"));  // it keeps its output
  EXPECT_EQ(block("mul")["last"], page.find("forward", "exp"));
  EXPECT_GE(page.op_of(page.find("forward", "exp"))["memory"],
            page.step["memory_before"].get<int>() + 64 * 32 * 4);
}

/// Memory that is free again may be that of the next tensor, also of one that no op makes.
TEST(Trace, DoesNotTakeReusedMemoryForTheOldTensor) {
  const Tensor x = ones({50});
  const void* freed = nullptr;
  bool reused = false;
  const Page page(trace([&] {
    {
      const Tensor y = exp(x);
      freed = view_of(y).memory().handle;
    }
    const Tensor z = tensor(std::vector<float>(50, 7.f));
    reused = view_of(z).memory().handle == freed;
    sqrt(z);
  }));
  ASSERT_TRUE(reused);
  const int from = page.node(page.find("forward", "sqrt"))["inputs"][0]["node"];
  EXPECT_EQ(page.node(from)["kind"], "leaf");
}

TEST(Trace, ShowsFormulasWithTheirOps) {
  register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("traced")));
  nn::Linear fc(3, 2);
  fc.to("traced");
  const Tensor x = ones({4, 3}, {.device = "traced"});
  const Page page(trace([&] { fc(x); }));
  const int linear = page.find("forward", "linear");
  EXPECT_EQ(page.op_of(linear)["status"], "formula");
  int inner = 0;
  for (auto& op : page.step["ops"]) inner += op["parent"] == page.node(linear)["ops"][0];
  EXPECT_GE(inner, 2);                       // a product and a sum
  EXPECT_EQ(page.step["nodes"].size(), 4u);  // x, weight, bias, linear
  EXPECT_EQ(page.step["device"], "traced");
}

/// A derivative that runs its formula again is one node, with the derivatives of the formula's ops.
TEST(Trace, ShowsAReplayedFormulaAsOneDerivative) {
  const auto cube = [](In x) -> Tensor {
    return apply({.name = "cube", .inputs = {x}, .formula = [](const Tensors& in) {
                    return Tensors(in[0] * in[0] * in[0]);
                  }});
  };
  const Tensor x = tensor({1.f, 2.f}).requires_grad_();
  const Page page(trace([&] { sum(cube(exp(x))).backward(); }));
  const int backward = page.find("backward", "cube"), exp = page.find("backward", "exp");
  EXPECT_EQ(page.node(backward)["of"], page.find("forward", "cube"));
  EXPECT_GE(page.node(backward)["ops"].size(), 3u);  // the formula, and twice the derivative of *
  EXPECT_TRUE(page.all("backward", "mul").empty());
  EXPECT_EQ(page.node(exp)["of"], page.find("forward", "exp"));
  expect_values(page.gradient(page.all("leaf", "")[0]), x.grad());
}

TEST(Trace, CountsWhatIsNotFinite) {
  const Tensor x = tensor({-1.f, 0.f, 1.f});
  const Page page(trace([&] { log(x); }));
  const json& c = page.content(page.node(page.find("forward", "log"))["outputs"][0]["content"]);
  EXPECT_EQ(c["nans"], 1);
  EXPECT_EQ(c["infinities"], 1);
  EXPECT_EQ(c["values"], json({"NaN", "-Infinity", 0.0}));
}

TEST(Trace, SamplesLargeTensors) {
  const Tensor x = reshape(arange(0, 2 * 30 * 50), {2, 30, 50}).to(float32);
  const Page page(trace([&] { neg(x); }, {.sample = 10}));
  const json& c = page.content(page.node(page.find("forward", "neg"))["outputs"][0]["content"]);
  EXPECT_EQ(c["rows"], 10);
  EXPECT_EQ(c["columns"], 10);
  EXPECT_EQ(c["step"], json({3, 5}));
  EXPECT_EQ(c["values"][11], -(3 * 50 + 5));
  EXPECT_EQ(c["numel"], 3000);
  EXPECT_EQ(page.step["nodes"].size(), 2u);
}

TEST(Trace, ChangesNoBit) {
  Training plain, watched;
  for (int i = 0; i < 3; ++i) {
    manual_seed(std::uint64_t(i));
    plain.step();
    manual_seed(std::uint64_t(i));
    watched.traced();
    EXPECT_EQ(test::bits(plain.net->state_dict()), test::bits(watched.net->state_dict()));
    EXPECT_EQ(test::bits(plain.sgd->state_dict()), test::bits(watched.sgd->state_dict()));
    EXPECT_EQ(test::bits(plain.loss), test::bits(watched.loss));
  }
}

TEST(Trace, PassesExceptionsOnAndEndsTheRecording) {
  struct Count : Observer {
    int ended = 0;
    void end(const OpEvent&) override { ++ended; }
  } count;
  const Tensor x = ones({2});
  const ObserverScope scope(count);
  EXPECT_EQ(message_of<std::runtime_error>([&] {
              trace([&] {
                exp(x);
                throw std::runtime_error("mine");
              });
            }),
            "mine");
  message_of<ShapeError>([&] { trace([&] { x + ones({3}); }); });
  const int before = count.ended;
  exp(x);
  EXPECT_EQ(count.ended, before + 1);
}

TEST(Trace, OfNothing) {
  const Trace empty = trace([] {});
  EXPECT_EQ(Page(empty).step["nodes"].size(), 0u);
  EXPECT_EQ(json::parse(empty.chrome())["traceEvents"].size(), 0u);
  Tracer tracer;
  tracer.finish();
  expect_says(message_of<ArgumentError>([&] { tracer.finish(); }), "was ended before");
}

TEST(Trace, EscapesNames) {
  struct Evil : nn::Module {
    nn::Linear fc = add("a\"]</script><b>", nn::Linear(2, 2));
    Tensor forward(const Tensor& x) override { return fc(x); }
  } net;
  const std::string title = "</script><!-- \xff \"";
  const Trace evil = trace([&] { net(ones({1, 2})); }, {.title = title});
  const Page page(evil);
  EXPECT_EQ(page.step["title"], "</script><!-- \xef\xbf\xbd \"");  // what is not UTF-8 is replaced
  EXPECT_EQ(page.html.find("<b>"), std::string::npos);
  EXPECT_EQ(page.node(page.all("forward", "linear")[0])["module"], "a\"]</script><b>");
  EXPECT_TRUE(json::accept(evil.chrome()));
  EXPECT_NE(evil.dot().find("label=\"a\\\"]</script><b>\""), std::string::npos);
}

TEST(Trace, IsAPageOfItsOwn) {
  const std::string html = trace([] {}).html();
  for (const char* outside : {"http:", "https:", "src=", "@import", "{{"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

TEST(Trace, ChromeTraceHasEachOpInsideItsFormula) {
  Training training;
  const Trace step = training.traced();
  const json events = json::parse(step.chrome())["traceEvents"];
  const json ops = Page(step).step["ops"];
  std::vector<json> spans;
  for (auto& e : events)
    if (e["ph"] == "X") spans.push_back(e);
  ASSERT_EQ(spans.size(), ops.size());
  EXPECT_EQ(events.size(), 2 * ops.size());  // with the memory after each
  for (std::size_t i = 0; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i]["name"], ops[i]["name"]);
    EXPECT_GE(spans[i]["dur"], 0.0);
    if (i > 0) { EXPECT_GE(spans[i]["ts"], spans[i - 1]["ts"]); }
    if (ops[i]["parent"] < 0) continue;
    const json& outer = spans[ops[i]["parent"].get<std::size_t>()];
    EXPECT_LE(double(spans[i]["ts"]) + double(spans[i]["dur"]),
              double(outer["ts"]) + double(outer["dur"]) + 0.2);  // both are rounded
  }
}

TEST(Trace, DotIsWellFormed) {
  Training training;
  const std::string dot = training.traced().dot();
  EXPECT_EQ(dot.substr(0, 9), "digraph {");
  EXPECT_EQ(std::count(dot.begin(), dot.end(), '{'), std::count(dot.begin(), dot.end(), '}'));
  EXPECT_NE(dot.find("subgraph \"cluster_fc1\""), std::string::npos);
  EXPECT_NE(dot.find("label=\"linear\\n[4, 5]\", shape=box"), std::string::npos);
  std::set<std::string> declared;
  std::istringstream in(dot);
  int edges = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string from, arrow, to;
    words >> from >> arrow >> to;
    if (arrow == "->") {
      ++edges;
      EXPECT_TRUE(declared.contains(from)) << line;
      EXPECT_TRUE(declared.contains(to.substr(0, to.find(';')))) << line;
    } else if (from[0] == 'n') declared.insert(from);
  }
  EXPECT_GE(edges, 9);  // x, four parameters, three results, the labels
}

TEST_F(TraceFiles, AreWrittenWhole) {
  namespace fs = std::filesystem;
  const Trace empty = trace([] {});
  fs::create_symlink(put("old.html", "old"), path("link.html"));
  fs::permissions(path("old.html"), fs::perms::owner_read | fs::perms::owner_write);
  empty.save_html(path("link.html"));
  EXPECT_TRUE(fs::is_symlink(path("link.html")));
  EXPECT_EQ(get("old.html"), empty.html());
  EXPECT_EQ(fs::status(path("old.html")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  empty.save_dot(path("new.dot"));
  empty.save_chrome(path("new.json"));
  EXPECT_EQ(get("new.dot"), empty.dot());
  EXPECT_EQ(get("new.json"), empty.chrome());
  EXPECT_EQ(count(), 4);
}

TEST_F(TraceFiles, RefusePathsThatCannotBeWritten) {
  const Trace empty = trace([] {});
  test::expect_error<IoError>([&] { empty.save_html(path("no/folder.html")); },
                              "No such file or directory");
  test::expect_error<IoError>([&] { empty.save_dot(folder_); }, "is not a regular file");
  EXPECT_EQ(count(), 0);
}

}  // namespace
}  // namespace tinygrad
