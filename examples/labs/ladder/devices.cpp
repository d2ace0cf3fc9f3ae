// SPDX-License-Identifier: MIT
// Shows the ladder of a device.
#include "labs/ladder/devices.h"

#include <fmt/format.h>

#include "labs/ladder/report.h"

namespace ladder {

namespace tg = tinygrad;
using tg::Tensor;

void products_on(lab::Lab& lab, const char* device, decltype(opencl_ladder) run, double budget) {
  const int n = lab.choose(1024, 128);
  const Tensor a = tg::randn({n, n}), b = tg::randn({n, n});
  const auto left = a.to_vector<float>(), right = b.to_vector<float>();
  const DeviceLadder ladder = run(n, left.data(), right.data(), budget);
  if (ladder.device.empty()) return lab.say(fmt::format("\n{}: there is no device", device));

  const Tensor x = a.to(tg::float64), y = b.to(tg::float64),
               errors = bound(n, matmul(abs(x), abs(y)));
  std::vector<Rung> rungs;
  for (auto& rung : ladder.rungs)
    rungs.push_back({rung.name,
                     {rate(n, n, n, rung.seconds)},
                     tg::from_vector(rung.c, {n, n}, a.device()),
                     errors});
  const tg::Device there(device);
  const Tensor a_there = a.to(there), b_there = b.to(there);
  Tensor c;
  const double seconds = shortest(budget, [&] {
    c = matmul(a_there, b_there);
    tg::synchronize(there);
  });
  rungs.push_back({{"library", "本库"}, {rate(n, n, n, seconds)}, c.to(a.device()), errors});

  lab.say(
      fmt::format("\n{}: {}, whose limit is {:.1f} GFLOP/s", device, ladder.device, ladder.limit));
  show(lab, fmt::format("product_{}", device),
       {fmt::format("Product on {}", device), fmt::format("{} 上的矩阵乘", device)},
       {fmt::format("n = {}", n)}, ladder.limit, matmul(x, y), rungs);
  lab.claim("tiles in local memory and in registers leave the order of the sums, and all bits",
            same_bits(rungs[0], rungs[1]) && same_bits(rungs[0], rungs[2]));
}

}  // namespace ladder
