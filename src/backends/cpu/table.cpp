// The kernels of one instruction set, listed. Compiled like the kernels, once for each.
#include "backends/cpu/entries.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

#define TINYGRAD_TEXT_OF(word) #word
#define TINYGRAD_TEXT(word) TINYGRAD_TEXT_OF(word)

extern const Kernels kernels = {
    .name = TINYGRAD_TEXT(TINYGRAD_ISA),
    .fill = fill,
    .copy = copy,
    .unary = unary,
    .binary = binary,
    .ternary = ternary,
    .unary_grad = unary_grad,
    .binary_grad = binary_grad,
    .ternary_grad = ternary_grad,
    .reduce = reduce,
    .arg_reduce = arg_reduce,
    .random = random,
    .dropout = dropout,
    .gather = gather,
    .scatter = scatter,
    .matmul = matmul,
    .linear = linear,
    .softmax = softmax,
    .softmax_grad = softmax_grad,
    .log_softmax = log_softmax,
    .log_softmax_grad = log_softmax_grad,
    .cross_entropy = cross_entropy,
    .cross_entropy_grad = cross_entropy_grad,
    .conv2d = conv2d,
    .conv2d_input_grad = conv2d_input_grad,
    .conv2d_weight_grad = conv2d_weight_grad,
    .max_pool2d = max_pool2d,
    .max_pool2d_grad = max_pool2d_grad,
    .avg_pool2d = avg_pool2d,
    .avg_pool2d_grad = avg_pool2d_grad,
    .batch_norm = batch_norm,
    .batch_norm_grad = batch_norm_grad,
    .layer_norm = layer_norm,
    .layer_norm_grad = layer_norm_grad,
    .sgd = sgd,
    .adam = adam,
};

}  // namespace tinygrad::cpu::TINYGRAD_ISA
