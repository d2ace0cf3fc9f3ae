// SPDX-License-Identifier: MIT
// Shows what threads share and what each has for itself: random numbers, modes, modules.
#include <tinygrad/tinygrad.h>

#include <iostream>
#include <thread>

namespace tg = tinygrad;

int main() {
  // The same seed gives the same bits, with any number of threads in the backend.
  tg::manual_seed(7);
  tg::set_num_threads(1);
  const tg::Tensor one = tg::matmul(tg::randn({64, 64}), tg::randn({64, 64}));
  tg::manual_seed(7);
  tg::set_num_threads(3);
  const tg::Tensor three = tg::matmul(tg::randn({64, 64}), tg::randn({64, 64}));
  std::cout << (tg::equal(one, three) ? "the same bits" : "other bits") << "\n";

  // A thread draws from a generator of its own. A name makes its values the same in each run.
  const auto draw = [](const char* name) {
    tg::Tensor drawn;
    std::thread([&] {
      tg::set_thread_stream(name);
      drawn = tg::rand({4});
    }).join();
    return drawn;
  };
  std::cout << (tg::equal(draw("worker 1"), draw("worker 1")) ? "the same" : "others") << ", "
            << (tg::equal(draw("worker 1"), draw("worker 2")) ? "the same" : "others") << "\n";

  // A generator is two numbers: to save it and to set it is to repeat what was drawn.
  const tg::Generator saved = tg::generator();
  const tg::Tensor first = tg::rand({4});
  tg::generator() = saved;
  std::cout << (tg::equal(first, tg::rand({4})) ? "repeated" : "not repeated") << "\n";

  // Modes are of one thread: NoGrad here does not switch recording off there.
  const tg::NoGrad off;
  bool is_on_there = false;
  std::thread([&] { is_on_there = tg::grad_enabled(); }).join();
  std::cout << "recorded here: " << tg::grad_enabled() << ", there: " << is_on_there << "\n";

  // One module may run on several threads at once if its forward() writes nothing.
  tg::nn::Sequential net(tg::nn::Linear(8, 8), tg::nn::ReLU(), tg::nn::Linear(8, 2));
  net.eval();
  const tg::Tensor x = tg::ones({1, 8}), y = net(x);
  std::vector<std::thread> threads;
  std::vector<int> is_equal(4);
  for (auto& result : is_equal)
    threads.emplace_back([&] {
      const tg::NoGrad also_here;
      result = tg::equal(net(x), y);
    });
  for (auto& thread : threads) thread.join();
  for (int result : is_equal) std::cout << (result ? "equal " : "different ");
  std::cout << "\n";
}
