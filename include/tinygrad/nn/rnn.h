// SPDX-License-Identifier: MIT
// Recurrent networks, and their cells, which compute one step.
#pragma once
#include <string>
#include <tuple>
#include <vector>

#include "tinygrad/nn/module.h"
#include "tinygrad/ops/elementwise.h"

namespace tinygrad::nn {

struct RNNOptions {
  int num_layers = 1;
  Tensor (*nonlinearity)(In x) = tanh;  ///< of an RNN: tanh or relu
  bool bias = true;
  bool batch_first = false;    ///< x and output are [N, T, ...], not [T, N, ...]
  double dropout = 0;          ///< of the outputs of all layers but the last, in training mode
  bool bidirectional = false;  ///< each layer also reads the sequence from its end
  std::int64_t proj_size =
      0;  ///< of an LSTM: if above 0, h is weight_hr [proj_size, hidden] times h
};
struct RNNCellOptions {
  bool bias = true;
  Tensor (*nonlinearity)(In x) = tanh;  ///< of an RNNCell: tanh or relu
};

/// weight_ih [G hidden, input], weight_hh [G hidden, hidden], bias_ih and bias_hh [G hidden] of G
/// gates: 1 (RNN), 3 (GRU: r, z, n) or 4 (LSTM: i, f, g, o).
struct RecurrentWeights {
  Parameter weight_ih, weight_hh, bias_ih, bias_hh, weight_hr;
};
/// The base of networks and cells, which computes one step.
class TINYGRAD_API Recurrent : public Module {
 protected:
  /// h [N, hidden], and, of an LSTM, c [N, hidden].
  struct State {
    Tensor h, c;
  };
  Recurrent(const Call& call, int gates, std::int64_t input_size, std::int64_t hidden_size,
            const RNNCellOptions& options, std::int64_t proj_size = 0);
  RecurrentWeights add_weights(std::int64_t input_size, const std::string& suffix);
  /// The next state, from ih = W_ih x + b_ih [N, G hidden].
  State step(const Tensor& ih, const RecurrentWeights& w, const State& state) const;
  const char* name_;
  int gates_;
  std::int64_t input_, hidden_, output_;  ///< output: the features of h
  RNNCellOptions options_;
};

/// The base of RNN, GRU and LSTM. x is [T, N, input_size] or [T, input_size]. Parameters are named
/// weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... First states h0
/// and c0, [num_layers D, N, hidden_size], are zeros if they are not given; D is 2 if
/// bidirectional. `lengths` [N] (int64, 1 ... T) are the steps of each sequence: what follows is
/// not read, outputs there are zeros, and the last state is that of the sequence's own last step,
/// as of PyTorch's packed sequences. The host reads them. The result begins with the h of the last
/// layer for all steps, [T, N, D hidden_size], followed by the last h (and c) of all layers, shaped
/// as h0.
class TINYGRAD_API RecurrentNetwork : public Recurrent {
 public:
  std::pair<Tensor, Tensor> operator()(In x, In h0 = {}, In lengths = {});

 protected:
  RecurrentNetwork(const Call& call, int gates, std::int64_t input_size, std::int64_t hidden_size,
                   const RNNOptions& options);
  std::tuple<Tensor, Tensor, Tensor> compute(In x, In h0, In c0, In lengths);

 private:
  std::vector<Tensor> first_states(const Tensor& given, const Tensor& x, bool is_batched,
                                   std::int64_t features) const;
  Tensor scan(const Tensor& x, const RecurrentWeights& w, bool is_reverse, const Tensor& mask,
              State& state) const;
  int directions_;
  bool batch_first_;
  double dropout_;
  std::vector<RecurrentWeights> weights_;
};
#define RECURRENT(Name, Base, Options, ...)                                              \
  struct TINYGRAD_API Name : Base {                                                      \
    Name(std::int64_t input_size, std::int64_t hidden_size, const Options& options = {}, \
         SourceLocation location = SourceLocation::current());                           \
    __VA_ARGS__                                                                          \
  }
/// h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh). Elman 1990.
RECURRENT(RNN, RecurrentNetwork, RNNOptions);
/// r, z = sigmoid(...), n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h_t = (1 - z) n + z h_{t-1}.
/// Cho et al. 2014.
RECURRENT(GRU, RecurrentNetwork, RNNOptions);
/// i, f, o = sigmoid(...), g = tanh(...), c_t = f c_{t-1} + i g, h_t = o tanh(c_t). Hochreiter and
/// Schmidhuber 1997.
RECURRENT(LSTM, RecurrentNetwork, RNNOptions,
          std::tuple<Tensor, Tensor, Tensor> operator()(In x, In h0 = {}, In c0 = {},
                                                        In lengths = {}););

/// The base of the cells: one step of x [N, input_size] or [input_size] and a state [N,
/// hidden_size] or [hidden_size], zeros if it is not given. The result is the next state.
class TINYGRAD_API RecurrentCell : public Recurrent, public RecurrentWeights {
 public:
  Tensor operator()(In x, In h = {});

 protected:
  RecurrentCell(const Call& call, int gates, std::int64_t input_size, std::int64_t hidden_size,
                const RNNCellOptions& options);
  std::pair<Tensor, Tensor> compute(In x, In h, In c = {});
};
RECURRENT(RNNCell, RecurrentCell, RNNCellOptions);
RECURRENT(GRUCell, RecurrentCell, RNNCellOptions);
RECURRENT(LSTMCell, RecurrentCell, RNNCellOptions,
          std::pair<Tensor, Tensor> operator()(In x, In h = {}, In c = {}););
#undef RECURRENT

}  // namespace tinygrad::nn
