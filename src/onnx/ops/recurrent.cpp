// SPDX-License-Identifier: MIT
// LSTM, GRU and RNN. x [T, N, I], weights W [D, G H, I] and R [D, G H, H], biases B [D, 2 G H] for
// D directions, G gates and H hidden values; with layout 1, N comes first.
#include <algorithm>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

using Function = Tensor (*)(In);
Tensor softplus_of(In x) { return softplus({*x}); }

/// The activations of one direction. They have no parameters here.
std::vector<Function> activations(const NodeCall& n, int direction,
                                  const std::vector<Function>& fallback) {
  const auto names = n.texts("activations");
  if (names.empty()) return fallback;
  static constexpr std::pair<std::string_view, Function> known[] = {{"sigmoid", sigmoid},
                                                                    {"tanh", tanh},
                                                                    {"relu", relu},
                                                                    {"softsign", softsign},
                                                                    {"softplus", softplus_of}};
  std::vector<Function> found;
  for (std::size_t i = 0; i < fallback.size(); ++i) {
    const std::size_t at = std::size_t(direction) * fallback.size() + i;
    std::string name = at < names.size() ? names[at] : "";
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    for (auto& [text, function] : known)
      if (text == name) found.push_back(function);
    n.check(found.size() == i + 1, "the activation ", in_quotes(name), " is not supported");
  }
  return found;
}

/// What is one direction's, and the step of the sequence that is computed.
struct Cell {
  const NodeCall& n;
  std::vector<Function> f;
  Tensor R, bias, peephole;  ///< bias: of R; it is not yet in the gates
  double clip;

  Tensor gate(const Tensor& x) const { return clip > 0 ? clamp(x, -clip, clip) : x; }
  /// Gates from x, [N, G H], as computed for all steps at once, plus those from h.
  Tensor gates(const Tensor& x, const Tensor& h) const { return x + linear(h, R, bias); }
};
struct State {
  Tensor h, c;
};

State rnn_step(const Cell& cell, const Tensor& x, const State& s) {
  return {cell.f[0](cell.gate(cell.gates(x, s.h))), {}};
}
/// i, o, f = sigmoid(...), g = tanh(...), c' = f c + i g, h' = o tanh(c'). Peepholes add c to the
/// gates.
State lstm_step(const Cell& cell, const Tensor& x, const State& s) {
  const auto parts = chunk(cell.gates(x, s.h), 4, 1);
  const auto p = cell.peephole.defined() ? chunk(cell.peephole, 3) : std::vector<Tensor>();
  const auto look = [&](std::size_t gate, std::size_t weight, const Tensor& c) {
    return cell.gate(p.empty() ? parts[gate] : parts[gate] + p[weight] * c);
  };
  const Tensor i = cell.f[0](look(0, 0, s.c)), forget = cell.f[0](look(2, 2, s.c)),
               g = cell.f[1](cell.gate(parts[3]));
  const Tensor c = forget * s.c + i * g;
  return {cell.f[0](look(1, 1, c)) * cell.f[2](c), c};
}
/// z, r = sigmoid(...), g = tanh(W x + r (R h)) or tanh(W x + R (r h)), h' = (1 - z) g + z h.
State gru_step(const Cell& cell, const Tensor& x, const State& s) {
  const std::int64_t hidden = s.h.size(1);
  const auto from_x = chunk(x, 3, 1), rows = chunk(cell.R, 3, 0);
  const Tensor first =
      linear(s.h, cell.R.slice(0, 0, 2 * hidden), cell.bias.slice(0, 0, 2 * hidden));
  const Tensor z = cell.f[0](cell.gate(from_x[0] + first.slice(1, 0, hidden))),
               r = cell.f[0](cell.gate(from_x[1] + first.slice(1, hidden)));
  const Tensor bias = cell.bias.slice(0, 2 * hidden);
  const bool is_linear = cell.n.integer("linear_before_reset", 0) != 0;
  const Tensor from_h = is_linear ? r * linear(s.h, rows[2], bias) : linear(r * s.h, rows[2], bias);
  const Tensor g = cell.f[1](cell.gate(from_x[2] + from_h));
  return {(1 - z) * g + z * s.h, {}};
}

