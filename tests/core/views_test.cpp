// SPDX-License-Identifier: MIT
// Compares views with a naive model: an array of positions in the memory, moved element by element.
#include <gtest/gtest.h>

#include <numeric>

#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

/// A tensor as people think of it: a shape, and for each element, in row-major order, which number
/// it is.
struct Model {
  Shape shape;
  std::vector<std::int64_t> elements;

  static Model numbered(const Shape& shape) {
    Model m{shape, std::vector<std::int64_t>(std::size_t(shape.count()))};
    std::iota(m.elements.begin(), m.elements.end(), 0);
    return m;
  }
  std::int64_t at(const Dims& index) const {
    std::int64_t position = 0;
    for (int d = 0; d < shape.rank(); ++d) position = position * shape[d] + index[d];
    return elements[std::size_t(position)];
  }
  /// The model of `to`'s shape whose element at an index is this one's at from(index).
  template <class F> Model moved(const Shape& to, F from) const {
    Model m{to, {}};
    for (std::int64_t n = 0; n < to.count(); ++n) {
      Dims index = to;
      std::int64_t rest = n;
      for (int d = to.rank() - 1; d >= 0; --d) index[d] = rest % to[d], rest /= to[d];
      m.elements.push_back(at(from(index)));
    }
    return m;
  }
};

struct Random {
  std::uint64_t seed, next = 0;
  int below(std::int64_t n) {
    return n > 0 ? int(philox_word64(seed, 0, next++) % std::uint64_t(n)) : 0;
  }
};

/// One random view of both.
class Step {
 public:
  Step(Random& random, Tensor& x, Model& m)
      : random_(random), x_(x), m_(m), rank_(m.shape.rank()) {}
  void take() {
    switch (random_.below(9)) {
      case 0: return transpose();
      case 1: return permute();
      case 2: return slice();
      case 3: return select();
      case 4: return expand();
      case 5: return unsqueeze();
      case 6: return squeeze();
      case 7: return reshape();
      default: return narrow();
    }
  }

 private:
  void transpose() {
    if (rank_ == 0) return;
    const int a = random_.below(rank_), b = random_.below(rank_);
    Shape to = m_.shape;
    std::swap(to[a], to[b]);
    m_ = m_.moved(to, [=](Dims i) { return std::swap(i[a], i[b]), i; });
    x_ = x_.transpose(a, b - (random_.below(2) ? rank_ : 0));
  }
  void permute() {
    Dims order;
    while (order.rank() < rank_)
      if (const int d = random_.below(rank_); !order.contains(d)) order.push_back(d);
    Shape to;
    for (std::int64_t d : order) to.push_back(m_.shape[int(d)]);
    m_ = m_.moved(to, [&](const Dims& i) {
      Dims from = i;
      for (int d = 0; d < rank_; ++d) from[int(order[d])] = i[d];
      return from;
    });
    x_ = x_.permute(order);
  }
  void slice() {
    if (rank_ == 0) return;
    const int d = random_.below(rank_), size = int(m_.shape[d]);
    const int first = random_.below(size + 1), last = first + random_.below(size - first + 1),
              step = 1 + random_.below(3);
    Shape to = m_.shape;
    to[d] = (last - first + step - 1) / step;
    m_ = m_.moved(to, [=](Dims i) { return i[d] = first + i[d] * step, i; });
    x_ = x_.slice(d, first, last, step);
  }
  void narrow() {
    if (rank_ == 0 || m_.shape[0] < 2) return;
    Shape to = m_.shape;
    to[0] -= 1;
    m_ = m_.moved(to, [](Dims i) { return i[0] += 1, i; });
    x_ = tinygrad::narrow(x_, 0, 1, to[0]);
  }
  void select() {
    if (rank_ == 0) return;
    const int d = random_.below(rank_);
    if (m_.shape[d] == 0) return;
    const int k = random_.below(m_.shape[d]);
    Shape to = m_.shape;
    to.erase(d);
    m_ = m_.moved(to, [=](Dims i) { return i.insert(d, k), i; });
    x_ = x_.select(d, random_.below(2) ? k : k - x_.size(d));
  }
  void expand() {
    Shape to = m_.shape;
    for (int d = 0; d < rank_; ++d)
      if (to[d] == 1) to[d] = random_.below(4);
    const bool more = rank_ < 5 && random_.below(2);
    if (more) to.insert(0, 2);
    if (to.count() > 4000) return;
    const Shape old = m_.shape;
    m_ = m_.moved(to, [=](Dims i) {
      if (more) i.erase(0);
      for (int d = 0; d < old.rank(); ++d)
        if (old[d] == 1) i[d] = 0;
      return i;
    });
    x_ = x_.expand(to);
  }
  void unsqueeze() {
    if (rank_ >= 6) return;
    const int d = random_.below(rank_ + 1);
    m_.shape.insert(d, 1);
    x_ = x_.unsqueeze(random_.below(2) ? d : d - rank_ - 1);
  }
  void squeeze() {
    Shape to;
    for (std::int64_t size : m_.shape)
      if (size != 1) to.push_back(size);
    m_.shape = to;
    x_ = x_.squeeze();
  }
  /// Two dimensions become one, or one becomes two.
  void reshape() {
    if (rank_ < 2) return;
    const int d = random_.below(rank_ - 1);
    Shape to = m_.shape;
    to[d] *= to[d + 1];
    to.erase(d + 1);
    if (random_.below(2)) to = {m_.shape.count()};
    m_.shape = to;
    x_ = x_.reshape(to);
  }

