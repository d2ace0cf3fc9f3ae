// SPDX-License-Identifier: MIT
// LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685): fine-tuning by low-rank matrices beside
// the frozen ones. Names, defaults and files are those of Hugging Face's package peft.
//
//   models::Lora lora = models::add_lora(model, {.r = 8, .target_modules = {"q_proj", "v_proj"}});
//   optim::AdamW optimizer(lora.parameters(), {.lr = 2e-4});
//   ...                                      // train
//   lora.save_adapter("adapter");            // load_adapter(model, "adapter") reads it
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/nn/output_hook.h"

namespace tinygrad::models {

struct LoraConfig {
  std::int64_t r = 8;       ///< the rank of the change of each weight
  double lora_alpha = 8;    ///< the change is scaled by lora_alpha / r
  double lora_dropout = 0;  ///< of the input of A, while the layer is in training mode
  /// The ends of the names of the layers: "q_proj" is each "model.layers.3.self_attn.q_proj". The
  /// name "all-linear" stands for all but the output layer lm_head.
  std::vector<std::string> target_modules = {};
};

/// The matrices beside the layers of a network:  y = W x + lora_alpha / r B A dropout(x).
/// A [r, in] is uniform on ±1/sqrt(in) (kaiming_uniform_ with a = sqrt(5)), B [out, r] zeros, so
/// that nothing changes before training. W may stay in the blocks of a GGUF file. The network
/// computes so as long as this object lives, and a network may have several.
class TINYGRAD_API Lora {
 public:
  const LoraConfig config;

  /// A and B of each layer, which are trained; they are no parameters of the network.
  std::vector<Tensor> parameters() const;
  /// With the names of adapter_model.safetensors: "base_model.model.NAME.lora_A.weight".
  NamedTensors state_dict() const;
  /// Writes adapter_config.json and adapter_model.safetensors into a folder, which is made if it is
  /// missing; peft's PeftModel.from_pretrained() reads them. Throws IoError.
  void save_adapter(const std::string& folder,
                    SourceLocation location = SourceLocation::current()) const;
  /// Adds lora_alpha / r B A to the weights, which then compute the same alone; this object has no
  /// layers any more. Throws ArgumentError, and changes nothing, if weights are in blocks, which
  /// would be rounded.
  void merge(SourceLocation location = SourceLocation::current());

 private:
  friend Lora add_lora(nn::Module&, const LoraConfig&, SourceLocation);
  friend Lora load_adapter(nn::Module&, const std::string&, SourceLocation);
  struct Layer {
    std::string name;
    Tensor weight;  ///< undefined if it is in blocks
    bool is_transposed;
    Tensor a, b;
    std::shared_ptr<const nn::OutputHook> hook;
  };
  Lora(nn::Module& module, const LoraConfig& config, const Call& call);
  void add_layer(nn::Module& module, Layer layer);
  double scale() const { return config.lora_alpha / double(config.r); }
  std::vector<Layer> layers_ = {};
  bool writes_text_ = false;
};

/// Freezes the parameters of a network and adds LoRA to the layers that config.target_modules
/// names: modules of the types nn::Linear, WeightMatrix and Conv1D. A and B are in float32 if the
/// weights are in 16 bits, on the device of the network. Throws ArgumentError for a value out of
/// range and a name that no such layer has.
[[nodiscard]] TINYGRAD_API Lora add_lora(nn::Module& module, const LoraConfig& config,
                                         SourceLocation location = SourceLocation::current());

/// Adds what save_adapter() or peft wrote; further training goes on from it. Throws IoError for
/// files that are damaged or do not fit the network, and for a kind of adapter that is not known
/// (DoRA, rsLoRA, trained biases, ranks of single layers).
[[nodiscard]] TINYGRAD_API Lora load_adapter(nn::Module& module, const std::string& folder,
                                             SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
