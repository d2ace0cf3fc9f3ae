// SPDX-License-Identifier: MIT
// Losses: how far predictions x are from their targets.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The reduction of the losses of all samples: their mean, their sum, or none. `batchmean`, of
/// kl_div alone, is the sum divided by the size of dimension 0.
enum class Reduction { mean, sum, none, batchmean };

// ------------------------------------------------------------ classes
/// logsumexp(x) - x[target] for logits x [N, C], [N, C, ...] or [C] and labels target, int64 [N],
/// [N, ...] or []. A label outside 0 ... C - 1 throws IndexError.
TINYGRAD_API Tensor cross_entropy(In x, In target, Reduction reduction = Reduction::mean);
struct CrossEntropyOptions {
  Tensor weight = {};  ///< [C], of the classes; the mean is weighted
  /// Samples with this label count for nothing. PyTorch's default is -100; here there is none.
  std::optional<std::int64_t> ignore_index = {};
  Reduction reduction = Reduction::mean;
  /// e: a label is the distribution 1 - e + e / C for its class, and e / C for the others.
  double label_smoothing = 0;
};
/// A floating target of x's shape holds probabilities: -Σ_c target_c log_softmax(x)_c.
TINYGRAD_API Tensor cross_entropy(In x, In target, const CrossEntropyOptions& options);
/// -x[target] for log-probabilities x, in the shapes of cross_entropy.
TINYGRAD_API Tensor nll_loss(In x, In target, Reduction reduction = Reduction::mean);
struct NllLossOptions {
  Tensor weight = {};                             ///< as in CrossEntropyOptions
  std::optional<std::int64_t> ignore_index = {};  ///< as in CrossEntropyOptions
  Reduction reduction = Reduction::mean;
};
TINYGRAD_API Tensor nll_loss(In x, In target, const NllLossOptions& options);
/// Σ_c max(0, margin - x[target] + x[c])^p / C over the classes c other than the target, times
/// weight[target]; x [N, C] or [C], weight [C].
TINYGRAD_API Tensor multi_margin_loss(In x, In target, int p = 1, double margin = 1, In weight = {},
                                      Reduction reduction = Reduction::mean);
/// Σ max(0, 1 - (x[y] - x[i])) / C over the labels y before the first -1 of target, int64 like x
/// [N, C] or [C], and the classes i that are not among them.
TINYGRAD_API Tensor multilabel_margin_loss(In x, In target, Reduction reduction = Reduction::mean);

struct CtcLossOptions {
  std::int64_t blank = 0;                 ///< the class that stands for no label
  Reduction reduction = Reduction::mean;  ///< the mean of losses divided by their target's length
  bool zero_infinity = false;             ///< 0 for targets that do not fit into their input
};
/// -log of the probability that the input, x [T, N, C] or [T, C] of log-probabilities at T times,
/// reads as the target, with repetitions and blanks. Targets are int64 [N, S], or all in one
/// [total], or [S]; input_lengths and target_lengths int64 [N] or []. Graves et al. 2006.
TINYGRAD_API Tensor ctc_loss(In x, In target, In input_lengths, In target_lengths,
                             const CtcLossOptions& options = {});

// ------------------------------------------------------------ x and target of the same shape
/// (x - target)².
TINYGRAD_API Tensor mse_loss(In x, In target, Reduction reduction = Reduction::mean);
/// |x - target|.
TINYGRAD_API Tensor l1_loss(In x, In target, Reduction reduction = Reduction::mean);
/// e² / 2 for the error e = x - target if |e| <= delta, otherwise delta (|e| - delta / 2).
TINYGRAD_API Tensor huber_loss(In x, In target, Reduction reduction = Reduction::mean,
                               double delta = 1);
/// huber_loss with delta = beta, divided by beta; l1_loss if beta is 0.
TINYGRAD_API Tensor smooth_l1_loss(In x, In target, Reduction reduction = Reduction::mean,
                                   double beta = 1);
/// -weight (target log(x) + (1 - target) log(1 - x)) for probabilities x, with logarithms of at
/// least -100.
TINYGRAD_API Tensor binary_cross_entropy(In x, In target, In weight = {},
                                         Reduction reduction = Reduction::mean);
/// -weight (pos_weight target log(sigmoid(x)) + (1 - target) log(1 - sigmoid(x))) for logits x.
TINYGRAD_API Tensor binary_cross_entropy_with_logits(In x, In target, In weight = {},
                                                     In pos_weight = {},
                                                     Reduction reduction = Reduction::mean);