  Random& random_;
  Tensor& x_;
  Model& m_;
  int rank_;
};

TEST(Views, ChainsEqualTheNaiveModel) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Random random{seed};
    Model m = Model::numbered({1 + random.below(4), 1 + random.below(5), 1 + random.below(4)});
    Tensor x = from_vector(m.elements, m.shape);
    for (int i = 0; i < 8; ++i) {
      Step(random, x, m).take();
      ASSERT_EQ(x.shape(), m.shape) << "seed " << seed << ", step " << i;
      ASSERT_EQ(x.to_vector<std::int64_t>(), m.elements)
          << "seed " << seed << ", step " << i << ", strides " << to_string(x.strides());
    }
  }
}

TEST(Views, SumsOverChainsEqualTheNaiveModel) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random{seed};
    Model m = Model::numbered({3, 4, 2});
    Tensor x = from_vector(m.elements, m.shape), y = x.to(float64).requires_grad_(), v = y;
    for (int i = 0; i < 6; ++i) {
      Random same = random;
      Model copy = m;
      Step(random, x, m).take();
      Step(same, v, copy).take();
    }
    std::vector<double> counts(24);  // the number of times that each element is seen: its gradient
    for (std::int64_t e : m.elements) counts[std::size_t(e)] += 1;
    if (!v.requires_grad()) continue;
    sum(v).backward();
    ASSERT_EQ(y.grad().to_vector<double>(), counts) << "seed " << seed;
    ASSERT_EQ(sum(v).item<double>(),
              double(std::accumulate(m.elements.begin(), m.elements.end(), std::int64_t(0))))
        << "seed " << seed;
  }
}

TEST(Views, WritesReachExactlyTheirElements) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random{seed};
    Model m = Model::numbered({3, 4, 2});
    Tensor base = from_vector(m.elements, m.shape), x = base;
    std::vector<std::int64_t> expected = m.elements;
    for (int i = 0; i < 6; ++i) {
      const Tensor before = x;
      const Model old = m;
      Step(random, x, m).take();
      const Dims strides = x.strides();
      bool repeats = false;
      for (int d = 0; d < x.dim(); ++d) repeats = repeats || (strides[d] == 0 && x.shape()[d] > 1);
      if (repeats) x = before, m = old;  // such tensors are not written
    }
    x.fill_(-1);
    // reshape may have copied: then nothing at all was written
    const auto found = base.to_vector<std::int64_t>();
    if (found != expected)
      for (std::int64_t e : m.elements) expected[std::size_t(e)] = -1;
    ASSERT_EQ(found, expected) << "seed " << seed;
  }
}

