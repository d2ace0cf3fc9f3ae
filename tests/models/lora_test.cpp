// SPDX-License-Identifier: MIT
// Tests LoRA: against its formula, finite differences, and adapters that peft trained and saved.
#include "tinygrad/models/lora.h"

#include <gtest/gtest.h>

#include <memory>

#include "models/fixtures.h"
#include "support/message_of.h"
#include "tinygrad/models/auto.h"
#include "tinygrad/models/gpt2.h"

namespace tinygrad::models {
namespace {

const LlamaOptions small{.vocab_size = 20,
                         .hidden_size = 32,
                         .intermediate_size = 64,
                         .num_hidden_layers = 2,
                         .num_attention_heads = 4,
                         .num_key_value_heads = 2,
                         .tie_word_embeddings = true};

/// Writes values other than zeros into B.
void randomize(const Lora& lora) {
  const NoGrad off;
  for (Tensor p : lora.parameters()) p.copy_(randn(p.shape()).to(p.dtype()) * 0.3);
}

/// The last loss of so many steps on one text.
double train(Llama& model, const Lora& lora, int steps) {
  const Tensor text = (arange(18) * 7 % 20).reshape({2, 9});
  optim::Adam adam(lora.parameters(), {.lr = 0.02});
  double loss = 0;
  for (int i = 0; i < steps; ++i) {
    adam.zero_grad();
    const Tensor scores = model(text.slice(1, 0, 8)).reshape({16, 20}),
                 error = cross_entropy(scores, text.slice(1, 1, 9).reshape({16}));
    error.backward();
    adam.step();
    loss = error.item<double>();
  }
  return loss;
}

bool same_bits(const NamedTensors& a, const NamedTensors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && equal(x.second, y.second);
  });
}
NamedTensors copied(NamedTensors state) {
  for (auto& [name, t] : state) t = t.clone();
  return state;
}

/// A folder that is deleted in the end.
struct Folder {
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path + "/" + file) << text;
  }
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("tinygrad_lora_" + std::to_string(getpid()) + "/adapter"))
                               .string();
};

// y = W x + alpha / r B A x, with sums as loops, in float64; and its derivatives by A and B.
TEST(Lora, has_its_formula_and_derivatives) {
  nn::Sequential net(nn::Linear(5, 3));
  net.to(float64);
  Lora lora = add_lora(net, {.r = 2, .lora_alpha = 3, .target_modules = {"0"}});
  randomize(lora);
  const Tensor x = randn({4, 5}).to(float64), w = net.parameters()[0], bias = net.parameters()[1];
  Tensor a = lora.parameters()[0], b = lora.parameters()[1];
  const Tensor y = net(x);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 3; ++j) {
      double sum = bias[j].item<double>();
      for (int k = 0; k < 5; ++k) {
        double change = 0;
        for (int r = 0; r < 2; ++r) change += b[j][r].item<double>() * a[r][k].item<double>();
        sum += (w[j][k].item<double>() + 3. / 2 * change) * x[i][k].item<double>();
      }
      EXPECT_NEAR(y[i][j].item<double>(), sum, 1e-12);
    }
  const auto loss = [&] { return square(net(x)).sum(); };
  loss().backward();
  for (Tensor& p : lora.parameters()) {
    const Tensor slope = p.grad();
    const NoGrad off;
    Tensor flat = p.detach().flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      const double h = 1e-5, old = flat[i].item<double>();
      const auto at = [&](double value) {
        flat[i].fill_(value);
        return loss().item<double>();
      };
      const double difference = (at(old + h) - at(old - h)) / (2 * h);
      at(old);
      EXPECT_NEAR(slope.flatten()[i].item<double>(), difference, 1e-6 * (1 + std::abs(difference)));
    }
  }
  EXPECT_FALSE(w.requires_grad());
}

