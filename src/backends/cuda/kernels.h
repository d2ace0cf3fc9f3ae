// The functions of this backend, by the files that they are in. Their meaning is Backend's
// (tinygrad/backend.h); bool results too.
#pragma once
#include "backends/cuda/runtime.h"

namespace tinygrad::cuda {

// copy.cu
void fill(Runtime& runtime, const View& out, Scalar value);
void copy(Runtime& runtime, const View& x, const View& out);
/// Uploads up to max_small_upload bytes as an argument of a kernel: the stream does not wait for a
/// copy over the bus, and a recorded step keeps the bytes.
constexpr std::size_t max_small_upload = 1024;
void upload_small(Runtime& runtime, const void* from, void* to, std::size_t bytes);
// elementwise.cu
void unary(Runtime& runtime, Unary op, Params params, const View& x, const View& out);
void binary(Runtime& runtime, Binary op, const Operand& a, const Operand& b, const View& out);
void where(Runtime& runtime, const View& condition, const Operand& a, const Operand& b,
           const View& out);
bool unary_grad(Runtime& runtime, Unary op, Params params, const View& dy, const View& kept,
                const View& dx);
bool binary_grad(Runtime& runtime, Binary op, int side, const View& dy, const Operand& a,
                 const Operand& b, const View& dx);
// reduce.cu
void reduce(Runtime& runtime, Reduce op, const View& x, const View& out);
void arg_reduce(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out);
// random.cu
void random(Runtime& runtime, Distribution distribution, const PhiloxKey& key, Scalar low,
            Scalar high, const View& out);
bool dropout(Runtime& runtime, const View& x, double p, const PhiloxKey& key, const View& y);
// index.cu
void gather(Runtime& runtime, const View& x, int dim, const View& index, const View& out);
void scatter(Runtime& runtime, const View& out, int dim, const View& index, const View& x,
             Write how);
/// Notes the first index that is not in [0, size); the next read by the host throws it. Kernels
/// after this one skip bad indices.
void check_index(Runtime& runtime, const View& index, std::int64_t size);
// matmul.cpp
void matmul(Runtime& runtime, const View& a, const View& b, const View& out);
bool linear(Runtime& runtime, const View& x, const View& w, const View& b, const View& y);
// conv.cpp
bool conv2d(Runtime& runtime, const View& x, const View& w, const View& b, const Window& window,
            const View& y);
bool conv2d_input_grad(Runtime& runtime, const View& dy, const View& w, const Window& window,
                       const View& dx);
bool conv2d_weight_grad(Runtime& runtime, const View& dy, const View& x, const Window& window,
                        const View& dw);

// softmax.cu
bool softmax(Runtime& runtime, const View& x, int dim, const View& y);
bool softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx);
bool log_softmax(Runtime& runtime, const View& x, int dim, const View& y);
bool log_softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx);
// loss.cu
bool cross_entropy(Runtime& runtime, const View& x, const View& target, const View& loss,
                   const View& lse);
bool cross_entropy_grad(Runtime& runtime, const View& dy, const View& x, const View& target,
                        const View& lse, const View& dx);
// batch_norm.cu, layer_norm.cu
bool batch_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd);
bool batch_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db);
bool layer_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd);
bool layer_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db);
// pool.cu
bool max_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y, const View& index);
bool max_pool2d_grad(Runtime& runtime, const View& dy, const View& index, int kh, int kw,
                     const Window& window, const View& dx);
bool avg_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y);
bool avg_pool2d_grad(Runtime& runtime, const View& dy, int kh, int kw, const Window& window,
                     const View& dx);
// optimizer.cu
bool sgd(Runtime& runtime, Views w, Views g, Views m, const SgdStep& step);
bool adam(Runtime& runtime, Views w, Views g, Views m, Views v, const AdamStep& step);

}  // namespace tinygrad::cuda
