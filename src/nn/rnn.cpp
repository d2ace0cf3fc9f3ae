// SPDX-License-Identifier: MIT
// Recurrent networks: the products with x for all steps at once, then step after step.
#include "tinygrad/nn/rnn.h"

#include "nn/default_init.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

/// mask[t, n, 0]: whether step t belongs to sequence n. Undefined without lengths.
static Tensor mask_of(const Tensor& lengths, const Tensor& x, const char* op) {
  const std::int64_t steps = x.shape()[0], batch = x.shape()[1];
  if (!lengths.defined()) return {};
  require<ShapeError>(lengths.shape() == Shape{batch}, op, "expected lengths of shape [", batch,
                      "], got ", lengths.shape());
  for (auto n : lengths.to_vector<std::int64_t>())
    require(n >= 1 && n <= steps, op, "lengths must be in 1 ... ", steps, ", got ", n);
  const Tensor step = arange(0, steps, 1, {.dtype = DType::int64, .device = x.device()});
  return unsqueeze(unsqueeze(step, 1) < lengths.to(x.device()), 2);
}

static Tensor zeros_for(const Tensor& x, const Shape& shape) {
  return zeros(shape, {.dtype = x.dtype(), .device = x.device()});
}

// ------------------------------------------------------------ steps

Recurrent::Recurrent(const Call& call, int gates, std::int64_t input, std::int64_t hidden,
                     const RNNCellOptions& o, std::int64_t proj_size)
    : name_(call.op),
      gates_(gates),
      input_(positive(call, "input_size", input)),
      hidden_(positive(call, "hidden_size", hidden)),
      output_(proj_size ? proj_size : hidden),
      options_(o) {
  require(proj_size == 0 || (gates == 4 && proj_size > 0 && proj_size < hidden), call,
          "proj_size is for LSTMs, and less than hidden_size, got ", proj_size);
  require(gates == 1 || o.nonlinearity == RNNCellOptions().nonlinearity, call,
          "only an RNN has a nonlinearity to choose");
}

/// All uniform on ±1 / sqrt(hidden).
RecurrentWeights Recurrent::add_weights(std::int64_t input, const std::string& suffix) {
  const auto make = [&](const char* name, const Shape& shape) {
    return add(name + suffix, default_uniform_init(shape, hidden_));
  };
  const std::int64_t rows = gates_ * hidden_;
  return {make("weight_ih", {rows, input}), make("weight_hh", {rows, output_}),
          options_.bias ? make("bias_ih", {rows}) : Parameter(),
          options_.bias ? make("bias_hh", {rows}) : Parameter(),
          output_ < hidden_ ? make("weight_hr", {output_, hidden_}) : Parameter()};
}

Recurrent::State Recurrent::step(const Tensor& ih, const RecurrentWeights& w,
                                 const State& state) const {
  const Tensor hh = linear(state.h, w.weight_hh, w.bias_hh);
  const auto gates = [&](const Tensor& t) { return unbind(unflatten(t, 1, {gates_, -1}), 1); };
  if (gates_ == 1) return {options_.nonlinearity(ih + hh), {}};
  if (gates_ == 3) {
    const auto x = gates(ih), h = gates(hh);
    const Tensor r = sigmoid(x[0] + h[0]), z = sigmoid(x[1] + h[1]), n = tanh(x[2] + r * h[2]);
    return {n + z * (state.h - n), {}};
  }
  const auto g = gates(ih + hh);
  const Tensor c = sigmoid(g[1]) * state.c + sigmoid(g[0]) * tanh(g[2]);
  const Tensor h = sigmoid(g[3]) * tanh(c);
  return {w.weight_hr.defined() ? linear(h, w.weight_hr) : h, c};
}

// ------------------------------------------------------------ networks

RecurrentNetwork::RecurrentNetwork(const Call& call, int gates, std::int64_t input,
                                   std::int64_t hidden, const RNNOptions& o)
    : Recurrent(call, gates, input, hidden, {o.bias, o.nonlinearity}, o.proj_size),
      directions_(1 + o.bidirectional),
      batch_first_(o.batch_first),
      dropout_(o.dropout) {
  positive(call, "num_layers", o.num_layers);
  require(dropout_ >= 0 && dropout_ <= 1, call, "dropout must be in [0, 1], got ", dropout_);
  for (int layer = 0; layer < o.num_layers; ++layer)
    for (int d = 0; d < directions_; ++d)
      weights_.push_back(add_weights(layer == 0 ? input : directions_ * output_,
                                     "_l" + std::to_string(layer) + (d ? "_reverse" : "")));
}

/// The states of all layers and directions, each [N, features]: those given, or zeros.
std::vector<Tensor> RecurrentNetwork::first_states(const Tensor& given, const Tensor& x,
                                                   bool is_batched, std::int64_t features) const {
  Shape shape{weights_.size(), x.shape()[1], features};
  if (!given.defined()) return unbind(zeros_for(x, shape));
  if (!is_batched) shape.erase(1);
  require<ShapeError>(given.shape() == shape, name_, "expected a first state of shape ", shape,
                      ", got ", given.shape());
  return unbind(is_batched ? given : unsqueeze(given, 1));
}