/// The first lengths[i] steps of sequence i in reverse order, x [T, N, F]; all steps without
/// lengths.
Tensor reversed(const Tensor& x, const Tensor& lengths) {
  if (!lengths.defined()) return flip(x, 0);
  const Tensor t = arange(x.size(0)).to(x.device()).unsqueeze(1);
  const Tensor index = where(t < lengths, lengths - 1 - t, t);  // [T, N]
  return x.gather(0, index.unsqueeze(2).expand(x.shape()));
}

/// How a network differs from the others.
struct Kind {
  int gates;
  std::vector<Function> functions;
  State (*step)(const Cell& cell, const Tensor& x, const State& state);
  bool has_cell = false;  ///< its state has a c
};

/// The outputs h of all steps of x [T, N, G H], which is W x + b, from a first state that becomes
/// the last one. A sequence that has ended keeps its state, and its outputs are 0.
Tensor scan(const Kind& kind, const Cell& cell, const Tensor& x, const Tensor& lengths,
            State& state) {
  std::vector<Tensor> outputs;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    State next = kind.step(cell, x.select(0, t), state);
    outputs.push_back(next.h);
    if (lengths.defined()) {
      const Tensor lives = (lengths > t).unsqueeze(1);
      outputs.back() = where(lives, next.h, 0);
      next.h = where(lives, next.h, state.h);
      if (kind.has_cell) next.c = where(lives, next.c, state.c);
    }
    state = next;
  }
  return stack(Tensors(outputs));
}

Tensors run(const NodeCall& n, const Kind& kind) {
  const bool batch_first = n.integer("layout", 0) != 0;
  n.check(n.integer("input_forget", 0) == 0, "input_forget is not supported");
  const auto time_first = [&](const Tensor& x) { return batch_first ? x.transpose(0, 1) : x; };
  const Tensor x = time_first(n[0]), W = n[1], R = n[2];
  n.check(x.dim() == 3 && W.dim() == 3 && R.dim() == 3, "expected x, W and R of rank 3");
  const std::int64_t hidden = R.size(2), rows = kind.gates * hidden;
  const Tensor lengths = n.has(4) ? n[4].to(int64) : Tensor();
  const auto zero = [&](const Shape& shape) { return zeros(shape, n.options(x.dtype())); };
  const auto first = [&](int i, std::int64_t d) {
    return n.has(i) ? time_first(n[i]).select(0, d) : zero({x.size(1), hidden});
  };
  std::vector<Tensor> ys, hs, cs;
  for (std::int64_t d = 0; d < W.size(0); ++d) {
    const bool is_reverse = n.text("direction", "forward") == "reverse" || d == 1;
    const Tensor bias = n.has(3) ? n[3].select(0, d) : zero({2 * rows});
    const Cell cell{n,
                    activations(n, int(d), kind.functions),
                    R.select(0, d),
                    bias.slice(0, rows),
                    n.has(7) ? n[7].select(0, d) : Tensor(),
                    n.real("clip", 0)};
    const Tensor all = linear(is_reverse ? reversed(x, lengths) : x, W.select(0, d),
                              bias.slice(0, 0, rows));  // [T, N, G H]
    State state{first(5, d), kind.has_cell ? first(6, d) : Tensor()};
    const Tensor y = scan(kind, cell, all, lengths, state);
    ys.push_back(is_reverse ? reversed(y, lengths) : y);
    hs.push_back(state.h), cs.push_back(state.c);
  }
  const Tensor y = stack(Tensors(ys), 1);  // [T, D, N, H]
  return {batch_first ? y.permute({2, 0, 1, 3}) : y, time_first(stack(Tensors(hs))),
          kind.has_cell ? time_first(stack(Tensors(cs))) : Tensor()};
}

Tensors lstm(const NodeCall& n) { return run(n, {4, {sigmoid, tanh, tanh}, lstm_step, true}); }
Tensors gru(const NodeCall& n) { return run(n, {3, {sigmoid, tanh}, gru_step}); }
Tensors rnn(const NodeCall& n) { return run(n, {1, {tanh}, rnn_step}); }

constexpr Operator table[] = {{"GRU", gru}, {"LSTM", lstm}, {"RNN", rnn}};

}  // namespace
Operators recurrent_operators() { return table; }
}  // namespace tinygrad::onnx