TEST(Lora, changes_nothing_at_first_and_leaves_the_weights_alone) {
  manual_seed(1);
  Llama model(small);
  const NamedTensors before = copied(model.state_dict());
  const Tensor ids = arange(9).reshape({1, 9}), scores = model(ids).detach();
  {
    Lora lora = add_lora(model, {.r = 4, .target_modules = {"all-linear"}});
    EXPECT_EQ(lora.parameters().size(), 2u * 7 * 2);
    EXPECT_TRUE(equal(model(ids), scores));
    const double first = train(model, lora, 1), last = train(model, lora, 60);
    EXPECT_LT(last, 0.85 * first);
    EXPECT_FALSE(equal(model(ids), scores));
  }
  EXPECT_TRUE(same_bits(model.state_dict(), before));
  EXPECT_TRUE(equal(model(ids), scores));
}

TEST(Lora, is_the_same_after_a_file_and_when_merged) {
  manual_seed(2);
  Llama model(small);
  const Folder folder;
  const Tensor ids = arange(9).reshape({1, 9});
  const auto lora = std::make_unique<Lora>(add_lora(
      model, {.r = 3, .lora_alpha = 5, .target_modules = {"q_proj", "v_proj", "up_proj"}}));
  train(model, *lora, 5);
  const Tensor adapted = model(ids).detach();
  lora->save_adapter(folder.path);
  const NamedTensors state = copied(lora->state_dict());
  lora->merge();
  EXPECT_TRUE(lora->parameters().empty());
  EXPECT_LT(largest_difference(model(ids), adapted), 1e-6);  // float32 sums in another order

  manual_seed(2);
  Llama again(small);
  const Lora loaded = load_adapter(again, folder.path);
  EXPECT_TRUE(same_bits(loaded.state_dict(), state));
  EXPECT_EQ(loaded.config.lora_alpha, 5);
  EXPECT_TRUE(equal(again(ids), adapted));
}

TEST(Lora, merges_into_transposed_weights_and_drops_inputs_in_training) {
  manual_seed(3);
  nn::Sequential net(Conv1D(6, 4));
  Lora lora =
      add_lora(net, {.r = 2, .lora_alpha = 4, .lora_dropout = 0.5, .target_modules = {"0"}});
  randomize(lora);
  const Tensor x = randn({3, 6}), a = lora.parameters()[0], b = lora.parameters()[1],
               base = matmul(x, net.parameters()[0]);
  manual_seed(4);
  const Tensor y = net(x);
  manual_seed(4);
  EXPECT_LT(largest_difference(y, base + 2 * linear(linear(dropout(x, 0.5), a), b)), 1e-6);
  net.eval();
  const Tensor whole = net(x);
  EXPECT_LT(largest_difference(whole, base + 2 * linear(linear(x, a), b)), 1e-6);
  lora.merge();
  EXPECT_LT(largest_difference(net(x), whole), 1e-6);
}

// The blocks are those of a file; only A and B are trained, and a merge would round.
TEST(Lora, trains_beside_weights_in_blocks) {
  manual_seed(5);
  Llama decoded(small);
  LlamaOptions options = small;
  options.quantized = true;
  Llama model(options);
  NamedTensors norms;
  for (const auto& [name, value] : decoded.state_dict())
    if (value.dim() == 1) norms.emplace_back(name, value);
  model.load_state_dict(norms);
  const auto from = decoded.weight_matrices();
  for (std::size_t i = 0; i < from.size(); ++i)
    model.weight_matrices()[i].second->blocks =
        gguf::QuantizedMatrix::quantize(from[i].second->weight.detach());
  Lora lora = add_lora(model, {.r = 4, .target_modules = {"all-linear"}});
  EXPECT_EQ(lora.parameters().size(), 2u * 7 * 2);
  const double first = train(model, lora, 1), last = train(model, lora, 60);
  EXPECT_LT(last, 0.85 * first);
  EXPECT_NE(message_of<ArgumentError>([&] { lora.merge(); }).find("blocks"), std::string::npos);
}

