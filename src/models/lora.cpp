// SPDX-License-Identifier: MIT
// Finds the layers to which LoRA is added, and computes and merges the changes of their weights.
#include "tinygrad/models/lora.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tinygrad/autograd.h"
#include "tinygrad/models/llama.h"
#include "tinygrad/nn/init.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

/// A layer y = W x, W [out, in].
struct LinearMap {
  std::int64_t out = 0, in = 0;
  Tensor weight = {};          // undefined if it is in blocks
  bool is_transposed = false;  // the weight is Wᵀ
};

/// Of a layer with a parameter `weight`; zeros for other modules.
LinearMap linear_map(const nn::Submodule& module) {
  const bool is_transposed = module.type == "Conv1D";
  if (!is_transposed && module.type != "Linear" && module.type != "WeightMatrix") return {};
  for (const auto& [name, w] : module.named_parameters())
    if (name == "weight") return {w.size(is_transposed), w.size(!is_transposed), w, is_transposed};
  return {};
}

/// Whether an embedding is looked up: a change of its output would not be one of its weight.
bool is_embedding(const std::string& path) { return path.ends_with("embed_tokens"); }

bool is_targeted(const std::string& path, const std::vector<std::string>& targets) {
  return std::ranges::any_of(targets, [&](const std::string& target) {
    if (target == "all-linear") return !path.ends_with("lm_head");
    return path == target || path.ends_with("." + target);
  });
}

void check(nn::Module& module, const LoraConfig& c, const Call& call) {
  require(c.r > 0, call, "r must be positive, got ", c.r);
  require(c.lora_dropout >= 0 && c.lora_dropout < 1, call, "lora_dropout must be in [0, 1), got ",
          c.lora_dropout);
  require(!c.target_modules.empty(), call,
          "target_modules is empty; \"all-linear\" names all linear layers");
  require(!module.parameters().empty(), call, "the network has no parameters");
}

}  // namespace

Lora::Lora(nn::Module& module, const LoraConfig& c, const Call& call) : config(c) {
  check(module, c, call);
  writes_text_ = dynamic_cast<CausalLM*>(&module) != nullptr;
  std::map<std::string, LinearMap> in_blocks;
  if (auto* llama = dynamic_cast<Llama*>(&module))
    for (const auto& [path, matrix] : llama->weight_matrices())
      if (matrix->blocks) in_blocks[path] = {matrix->blocks->rows(), matrix->blocks->columns()};
  const DType own = module.parameters()[0].dtype();
  const TensorOptions options{.dtype = own == float64 ? float64 : float32,
                              .device = module.parameters()[0].device()};
  for (nn::Submodule& m : module.named_modules()) {
    const auto blocks = in_blocks.find(m.path);
    const LinearMap map = blocks == in_blocks.end() ? linear_map(m) : blocks->second;
    if (map.in == 0 || is_embedding(m.path) || !is_targeted(m.path, c.target_modules)) continue;
    add_layer(m, {m.path, map.weight, map.is_transposed, empty({c.r, map.in}, options),
                  zeros({map.out, c.r}, options), nullptr});
  }
  for (const std::string& target : c.target_modules)
    require(std::ranges::any_of(layers_, [&](auto& l) { return is_targeted(l.name, {target}); }),
            call, "no linear layer has the name ", in_quotes(target));
  module.requires_grad_(false);
}

void Lora::add_layer(nn::Module& module, Layer layer) {
  const double bound = 1 / std::sqrt(double(layer.a.size(1)));
  nn::init::uniform_(layer.a, -bound, bound);
  layer.a.requires_grad_(), layer.b.requires_grad_();
  layer.hook = nn::register_output_hook(
      module, [a = layer.a, b = layer.b, p = config.lora_dropout, s = scale()](
                  nn::Module& m, const Tensor& x, const Tensor& y) {
        const Tensor kept = p > 0 ? dropout(x, p, m.training()) : x;
        return y + (linear(linear(kept.to(a.dtype()), a), b) * s).to(y.dtype());
      });
  layers_.push_back(std::move(layer));
}

std::vector<Tensor> Lora::parameters() const {
  std::vector<Tensor> all;
  for (const Layer& layer : layers_) all.insert(all.end(), {layer.a, layer.b});
  return all;
}

void Lora::merge(SourceLocation location) {
  for (const Layer& layer : layers_)
    require(layer.weight.defined(), Call{"Lora::merge", location}, "the weight of ", layer.name,
            " is in blocks, which would be rounded; load the model with decoded weights");
  const NoGrad off;
  for (Layer& layer : layers_) {
    const Tensor change = matmul(layer.b, layer.a) * scale();
    layer.weight.add_((layer.is_transposed ? change.t() : change).to(layer.weight.dtype()));
  }
  layers_.clear();
}

Lora add_lora(nn::Module& module, const LoraConfig& config, SourceLocation location) {
  return Lora(module, config, {"add_lora", location});
}

}  // namespace tinygrad::models
