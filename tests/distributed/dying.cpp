// SPDX-License-Identifier: MIT
// dying HOW FOLDER: under mpirun, rank 1 dies in one of several ways after three operations, and
// the others go on. Each rank writes its process number to FOLDER.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "tinygrad/distributed/distributed.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

void die(const std::string& how) {
  if (how == "kill") std::raise(SIGKILL);
  if (how == "stop") std::raise(SIGSTOP);
  if (how == "exit") std::exit(0);
  if (how == "_exit") _exit(3);
  if (how == "throw") throw std::runtime_error("rank 1 has no data");
  if (how == "memory") tg::zeros({std::int64_t(1) << 50});
  if (how == "hang") std::this_thread::sleep_for(std::chrono::seconds(60));
}

void run(const std::string& how, const std::string& folder) {
  const auto group = tg::distributed::init({.timeout = std::chrono::seconds(2)});
  std::ofstream(folder + "/" + std::to_string(group.rank())) << getpid() << "\n";
  tg::Tensor x = tg::ones({1000});
  for (int step = 0; step < 10; ++step) {
    if (step == 3 && group.rank() == 1) die(how);
    x = tg::distributed::all_reduce(x, tg::distributed::Reduce::mean);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