/// binary_cross_entropy_with_logits of x [..., C], averaged over C.
TINYGRAD_API Tensor multilabel_soft_margin_loss(In x, In target, In weight = {},
                                                Reduction reduction = Reduction::mean);
/// binary_cross_entropy_with_logits, times (1 - q)^gamma for the probability q of the target, and
/// times alpha for target 1 and 1 - alpha for 0, unless alpha is negative. Lin et al. 2017.
TINYGRAD_API Tensor sigmoid_focal_loss(In x, In target, double alpha = 0.25, double gamma = 2,
                                       Reduction reduction = Reduction::none);
/// target (log(target) - x) for log-probabilities x; exp(target) (target - x) if log_target.
TINYGRAD_API Tensor kl_div(In x, In target, Reduction reduction = Reduction::mean,
                           bool log_target = false);
/// (log v + (x - target)² / v) / 2 with v = max(var, eps), and log(2π) / 2 more if `full`. var has
/// x's shape, or the last dimension is 1 or missing. Nix and Weigend 1994.
TINYGRAD_API Tensor gaussian_nll_loss(In x, In target, In var, bool full = false, double eps = 1e-6,
                                      Reduction reduction = Reduction::mean);
/// exp(x) - target x, or x - target log(x + eps) if not log_input; if `full`, also Stirling's
/// target log(target) - target + log(2π target) / 2 where target > 1.
TINYGRAD_API Tensor poisson_nll_loss(In x, In target, bool log_input = true, bool full = false,
                                     double eps = 1e-8, Reduction reduction = Reduction::mean);
/// log(1 + exp(-target x)) for targets 1 and -1.
TINYGRAD_API Tensor soft_margin_loss(In x, In target, Reduction reduction = Reduction::mean);
/// x for target 1, max(0, margin - x) for target -1.
TINYGRAD_API Tensor hinge_embedding_loss(In x, In target, double margin = 1,
                                         Reduction reduction = Reduction::mean);

// ------------------------------------------------------------ pairs and triplets
/// Σ ab / (max(‖a‖, eps) max(‖b‖, eps)) along dim. a and b broadcast.
TINYGRAD_API Tensor cosine_similarity(In a, In b, int dim = 1, double eps = 1e-8);
/// ‖a - b + eps‖_p along the last dimension. a and b broadcast.
TINYGRAD_API Tensor pairwise_distance(In a, In b, double p = 2, double eps = 1e-6,
                                      bool keepdim = false);
/// ‖a - b‖_p of all elements; a and b broadcast.
TINYGRAD_API Tensor dist(In a, In b, double p = 2);
/// The p-norms of the differences of all rows: y[..., i, j] = ‖a[..., i] - b[..., j]‖_p for
/// a [..., M, D] and b [..., N, D].
TINYGRAD_API Tensor cdist(In a, In b, double p = 2);
/// The elements of cdist(x, x, p) above the diagonal, row by row, for x [N, D].
TINYGRAD_API Tensor pdist(In x, double p = 2);
/// For rows a and b [N, D] or [D]: 1 - cosine_similarity for target 1, max(0, cosine_similarity -
/// margin) for target -1.
TINYGRAD_API Tensor cosine_embedding_loss(In a, In b, In target, double margin = 0,
                                          Reduction reduction = Reduction::mean);
/// max(0, margin - target (a - b)): a is to be larger than b for target 1, smaller for -1.
TINYGRAD_API Tensor margin_ranking_loss(In a, In b, In target, double margin = 0,
                                        Reduction reduction = Reduction::mean);
/// max(0, d(anchor, positive) - d(anchor, negative) + margin) with d = pairwise_distance. With
/// `swap`, d(positive, negative) counts if it is smaller than d(anchor, negative).
TINYGRAD_API Tensor triplet_margin_loss(In anchor, In positive, In negative, double margin = 1,
                                        double p = 2, double eps = 1e-6, bool swap = false,
                                        Reduction reduction = Reduction::mean);
/// The same with any function of two tensors as d; without one, pairwise_distance.
TINYGRAD_API Tensor triplet_margin_with_distance_loss(
    In anchor, In positive, In negative,
    const InlineFunction<Tensor(const Tensor& a, const Tensor& b), 64>& distance_function = {},
    double margin = 1, bool swap = false, Reduction reduction = Reduction::mean);

}  // namespace tinygrad