TEST(Views, ShareMemory) {
  const Tensor x = arange(12).reshape({3, 4});
  Tensor t = x.t();
  t.select(0, 1).fill_(-5);
  EXPECT_EQ(x.to_vector<int>(), (std::vector<int>{0, -5, 2, 3, 4, -5, 6, 7, 8, -5, 10, 11}));
  EXPECT_EQ(x[1][2].item<int>(), 6);
}

TEST(Views, OfPartsShareMemory) {
  const Tensor x = zeros({4, 6}, {.dtype = int64});
  const auto written = [&](const Tensor& view) {
    Tensor(view).fill_(1);
    const auto count = x.sum().item<std::int64_t>();
    Tensor(x).zero_();
    return count;
  };
  EXPECT_EQ(written(diagonal(x, 1)), 4);
  EXPECT_EQ(written(unfold(x, 1, 2, 3)), 16);
  EXPECT_EQ(written(as_strided(x, {3}, {7}, 1)), 3);
  EXPECT_EQ(written(movedim(x, 0, 1)), 24);
  EXPECT_EQ(written(chunk(x, 4, 1)[2]), 8);
  EXPECT_EQ(written(tensor_split(x, {1, 3})[1]), 12);
  EXPECT_EQ(written(hsplit(x, 3)[0]), 8);
  EXPECT_EQ(written(atleast_3d(x)), 24);
  EXPECT_EQ(written(diag(x)), 4);
  for (const Tensor& copy :
       {flip(x, {}), flip(x, 0), roll(x, 0, 0), rot90(x, 4), repeat(x, {1, 1}), tile(x, {}),
        repeat_interleave(x, 1, 0), tril(x, 9), diagflat(x.select(0, 0))})
    EXPECT_EQ(written(copy), 0);
}

TEST(Views, ReshapeCopiesOnlyWhereItMust) {
  const Tensor x = arange(24).reshape({2, 3, 4});
  EXPECT_EQ(x.reshape({6, 4}).span<std::int64_t>().data(), x.span<std::int64_t>().data());
  EXPECT_NE(x.transpose(0, 1).reshape({6, 4}).span<std::int64_t>().data(),
            x.span<std::int64_t>().data());
  EXPECT_NO_THROW(x.transpose(0, 1).view({3, 2, 2, 2}));
  EXPECT_THROW(x.transpose(0, 1).view({6, 4}), ShapeError);
  EXPECT_EQ(x.expand({2, 2, 3, 4}).view({2, 6, 4}).strides(), (Strides{0, 4, 1}));
  EXPECT_EQ(x.slice(2, 0, 4, 2).view({6, 2}).strides(), (Strides{4, 2}));
}

TEST(Views, ANegativeStartOfNarrowCountsFromTheEnd) {
  const Tensor x = arange(10).reshape({2, 5});
  EXPECT_EQ(narrow(x, 1, -4, 3).to_vector<int>(), narrow(x, 1, 1, 3).to_vector<int>());
  EXPECT_EQ(narrow(x, 0, -1, 1).to_vector<int>(), (std::vector<int>{5, 6, 7, 8, 9}));
  EXPECT_THROW(narrow(x, 1, -1, 2), IndexError);
}

TEST(Views, ASizeOfUnflattenIsInferred) {
  EXPECT_EQ(unflatten(zeros({2, 6}), 1, {-1, 2}).shape(), (Shape{2, 3, 2}));
  EXPECT_EQ(unflatten(zeros({0, 6}), 1, {3, -1}).shape(), (Shape{0, 3, 2}));
  EXPECT_THROW(unflatten(zeros({2, 0}), 1, {0, -1}), ShapeError);
}

TEST(Views, OfNothingHaveStridesOfAnySize) {
  const Tensor x = zeros({0, std::int64_t(1) << 62, std::int64_t(1) << 62});
  EXPECT_EQ(unsqueeze(x, 0).shape().rank(), 4);
  EXPECT_EQ(x.slice(1, 0, INT64_MAX, std::int64_t(1) << 61).shape(),
            (Shape{0, 2, std::int64_t(1) << 62}));
  EXPECT_EQ(stack({x, x}, 0).shape()[0], 2);
}

}  // namespace
}  // namespace tinygrad
