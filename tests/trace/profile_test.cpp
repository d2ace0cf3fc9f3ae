// SPDX-License-Identifier: MIT
// Tests profiles: which rows there are, operations and bytes against values by hand, times on a
// device whose clock counts kernels, nesting, errors, and that results do not change.
#include "tinygrad/trace/profile.h"

#include <algorithm>

#include "backends/common/required_kernels_only.h"
#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/nn.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim.h"

namespace tinygrad {
namespace {

using Rows = std::vector<ProfileRow>;

struct ConvNet : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 4, 3, {.padding = 1}));
  nn::Linear fc1 = add("fc1", nn::Linear(4 * 6 * 6, 5));
  Tensor forward(const Tensor& x) override { return fc1(flatten(relu(conv(x)), 1)); }
};

const ProfileRow& find(const Rows& rows, const std::string& name,
                       const std::string& derivative_of = "", bool is_backward = false) {
  static const ProfileRow none;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ProfileRow& r) {
    return r.name == name && r.derivative_of == derivative_of &&
           r.is_backward == (is_backward || !derivative_of.empty());
  });
  if (found != rows.end()) return *found;
  ADD_FAILURE() << "no " << name << " for \"" << derivative_of << "\"";
  return none;
}
std::int64_t calls(const Rows& rows) {
  std::int64_t all = 0;
  for (auto& row : rows) all += row.calls;
  return all;
}

/// Losses and gradients of two steps.
std::vector<std::vector<double>> two_steps(const Device& device) {
  manual_seed(7);
  ConvNet net;
  net.to(device);
  const Tensor x = randn({2, 1, 6, 6}).to(device), y = tensor({1, 3}).to(device);
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  std::vector<std::vector<double>> values;
  for (int step = 0; step < 2; ++step) {
    sgd.zero_grad();
    const Tensor loss = cross_entropy(net(x), y);
    loss.backward();
    sgd.step();
    values.push_back(loss.to_vector<double>());
    for (const Tensor& p : net.parameters()) values.push_back(p.to_vector<double>());
  }
  return values;
}

TEST(Profile, CountsOpsAndModulesWithTheBackwardPassApart) {
  const Profile p = profile([] { two_steps(tested_device("cpu")); });
  const Rows ops = p.by_op(), modules = p.by_module();
  EXPECT_EQ(find(ops, "conv2d").calls, 2);
  EXPECT_EQ(find(ops, "conv2d").device, tested_device("cpu"));
  EXPECT_GT(find(ops, "conv2d").seconds, 0);
  EXPECT_EQ(find(ops, "cross_entropy").calls, 2);
  EXPECT_EQ(find(ops, "conv2d_weight_grad", "conv2d").calls, 2);
  EXPECT_EQ(find(ops, "matmul", "linear").calls, 4);  // dx and dw
  EXPECT_EQ(find(ops, "sgd").calls, 2);
  EXPECT_FALSE(find(ops, "sgd").is_backward);
  EXPECT_EQ(find(modules, "conv (Conv2d)").calls, 2);
  EXPECT_EQ(find(modules, "fc1 (Linear)").calls, find(ops, "linear").calls);
  EXPECT_GE(find(modules, "fc1 (Linear)", "", true).calls, 4);
  EXPECT_EQ(calls(ops), calls(modules));
  for (const Rows& rows : {ops, modules})
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                               [](auto& a, auto& b) { return a.seconds > b.seconds; }));
  for (auto& row : ops) EXPECT_GE(row.seconds, 0) << row.name;
}

TEST(Profile, LeavesEveryBitAsItIs) {
  std::vector<std::vector<double>> profiled;
  const Device device = tested_device("cpu");
  profile([&] { profiled = two_steps(device); });
  EXPECT_EQ(profiled, two_steps(device));
}

// ------------------------------------------------------------ operations and bytes

Tensor leaf(const Shape& shape) { return ones(shape, {.requires_grad = true}); }
ProfileRow row_of(const char* name, const InlineFunction<void(), 64>& f,
                  const char* derivative_of = "") {
  return find(profile(f).by_op(), name, derivative_of);
}

TEST(ProfileFlops, OfProducts) {
  const Tensor a = leaf({3, 4}), b = leaf({4, 5}), batch = leaf({6, 3, 4}), more = leaf({6, 4, 5});
  EXPECT_EQ(row_of("matmul", [&] { matmul(a, b); }).flops, 2 * 3 * 4 * 5);
  EXPECT_EQ(row_of("matmul", [&] { matmul(batch, more); }).flops, 6 * 2 * 3 * 4 * 5);
  EXPECT_EQ(row_of("matmul", [&] { mv(a, ones({4})); }).flops, 2 * 3 * 4);
  EXPECT_EQ(row_of(
                "matmul", [&] { sum(matmul(a, b)).backward(); }, "matmul")
                .flops,
            2 * 2 * 3 * 4 * 5);
  const Tensor x = leaf({7, 3}), w = leaf({2, 3}), bias = leaf({2});
  EXPECT_EQ(row_of("linear", [&] { linear(x, w, bias); }).flops, 2 * 7 * 2 * 3);
  EXPECT_EQ(row_of(
                "matmul", [&] { sum(linear(x, w, bias)).backward(); }, "linear")
                .flops,
            2 * 2 * 7 * 2 * 3);
}