/// The h after each step of x [T, N, I], as [T, N, hidden]. `state` is the first one, and then the
/// last; at steps outside a sequence it stays.
Tensor RecurrentNetwork::scan(const Tensor& x, const RecurrentWeights& w, bool is_reverse,
                              const Tensor& mask, State& state) const {
  const std::vector<Tensor> ih = unbind(linear(x, w.weight_ih, w.bias_ih));
  const std::vector<Tensor> is_inside = mask.defined() ? unbind(mask) : std::vector<Tensor>();
  std::vector<Tensor> hs(ih.size());
  for (std::size_t i = 0; i < ih.size(); ++i) {
    const std::size_t t = is_reverse ? ih.size() - 1 - i : i;
    State next = step(ih[t], w, state);
    if (mask.defined()) next.h = where(is_inside[t], next.h, state.h);
    if (mask.defined() && next.c.defined()) next.c = where(is_inside[t], next.c, state.c);
    hs[t] = next.h, state = next;
  }
  return stack(hs);
}

std::tuple<Tensor, Tensor, Tensor> RecurrentNetwork::compute(In given, In h0, In c0, In lengths) {
  const bool is_batched = given->dim() == 3, is_swapped = is_batched && batch_first_;
  require<ShapeError>((given->dim() == 2 || is_batched) && given->shape()[-1] == input_ &&
                          given->shape()[is_swapped] > 0,
                      name_, "expected x of shape [T, N, ", input_, "] or [T, ", input_,
                      "] with T > 0 (or N first, if batch_first), got ", given->shape());
  Tensor x = !is_batched ? unsqueeze(*given, 1) : is_swapped ? transpose(*given, 0, 1) : *given;
  const Tensor mask = mask_of(lengths, x, name_);
  const auto outside = [&](const Tensor& t) { return mask.defined() ? where(mask, t, 0) : t; };
  std::vector<Tensor> h = first_states(h0, x, is_batched, output_), c(h.size());
  if (gates_ == 4) c = first_states(c0, x, is_batched, hidden_);
  x = outside(x);
  for (std::size_t i = 0; i < h.size();) {
    if (i > 0) x = dropout(x, dropout_, training());
    std::vector<Tensor> ys;
    for (int d = 0; d < directions_; ++d, ++i) {
      State state{h[i], c[i]};
      ys.push_back(scan(x, weights_[i], d == 1, mask, state));
      h[i] = state.h, c[i] = state.c;
    }
    x = outside(cat(ys, 2));
  }
  const auto last = [&](const auto& all) {
    return is_batched ? stack(all) : squeeze(stack(all), 1);
  };
  return {!is_batched  ? squeeze(x, 1)
          : is_swapped ? transpose(x, 0, 1)
                       : x,
          last(h), gates_ == 4 ? last(c) : Tensor()};
}

std::pair<Tensor, Tensor> RecurrentNetwork::operator()(In x, In h0, In lengths) {
  return run(x.location, [&] {
    auto [y, h, c] = compute(*x, *h0, {}, *lengths);
    return std::pair(y, h);
  });
}
std::tuple<Tensor, Tensor, Tensor> LSTM::operator()(In x, In h0, In c0, In lengths) {
  return run(x.location, [&] { return compute(*x, *h0, *c0, *lengths); });
}

// ------------------------------------------------------------ cells

RecurrentCell::RecurrentCell(const Call& call, int gates, std::int64_t input, std::int64_t hidden,
                             const RNNCellOptions& o)
    : Recurrent(call, gates, input, hidden, o), RecurrentWeights(add_weights(input, "")) {}

std::pair<Tensor, Tensor> RecurrentCell::compute(In x, In h, In c) {
  require<ShapeError>((x->dim() == 1 || x->dim() == 2) && x->shape()[-1] == input_, name_,
                      "expected x of shape [N, ", input_, "] or [", input_, "], got ", x->shape());
  Shape shape = x->shape();
  shape[-1] = hidden_;
  const auto rows = [&](const Tensor& state) {
    require<ShapeError>(!state.defined() || state.shape() == shape, name_,
                        "expected a state of shape ", shape, ", got ",
                        state.defined() ? state.shape() : shape);
    return reshape(state.defined() ? state : zeros_for(x, shape), {-1, hidden_});
  };
  const Tensor ih = linear(reshape(*x, {-1, input_}), weight_ih, bias_ih);
  const State next = step(ih, *this, {rows(h), gates_ == 4 ? rows(c) : Tensor()});
  return {reshape(next.h, shape), gates_ == 4 ? reshape(next.c, shape) : Tensor()};
}

Tensor RecurrentCell::operator()(In x, In h) {
  return run(x.location, [&] { return compute(*x, *h).first; });
}
std::pair<Tensor, Tensor> LSTMCell::operator()(In x, In h, In c) {
  return run(x.location, [&] { return compute(*x, *h, *c); });
}

#define CONSTRUCTOR(Name, Base, Options, gates)                                              \
  Name::Name(std::int64_t input, std::int64_t hidden, const Options& o, SourceLocation line) \
      : Base({#Name, line}, gates, input, hidden, o) {}
CONSTRUCTOR(RNN, RecurrentNetwork, RNNOptions, 1)
CONSTRUCTOR(GRU, RecurrentNetwork, RNNOptions, 3)
CONSTRUCTOR(LSTM, RecurrentNetwork, RNNOptions, 4)
CONSTRUCTOR(RNNCell, RecurrentCell, RNNCellOptions, 1)
CONSTRUCTOR(GRUCell, RecurrentCell, RNNCellOptions, 3)
CONSTRUCTOR(LSTMCell, RecurrentCell, RNNCellOptions, 4)

}  // namespace tinygrad::nn
