// SPDX-License-Identifier: MIT
// Tests what golden values of recurrent networks do not show: names, initial values, padding that
// is not read, dropout, derivatives, and bad calls.
#include <limits>

#include "support/nn_help.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

TEST(Recurrent, HasPyTorchsNamesAndInitialValues) {
  const nn::GRU gru(3, 16, {.num_layers = 2, .bidirectional = true});
  std::string all;
  for (auto& [name, p] : gru.named_parameters()) {
    all += name + to_string(p.shape()) + " ";
    const double most = abs(p).max().item<double>();
    EXPECT_TRUE(most <= 0.25 && most > 0.2) << name << " " << most;
  }
  EXPECT_EQ(all,
            "weight_ih_l0[48, 3] weight_hh_l0[48, 16] bias_ih_l0[48] bias_hh_l0[48] "
            "weight_ih_l0_reverse[48, 3] weight_hh_l0_reverse[48, 16] bias_ih_l0_reverse[48] "
            "bias_hh_l0_reverse[48] weight_ih_l1[48, 32] weight_hh_l1[48, 16] bias_ih_l1[48] "
            "bias_hh_l1[48] weight_ih_l1_reverse[48, 32] weight_hh_l1_reverse[48, 16] "
            "bias_ih_l1_reverse[48] bias_hh_l1_reverse[48] ");
  EXPECT_EQ(nn::LSTMCell(3, 4).weight_hh.shape(), (Shape{16, 4}));
  EXPECT_FALSE(nn::RNNCell(3, 4, {.bias = false}).bias_ih.defined());
}

TEST(Recurrent, EqualsItsCellStepAfterStep) {
  nn::LSTM lstm(3, 2);
  nn::LSTMCell cell(3, 2);
  NamedTensors state;
  for (auto& [name, t] : lstm.state_dict()) state.emplace_back(name.substr(0, name.find("_l0")), t);
  cell.load_state_dict(state);
  const Tensor x = randn({4, 5, 3});
  const auto [y, h, c] = lstm(x);
  Tensor own_h, own_c;
  for (int t = 0; t < 4; ++t) std::tie(own_h, own_c) = cell(x.select(0, t), own_h, own_c);
  expect_close(own_h, h.select(0, 0), 1e-6);
  expect_close(own_h, y.select(0, 3), 1e-6);
  expect_close(own_c, c.select(0, 0), 1e-6);
}

TEST(Recurrent, DoesNotReadPadding) {
  nn::LSTM lstm(3, 2, {.num_layers = 2, .batch_first = true, .bidirectional = true});
  Tensor x = randn({2, 4, 3});
  const Tensor lengths = tensor({2, 4});
  const auto run = [&](const Tensor& input) {
    lstm.zero_grad();
    const auto [y, h, c] = lstm(input, {}, {}, lengths);
    (y.sum() + h.sum() + c.sum()).backward();
    return std::pair(y, lstm.parameters()[0].grad());
  };
  const auto [y, gradient] = run(x);
  x(0, Slice(2, 4)) = std::numeric_limits<float>::quiet_NaN();
  const auto [same_y, same_gradient] = run(x);
  expect_same(y, same_y);
  expect_same(gradient, same_gradient);
  expect_close(y(0, Slice(2, 4)), std::vector<double>(8, 0), 0);
  const auto [alone, h, c] = lstm(x.slice(0, 0, 1).slice(1, 0, 2));
  expect_close(y(0, Slice(0, 2)), alone[0], 1e-6);
}

TEST(Recurrent, DropsBetweenLayersInTrainingAlone) {
  const Tensor x = randn({4, 2, 3});
  nn::RNN rnn(3, 8, {.num_layers = 2, .dropout = 0.5});
  const auto values = [&](nn::RNN& net) { return net(x).first.to_vector<float>(); };
  EXPECT_NE(values(rnn), values(rnn));
  rnn.eval();
  EXPECT_EQ(values(rnn), values(rnn));
  nn::RNN one(3, 8, {.dropout = 0.5});
  EXPECT_EQ(values(one), values(one));
}

TEST(Recurrent, HasDerivativesOfBothOrders) {
  nn::GRU gru(2, 2, {.bidirectional = true});
  gru.to(float64);
  const Tensor x = randn({3, 2, 2}, {.dtype = float64, .requires_grad = true}),
               h = randn({2, 2, 2}, {.dtype = float64, .requires_grad = true});
  const GradcheckResult result = gradcheck(
      [&](const Tensors& in) {
        return gru(in[0], in[1], tensor({3, 1})).first;
      },
      {x, h});
  EXPECT_TRUE(result) << result.message;
}

TEST(Recurrent, RefusesWhatDoesNotFit) {
  nn::LSTM lstm(3, 2, {.num_layers = 2});
  const Tensor x = ones({4, 5, 3});
  expect_says(message_of<ArgumentError>([] { nn::LSTM(3, 0); }),
              "LSTM: hidden_size must be at least 1, not 0\n  called at rnn_test.cpp");
  expect_says(message_of<ArgumentError>([] { nn::RNN(3, 2, {.num_layers = 0}); }),
              "RNN: num_layers must be at least 1, not 0");
  expect_says(message_of<ArgumentError>([] { nn::GRU(3, 2, {.dropout = 2}); }),
              "GRU: dropout must be in [0, 1], got 2");
  expect_says(message_of<ArgumentError>([] { nn::GRUCell(3, 2, {.nonlinearity = relu}); }),
              "GRUCell: only an RNN has a nonlinearity to choose");
  expect_says(message_of<ShapeError>([&] {
                lstm(ones({4, 5, 2}));
              }),
              "LSTM: expected x of shape [T, N, 3] or [T, 3] with T > 0 (or N first, if "
              "batch_first), got [4, 5, 2]\n  in LSTM, called at rnn_test.cpp");
  message_of<ShapeError>([&] { lstm(ones({0, 5, 3})); });
  expect_says(message_of<ShapeError>([&] {
                lstm(x, ones({1, 5, 2}));
              }),
              "LSTM: expected a first state of shape [2, 5, 2], got [1, 5, 2]");
  expect_says(message_of<ShapeError>([&] {
                lstm(x, {}, {}, tensor({1, 2}));
              }),
              "LSTM: expected lengths of shape [5], got [2]");
  expect_says(message_of<ArgumentError>([&] {
                lstm(x, {}, {}, tensor({1, 2, 3, 4, 5}));
              }),
              "LSTM: lengths must be in 1 ... 4, got 5");
  expect_says(message_of<ShapeError>([] {
                nn::GRUCell(3, 2)(ones({4, 3}), ones({2}));
              }),
              "GRUCell: expected a state of shape [4, 2], got [2]");
}

}  // namespace
}  // namespace tinygrad