/// y [2, 6, 5, 5]: each element is a sum over 3 x 3 x 4 / groups products, forwards and, for each
/// of the two derivatives, backwards.
TEST(ProfileFlops, OfConvolutions) {
  for (const int groups : {1, 2}) {
    const Tensor x = leaf({2, 4, 5, 5}), w = leaf({6, 4 / groups, 3, 3});
    const double flops = 2. * (2 * 6 * 5 * 5) * (3 * 3 * 4 / groups);
    const Profile p =
        profile([&] { sum(conv2d(x, w, {}, {.padding = 1, .groups = groups})).backward(); });
    EXPECT_EQ(find(p.by_op(), "conv2d").flops, flops);
    EXPECT_EQ(find(p.by_op(), "conv2d_input_grad", "conv2d").flops, flops);
    EXPECT_EQ(find(p.by_op(), "conv2d_weight_grad", "conv2d").flops, flops);
  }
}

/// 2 x 3 heads, 4 queries, 5 keys of 8 features, values of 6.
TEST(ProfileFlops, OfAttention) {
  const Tensor q = leaf({2, 3, 4, 8}), k = leaf({2, 3, 5, 8}), v = leaf({2, 3, 5, 6});
  const Profile p = profile([&] { sum(scaled_dot_product_attention(q, k, v)).backward(); });
  EXPECT_EQ(find(p.by_op(), "attention").flops, 2. * (2 * 3) * (4 * 5) * (8 + 6));
  EXPECT_EQ(find(p.by_op(), "attention_grad", "attention").flops,
            2. * (2 * 3) * (4 * 5) * (3 * 8 + 2 * 6));
}

TEST(ProfileFlops, OfElements) {
  const Tensor a = leaf({3, 4}), row = ones({4});
  EXPECT_EQ(row_of("add", [&] { a + row; }).flops, 12);
  EXPECT_EQ(row_of(
                "tanh_grad", [&] { sum(tanh(a)).backward(); }, "tanh")
                .flops,
            12);
  EXPECT_EQ(row_of("less", [&] { less(a, row); }).flops, 12);
  EXPECT_EQ(row_of("sum", [&] { sum(a); }).flops, 0);
}

TEST(ProfileBytes, CountDistinctViewsOnce) {
  const NoGrad off;
  const Tensor a = ones({3, 4}), b = ones({3, 4}), row = ones({4});
  EXPECT_EQ(row_of("add", [&] { a + b; }).bytes, 3 * 48);
  EXPECT_EQ(row_of("mul", [&] { a* a; }).bytes, 2 * 48);
  EXPECT_EQ(row_of("add", [&] { a + row; }).bytes, 48 + 16 + 48);
  EXPECT_EQ(row_of("add", [&] { a + expand(row, {3, 4}); }).bytes, 48 + 16 + 48);
  EXPECT_EQ(row_of("add", [&] { a + 1; }).bytes, 2 * 48);
  EXPECT_EQ(row_of("add_", [&] { Tensor(a).add_(b); }).bytes, 3 * 48);
  EXPECT_EQ(row_of("to", [&] { a.to(float64); }).bytes, 48 + 96);
  EXPECT_EQ(row_of("ones", [&] { ones({5}); }).bytes, 20);
  EXPECT_EQ(row_of("transpose", [&] { a.t(); }).bytes, 0);  // a view
}

// ------------------------------------------------------------ time

/// A device on which a product takes ten seconds and any other kernel one.
class Counted : public RequiredKernelsOnly {
 public:
  explicit Counted(Device name) : RequiredKernelsOnly(backend("cpu"), std::move(name)) {}
  std::unique_ptr<DeviceClock> clock() override {
    struct Clock : DeviceClock {
      explicit Clock(const double& time) : time(time) {}
      std::size_t mark() override { return marks.push_back(time), marks.size() - 1; }
      std::vector<double> seconds() override { return marks; }
      const double& time;
      std::vector<double> marks;
    };
    return std::make_unique<Clock>(time_);
  }
  void matmul(const View& a, const View& b, const View& out) override {
    RequiredKernelsOnly::matmul(a, b, out);
    time_ += 10;
  }
  void binary(Binary op, Params params, const Operand& a, const Operand& b,
              const View& out) override {
    RequiredKernelsOnly::binary(op, params, a, b, out);
    time_ += 1;
  }

 private:
  double time_ = 0;
};
const Device& counted() {
  static const Device device =
      register_backend(std::make_unique<Counted>(Device("counted"))).device();
  return device;
}
Tensor there(const Shape& shape) { return ones(shape, {.device = counted()}); }

