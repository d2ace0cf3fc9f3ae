// SPDX-License-Identifier: MIT
// How do cuDNN and Winograd get fast? One product and one convolution, each computed in several
// ways, each of which adds one idea to the one before (labs/ladder/): how much of the machine's
// limit it reaches, and how exact it stays.
#include <fmt/format.h>
#include <tinygrad/trace/profile.h>

#include "labs/ladder/conv_cpu.h"
#include "labs/ladder/devices.h"
#include "labs/ladder/report.h"

namespace {

namespace tg = tinygrad;
using namespace ladder;
using plot::Text, tg::Tensor, std::vector;

/// The time for each measurement, in seconds, and the limit of the processor in GFLOP/s.
double budget, limit;

void limits(lab::Lab& lab) {
  tg::set_default_device("cpu");  // other devices follow
  threads = tg::num_threads(), budget = lab.choose(0.3, 0.005);
  const int elements = lab.choose(1 << 24, 1 << 16);
  tg::set_num_threads(1);
  const tg::HostLimits one = tg::measure_host_limits(elements);
  tg::set_num_threads(threads);
  const tg::HostLimits all = tg::measure_host_limits(elements);
  limit = all.flops_per_second / 1e9;
  // A multiply-add whose two operands come from memory reads 8 bytes for 2 operations.
  lab.table("limits", {{"limit"}, {"GFLOP/s", "{:.1f}", lab::any}},
            {{"multiply-adds in registers by 1 thread", one.flops_per_second / 1e9},
             {fmt::format("the same by {} threads", threads), limit},
             {"operands from memory that are used once", all.copy / 4e9}});
}

void products(lab::Lab& lab) {
  Product* const ways[] = {naive, reordered, tiled, packed, vectorised, threaded};
  vector<Rung> rungs{{{"naive", "朴素"}},  {{"reordered", "换序"}},  {{"tiled", "分块"}},
                     {{"packed", "打包"}}, {{"vectorised", "向量"}}, {{"threaded", "线程"}},
                     {{"library", "本库"}}};
  vector<std::string> sizes;
  Tensor a, b;
  for (const int n : lab.choose<vector<int>>({256, 512, 1024}, {128})) {
    a = tg::randn({n, n}), b = tg::randn({n, n});
    const auto left = a.to_vector<float>(), right = b.to_vector<float>();
    vector<float> c(left.size());
    for (std::size_t i = 0; i < rungs.size(); ++i) {
      const double seconds = shortest(budget, [&] {
        if (i < std::size(ways)) ways[i]({n, n, n}, left.data(), right.data(), c.data());
        else rungs[i].result = matmul(a, b);
      });
      if (i < std::size(ways)) rungs[i].result = tg::from_vector(c, {n, n});
      rungs[i].gflops.push_back(rate(n, n, n, seconds));
    }
    sizes.push_back(fmt::format("n = {}", n));
  }
  const Tensor x = a.to(tg::float64), y = b.to(tg::float64);
  for (auto& rung : rungs) rung.bound = bound(int(a.size(0)), matmul(abs(x), abs(y)));
  show(lab, "product", {"Product of n x n matrices, processor", "n x n 矩阵乘，处理器"}, sizes,
       limit, matmul(x, y), rungs);
  lab.claim("naive, reordered, tiled and packed sum in one order: all bits are the same",
            same_bits(rungs[0], rungs[1]) && same_bits(rungs[0], rungs[2]) &&
                same_bits(rungs[0], rungs[3]));
  lab.claim("threads share columns, not sums: no bit changes", same_bits(rungs[4], rungs[5]));
}

/// Rates count the multiply-adds of the definition, whatever a rung really does: Winograd's
/// algorithm may pass the limit.
void convolutions(lab::Lab& lab) {
  const Conv s = {lab.choose(32, 16), lab.choose(64, 16), 64};
  const Tensor x = pad(tg::randn({1, s.channels, s.size, s.size}), {1, 1, 1, 1}),
               w = tg::randn({s.filters, s.channels, 3, 3});
  const Sizes p = s.product();
  vector<float> y(std::size_t(p.m * p.n));
  const auto result = [&] { return tg::from_vector(y, {1, s.filters, s.size, s.size}); };
  const auto image = x.to_vector<float>(), filters = w.to_vector<float>(),
             abs_image = abs(x).to_vector<float>(), abs_filters = abs(w).to_vector<float>();
  const Tensor exact = conv2d(x.to(tg::float64), w.to(tg::float64)),
               most = bound(9 * s.channels, conv2d(abs(x), abs(w)));
  const struct {
    Text name;
    Convolution* run;
    const Winograd* form = nullptr;
  } ways[] = {{{"direct", "直接"}, direct},
              {"im2col", im2col},
              {{"implicit", "隐式"}, implicit_product},
              {"Winograd 2x2", winograd_2x2, &form_2x2},
              {"Winograd 4x4", winograd_4x4, &form_4x4}};
  vector<Rung> rungs;
  vector<double> counts;
  for (auto& way : ways) {
    rungs.push_back({way.name, {}, {}, most});
    if (way.form) {
      winograd(way.form->absolute(), s, abs_image.data(), abs_filters.data(), y.data());
      rungs.back().bound = bound(way.form->roundings(s.channels), result());
    }
    multiplications = 0;
    way.run(s, image.data(), filters.data(), y.data());
    counts.push_back(double(multiplications));
    rungs.back().result = result();
    rungs.back().gflops.push_back(rate(p.m, p.n, p.k, shortest(budget, [&] {
                                         way.run(s, image.data(), filters.data(), y.data());
                                       })));
  }
  rungs.push_back({{"library", "本库"}, {}, {}, most});
  counts.push_back(lab::multiply_adds([&] { rungs.back().result = conv2d(x, w); }));
  rungs.back().gflops.push_back(rate(p.m, p.n, p.k, shortest(budget, [&] { conv2d(x, w); })));
  const auto errors =
      show(lab, "convolution", {"Convolution 3 x 3, processor", "3 x 3 卷积，处理器"},
           {fmt::format("{} to {} channels of {} x {}", s.channels, s.filters, s.size, s.size)},
           limit, exact, rungs);
  vector<lab::Row> rows;
  for (std::size_t i = 0; i < rungs.size(); ++i)
    rows.push_back({rungs[i].name.en, counts[i], counts[0] / counts[i]});
  lab.table("multiplications", {{"rung"}, {"multiplications", "{:.0f}"}, {"times fewer", "{:.2f}"}},
            rows);
  lab.claim("the implicit product computes im2col's product: the bits are the same",
            same_bits(rungs[1], rungs[2]));
  lab.claim("Winograd's algorithm multiplies 2.25 times less for tiles of 2 x 2, 4 times for 4 x 4",
            counts[0] == 2.25 * counts[3] && counts[0] == 4 * counts[4]);
  lab.claim("tiles of 2 x 2 are as exact as the definition, those of 4 x 4 are not",
            errors[3] < 2 * errors[0] && errors[4] > 2 * errors[0]);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("kernel_ladder", "How do cuDNN and Winograd get fast?", argc, argv,
                  [](lab::Lab& lab) {
                    limits(lab);
                    products(lab);
#ifdef LADDER_OPENCL
                    products_on(lab, "opencl", opencl_ladder, budget);
#endif
#ifdef LADDER_CUDA
                    products_on(lab, "cuda", cuda_ladder, budget);
#endif
                    convolutions(lab);
                  });
}
