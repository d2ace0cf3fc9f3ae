// The entries of the table, declared in the namespace of the instruction set this file is compiled
// for. Everything else in a kernel file is in an anonymous namespace.
#pragma once
#include "backends/cpu/kernels.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

// elementwise.cpp, copy.cpp
void fill(const Array& out, Number value);
void copy(const Array& x, const Array& out);
void unary(Unary op, const Numbers& numbers, const Array& x, const Array& out);
void binary(Binary op, const Numbers& numbers, const ArrayOrNumber& a, const ArrayOrNumber& b,
            const Array& out);
void ternary(Ternary op, const Numbers& numbers, const ArrayOrNumber& a, const ArrayOrNumber& b,
             const ArrayOrNumber& c, const Array& out);
bool unary_grad(Unary op, const Numbers& numbers, const Array& dy, const Array& kept,
                const Array& dx);
bool binary_grad(Binary op, const Numbers& numbers, int input, const Array& dy,
                 const ArrayOrNumber& a, const ArrayOrNumber& b, const Array& dx);
bool ternary_grad(Ternary op, const Numbers& numbers, int input, const Array& dy,
                  const ArrayOrNumber& a, const ArrayOrNumber& b, const ArrayOrNumber& c,
                  const Array& dx);
// reduce.cpp
void reduce(Reduce op, const Array& x, const Array& out);
void arg_reduce(ArgReduce op, const Array& x, int dim, const Array& out);
// random.cpp
void random(Distribution distribution, Key key, Number low, Number high, const Array& out);
bool dropout(const Array& x, double p, Key key, const Array& y);
// index.cpp
BadIndex gather(const Array& x, int dim, const Array& index, const Array& out);
BadIndex scatter(const Array& out, int dim, const Array& index, const Array& x, Write how);
// matmul.cpp
void matmul(const Array& a, const Array& b, const Array& out);
bool linear(const Array& x, const Array& w, const Array& b, const Array& y);
// softmax.cpp
bool softmax(const Array& x, int dim, const Array& y);
bool softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx);
bool log_softmax(const Array& x, int dim, const Array& y);
bool log_softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx);
// loss.cpp
bool cross_entropy(const Array& x, const Array& target, const Array& loss, const Array& lse,
                   BadIndex& bad);
bool cross_entropy_grad(const Array& dy, const Array& x, const Array& target, const Array& lse,
                        const Array& dx);
// conv.cpp
bool conv2d(const Array& x, const Array& w, const Array& b, const Window& window, const Array& y);
bool conv2d_input_grad(const Array& dy, const Array& w, const Window& window, const Array& dx);
bool conv2d_weight_grad(const Array& dy, const Array& x, const Window& window, const Array& dw);
// pool.cpp
bool max_pool2d(const Array& x, int kh, int kw, const Window& window, const Array& y,
                const Array& index);
bool max_pool2d_grad(const Array& dy, const Array& index, int kh, int kw, const Window& window,
                     const Array& dx);
bool avg_pool2d(const Array& x, int kh, int kw, const Window& window, const Array& y);
bool avg_pool2d_grad(const Array& dy, int kh, int kw, const Window& window, const Array& dx);
// norm.cpp
bool batch_norm(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                const Array& mean, const Array& rstd);
bool batch_norm_grad(const Array& dy, const Array& x, const Array& w, const Array& mean,
                     const Array& rstd, const Array& dx, const Array& dw, const Array& db);
bool layer_norm(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                const Array& mean, const Array& rstd);
bool layer_norm_grad(const Array& dy, const Array& x, const Array& w, const Array& mean,
                     const Array& rstd, const Array& dx, const Array& dw, const Array& db);
// optimizer.cpp
bool sgd(const Array* w, const Array* g, const Array* m, int count, const SgdNumbers& step);
bool adam(const Array* w, const Array* g, const Array* m, const Array* v, int count,
          const AdamNumbers& step);

}  // namespace tinygrad::cpu::TINYGRAD_ISA