TEST(ProfileTime, OfAFormulaIsWithoutTheOpsInside) {
  const Tensor x = there({7, 3}), w = there({2, 3}), b = there({2});
  const Profile p = profile([&] {
    linear(x, w, b);
    matmul(x, w.t());
  });
  EXPECT_EQ(find(p.by_op(), "linear").seconds, 0);
  EXPECT_EQ(find(p.by_op(), "linear").calls, 1);
  EXPECT_EQ(find(p.by_op(), "linear").flops, 0);
  EXPECT_EQ(find(p.by_op(), "matmul").seconds, 20);
  EXPECT_EQ(find(p.by_op(), "matmul").flops, 2 * (2 * 7 * 2 * 3));
  EXPECT_EQ(find(p.by_op(), "add").seconds, 1);
  EXPECT_EQ(p.by_op()[0].name, "matmul");
}

TEST(ProfileTime, OfAnOpThatDoesMoreThanItsInnerOps) {
  const Tensor x = there({2, 2});
  Profile inside;
  ProfileScope scope;
  apply({.name = "both", .inputs = {x}, .formula = [&](const Tensors& in) {
           backend(counted()).matmul(view_of(in[0]), view_of(in[0]), view_of(there({2, 2})));
           const Tensor y = in[0] + in[0];
           inside = scope.result();
           return y;
         }});
  EXPECT_EQ(find(scope.result().by_op(), "both").seconds, 10);
  EXPECT_EQ(find(inside.by_op(), "both").calls, 0);  // it had not ended
  EXPECT_EQ(find(inside.by_op(), "both").seconds, 0);
  EXPECT_EQ(find(inside.by_op(), "add").seconds, 1);
}

TEST(ProfileTime, IsThatOfEachDevice) {
  const Tensor x = there({2, 2}), here = ones({2, 2});
  const Rows rows = profile([&] { x + x, here + here; }).by_op();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].device, counted());
  EXPECT_EQ(rows[0].seconds, 1);
  EXPECT_EQ(rows[1].device, Device("cpu"));
}

// ------------------------------------------------------------ scopes

TEST(ProfileScope, Nests) {
  const Tensor x = ones({2});
  const ProfileScope outer;
  x + x;
  {
    const ProfileScope inner;
    x* x;
    EXPECT_EQ(calls(inner.result().by_op()), 1);
  }
  exp(x);
  EXPECT_EQ(calls(outer.result().by_op()), 3);
  EXPECT_EQ(calls(outer.result().by_op()), 3);  // once more
}

TEST(ProfileScope, SurvivesErrors) {
  const Tensor x = ones({2, 3});
  const ProfileScope outer;
  message_of<ArgumentError>([&] {
    profile([&] {
      x + x;
      fail("f", "is wrong");
    });
  });
  const auto failing = [&] {
    apply({.name = "failing", .inputs = {x}, .formula = [](const Tensors& in) -> Tensor {
             exp(in[0]);
             fail("failing", "is wrong");
           }});
  };
  message_of<ArgumentError>(failing);
  x + x;
  const Rows rows = outer.result().by_op();
  EXPECT_EQ(find(rows, "failing").calls, 1);
  EXPECT_EQ(find(rows, "failing").bytes, 0);
  EXPECT_EQ(find(rows, "exp").calls, 1);
  EXPECT_EQ(find(rows, "add").calls, 2);
}

TEST(ProfileScope, CopiesTheNamesOfOps) {
  std::string name = "of_the_moment";
  const Tensor x = ones({2});
  const ProfileScope scope;
  for (int i = 0; i < 2; ++i) {
    apply(
        {.name = name.c_str(), .inputs = {x}, .formula = [](const Tensors& in) { return in[0]; }});
    name.replace(0, 2, "at");
  }
  EXPECT_EQ(find(scope.result().by_op(), "of_the_moment").calls, 1);
  EXPECT_EQ(find(scope.result().by_op(), "at_the_moment").calls, 1);
}

TEST(ProfileScope, OfNothingIsEmpty) {
  EXPECT_TRUE(Profile().by_op().empty());
  EXPECT_TRUE(profile([] {}).by_module().empty());
  EXPECT_NE(to_string(profile([] {})).find("0.000 ms of them in ops"), std::string::npos);
}

/// A device clock stands still while a step is recorded.
TEST(ProfileScope, BearsARecordedStep) {
  Backend& device = backend(tested_device("cpu"));
  const Tensor x = ones({4}, {.device = device.device()}), y = x + x;
  const ProfileScope scope;
  x + x;
  if (!device.begin_recording()) GTEST_SKIP() << "this device cannot record";
  device.binary(Binary::add, {}, view_of(x), view_of(x), view_of(y));
  exp(y);
  const auto recording = device.end_recording();
  recording->run();
  x + x;
  EXPECT_EQ(find(scope.result().by_op(), "exp").seconds, 0);
  EXPECT_GE(find(scope.result().by_op(), "add").seconds, 0);
}

}  // namespace
}  // namespace tinygrad
