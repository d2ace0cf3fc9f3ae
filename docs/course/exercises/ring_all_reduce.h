// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/parallel.md: sum a vector over n ranks that sit in a ring.
//
// Each rank calls the function with its own x, whose size is a multiple of n; each must return the
// sum of all. send(values) sends to the next rank, (rank + 1) % n, and does not wait; recv() waits
// for what the rank before has sent. Cut x into n blocks. In each step send one block on, and
// receive another: for n - 1 steps add what comes to your own block, for n - 1 more let it take the
// place of your own. So each rank sends 2 (n - 1) / n of the size of x, however many ranks there
// are. Which block does it send in which step? Draw three ranks.
//
// 把向量切成 n 块。每一步把一块发给下一个进程，再从上一个进程收一块：前 n - 1
// 步把收到的加到自己的块上， 后 n - 1 步用收到的替换自己的块。每个进程一共只发送 x 的 2 (n - 1) /
// n。每一步发哪一块？先画三个进程。
#include "grader/exercise.h"

inline Values ring_all_reduce(Values x, int rank, int n,
                              const std::function<void(const Values&)>& send,
                              const std::function<Values()>& recv) {
  not_begun();
}
