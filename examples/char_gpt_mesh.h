// SPDX-License-Identifier: MIT
// The GPT of char_gpt on a mesh of processes: batches are divided among data parallel groups, the
// layers among the stages of a pipeline, and each layer among tensor parallel ranks.
#pragma once
#include <tinygrad/distributed/distributed.h>
#include <tinygrad/models/gpt2.h>
#include <tinygrad/nn.h>

#include <optional>
#include <string>
#include <utility>

namespace char_gpt {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;

/// The layers of GPT2 that this rank has, of each its part. The output map is that of the
/// embedding, so the first stage and the last have its weight.
class Stage : public tg::nn::Module {
 public:
  Stage(const tg::models::GPT2Options& o, const td::Mesh& mesh)
      : is_first_(mesh.pipeline.rank() == 0),
        is_last_(mesh.pipeline.rank() + 1 == mesh.pipeline.size()) {
    if (is_first_ || is_last_)
      wte_.emplace(add("wte", td::VocabParallelEmbedding(o.vocab_size, o.n_embd, {}, mesh.tensor)));
    if (is_first_) wpe_.emplace(add("wpe", tg::nn::Embedding(o.n_positions, o.n_embd)));
    for (std::int64_t i = begin(o, mesh, 0); i < begin(o, mesh, 1); ++i)
      h_.insert(std::to_string(i),
                td::ParallelTransformerLayer(o.n_embd, o.n_head,
                                             {.dim_feedforward = o.n_inner,
                                              .activation = tg::gelu,
                                              .layer_norm_eps = o.layer_norm_epsilon,
                                              .is_causal = true},
                                             mesh.tensor));
    if (is_last_)
      ln_f_.emplace(add("ln_f", tg::nn::LayerNorm({o.n_embd}, {.eps = o.layer_norm_epsilon})));
  }
  std::vector<tg::Tensor> tied() const {
    return wte_ ? std::vector<tg::Tensor>{wte_->weight} : std::vector<tg::Tensor>();
  }

 private:
  /// The first layer of the stage that comes `later` stages after this one.
  static std::int64_t begin(const tg::models::GPT2Options& o, const td::Mesh& mesh, int later) {
    return (mesh.pipeline.rank() + later) * o.n_layer / mesh.pipeline.size();
  }
  /// The hidden states that the next stage reads; of the last one, this rank's part of the logits,
  /// [N, L, characters / n].
  tg::Tensor forward(const tg::Tensor& x) override {
    tg::Tensor h = is_first_ ? (*wte_)(x) + wpe_->weight.slice(0, 0, x.size(1)) : x;
    for (auto& [name, layer] : h_) h = layer(h);
    return is_last_ ? wte_->logits((*ln_f_)(h)) : h;
  }
  bool is_first_, is_last_;
  std::optional<td::VocabParallelEmbedding> wte_;
  std::optional<tg::nn::Embedding> wpe_;
  tg::nn::ModuleDict<td::ParallelTransformerLayer> h_ =
      add("h", tg::nn::ModuleDict<td::ParallelTransformerLayer>());
  std::optional<tg::nn::LayerNorm> ln_f_;
};

/// The state of a GPT2 under the names of Stage, or back. Maps of GPT2 have transposed weights.
inline tg::NamedTensors renamed(const tg::NamedTensors& state, bool to_stage) {
  constexpr std::pair<const char*, const char*> names[] = {{"self_attn.in_proj_", "attn.c_attn."},
                                                           {"self_attn.out_proj.", "attn.c_proj."},
                                                           {"linear1.", "mlp.c_fc."},
                                                           {"linear2.", "mlp.c_proj."},
                                                           {"norm1.", "ln_1."},
                                                           {"norm2.", "ln_2."}};
  const std::string prefix = "transformer.";
  tg::NamedTensors all;
  for (auto [name, t] : state) {
    if (to_stage) name.erase(0, prefix.size());
    else name.insert(0, prefix);
    for (auto& [stage, gpt2] : names) {
      const std::string from = to_stage ? gpt2 : stage;
      const std::size_t at = name.find("." + from);
      if (at == std::string::npos) continue;
      name.replace(at + 1, from.size(), to_stage ? stage : gpt2);
      if (t.dim() == 2) t = t.t();
    }
    all.emplace_back(name, t);
  }
  return all;
}

/// Trains the weights of `net`, which must be equal on all ranks.
class MeshTraining {
 public:
  MeshTraining(const tg::models::GPT2& net, const td::MeshSizes& sizes, int micro_batches)
      : characters_(net.options.vocab_size), mesh_(sizes), stage_(net.options, mesh_) {
    td::load_full_state_dict(stage_, renamed(net.state_dict(), true), {.strict = false});
    stage_.to(tg::default_device());
    data_parallel_.emplace(stage_, td::DataParallelOptions(), mesh_.data);
    pipeline_.emplace(stage_,
                      td::PipelineOptions{.micro_batches = micro_batches, .tied = stage_.tied()},
                      mesh_.pipeline);
  }
  const td::Mesh& mesh() const { return mesh_; }
  Stage& stage() { return stage_; }
  /// The mean loss of the batch of all ranks, x [N, L] and y [N, L] those of this one. Adds the
  /// gradients of this rank's micro-batches.
  tg::Tensor loss_with_gradients(const tg::Tensor& x, const tg::Tensor& y) {
    const auto later = data_parallel_->no_sync();
    const double loss =
        pipeline_->step(x, y, [this](const tg::Tensor& logits, const tg::Tensor& labels) {
          return td::vocab_parallel_cross_entropy(logits, labels, characters_, {}, mesh_.tensor);
        });
    return td::all_reduce(tg::full({}, loss), td::Reduce::mean, mesh_.data);
  }
  /// To be called before each step of the optimizer: makes gradients those of all ranks.
  void step_ready(double max_norm) {
    data_parallel_->step_ready();
    pipeline_->sum_tied_gradients();
    td::clip_grad_norm_(stage_, max_norm, mesh_, stage_.tied());
  }
  /// Copies the trained weights into a whole network, on all ranks.
  void copy_to(tg::models::GPT2& net) {
    net.load_state_dict(renamed(td::full_state_dict(stage_, mesh_.pipeline), false));
  }

 private:
  std::int64_t characters_;
  td::Mesh mesh_;
  Stage stage_;
  std::optional<td::DataParallel> data_parallel_;
  std::optional<td::Pipeline> pipeline_;
};

}  // namespace char_gpt