// Adapters that peft trained: make_lora_fixtures.py has the steps.
TEST(Lora, reads_and_writes_what_peft_does) {
  const NoGrad off;
  for (const char* name : {"llama", "gpt2"}) {
    const ModelFolder source(read_json(std::string(name) + ".json"));
    const auto model = load_pretrained(source.path);
    const std::string peft = fixtures + "lora_" + name;
    const Lora lora = load_adapter(*model, peft);
    const auto expected_logits = load_safetensors(peft + "/logits.safetensors");
    EXPECT_LT(largest_difference((*model)(small_ids()), expected_logits[0].second), 1e-5) << name;

    const Folder folder;
    lora.save_adapter(folder.path);
    const auto sorted = [](NamedTensors state) {
      std::sort(state.begin(), state.end(), [](auto& a, auto& b) { return a.first < b.first; });
      return state;
    };
    const auto read = [](const std::string& path) {
      return load_safetensors(path + "/adapter_model.safetensors");
    };
    EXPECT_TRUE(same_bits(sorted(read(folder.path)), sorted(read(peft)))) << name;
    const auto json = [](const std::string& path) {
      std::ifstream file(path + "/adapter_config.json");
      return nlohmann::json::parse(file);
    };
    const auto own = json(folder.path), theirs = json(peft);
    for (const char* key : {"peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "bias",
                            "fan_in_fan_out", "inference_mode"})
      EXPECT_EQ(own[key], theirs[key]) << name << " " << key;
  }
}

TEST(Lora, refuses_what_it_does_not_know) {
  manual_seed(6);
  Llama model(small);
  const auto refused = [&](const LoraConfig& config) {
    return message_of<ArgumentError>([&] { (void)add_lora(model, config); });
  };
  EXPECT_NE(refused({.target_modules = {"query"}}).find("\"query\""), std::string::npos);
  EXPECT_NE(refused({.target_modules = {"embed_tokens"}}).find("embed_tokens"), std::string::npos);
  EXPECT_NE(refused({}).find("all-linear"), std::string::npos);
  refused({.r = 0, .target_modules = {"q_proj"}});
  refused({.lora_dropout = 1, .target_modules = {"q_proj"}});
  EXPECT_TRUE(model.parameters()[0].requires_grad());  // nothing was frozen

  const Folder folder;
  const auto why = [&] {
    return message_of<IoError>([&] { (void)load_adapter(model, folder.path); });
  };
  EXPECT_NE(why().find("adapter_config.json"), std::string::npos);
  add_lora(model, {.target_modules = {"q_proj"}}).save_adapter(folder.path);
  EXPECT_EQ(load_adapter(model, folder.path).parameters().size(), 4u);
  const std::string config = R"({"peft_type": "LORA", "r": 8)";
  for (const auto& [text, part] :
       {std::pair(R"({"peft_type": "IA3"})", "IA3"),
        {R"({"peft_type": "LORA"})", "\"r\""},
        {R"({"peft_type": "LORA", "r": 8, "use_dora": true})", "use_dora"},
        {R"({"peft_type": "LORA", "r": 8, "bias": "all"})", "\"all\""},
        {R"({"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 4}})", "rank_pattern"},
        {R"({"peft_type": "LORA", "r": 4})", "shape"}}) {
    folder.write("adapter_config.json", text);
    EXPECT_NE(why().find(part), std::string::npos) << why();
  }
  folder.write("adapter_config.json", config + "}");
  const auto save = [&](const std::string& name) {
    save_safetensors({{name, zeros({8, 32})}}, folder.path + "/adapter_model.safetensors");
    return why();
  };
  EXPECT_NE(save("base_model.model.lm_head.lora_magnitude_vector").find("magnitude"),
            std::string::npos);
  EXPECT_NE(save("base_model.model.model.nowhere.lora_A.weight").find("nowhere"),
            std::string::npos);
  EXPECT_NE(save("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight").find("tensors"),
            std::string::npos);
}

}  // namespace
}  // namespace tinygrad::models
