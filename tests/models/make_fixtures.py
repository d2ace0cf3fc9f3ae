#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of tests/models/fixtures with torch 2.15.0, transformers 5.24.0, torchvision
0.29.2, and for the second form accelerate and gguf.

    python3 tests/models/make_fixtures.py                     small models
    python3 tests/models/make_fixtures.py smollm2 MODEL.gguf tinyshakespeare.txt   (about an hour)

NAME.json           the config.json of a small model, and the names and shapes of its state
outputs.safetensors what the models compute, and the probabilities of sampling
smollm2.json        what SmolLM2 says: greedy continuations, losses of a text

Weights are not stored: formula.py makes them, and so does the test."""
import json
import pathlib
import sys

import torch
import torchvision
import transformers as t
from safetensors.torch import save_file

from formula import weight

FOLDER = pathlib.Path(__file__).parent / "fixtures"
SMALL = dict(vocab_size=40, hidden_size=24, intermediate_size=40, num_hidden_layers=2)
DECODER = dict(SMALL, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32)
MODELS = {
    "llama": (t.LlamaForCausalLM, t.LlamaConfig(**DECODER, attention_bias=True, mlp_bias=True)),
    "qwen2": (t.Qwen2ForCausalLM, t.Qwen2Config(
        **dict(DECODER, num_attention_heads=3, num_key_value_heads=1), tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6})),
    "mistral": (t.MistralForCausalLM, t.MistralConfig(**DECODER, sliding_window=5, head_dim=10)),
    "gpt2": (t.GPT2LMHeadModel, t.GPT2Config(vocab_size=40, n_positions=32, n_embd=24, n_layer=2,
                                             n_head=3)),
    "bert": (t.BertModel, t.BertConfig(**SMALL, num_attention_heads=3,
                                       max_position_embeddings=32)),
}


def ids(rows=2, columns=12):
    return torch.arange(rows * columns).reshape(rows, columns) * 7 % 40


def compute(name, model):
    if name != "bert":
        return {"logits": model(ids()).logits}
    mask = (torch.arange(12) < torch.tensor([[12], [8]])).long()
    out = model(ids(), attention_mask=mask, token_type_ids=ids() % 2)
    return {"hidden": out.last_hidden_state, "pooled": out.pooler_output}


def sampling():
    scores = weight("scores", (1, 40)) * 20
    settings = {"t": (0.7, 0, 1.0), "k": (1.3, 5, 1.0), "p": (1.0, 0, 0.8), "kp": (2.0, 12, 0.9)}
    for name, (temperature, k, p) in settings.items():
        x = t.TemperatureLogitsWarper(temperature)(None, scores)
        x = t.TopKLogitsWarper(k)(None, x) if k else x
        x = t.TopPLogitsWarper(p)(None, x) if p < 1 else x
        yield "sampling." + name, torch.softmax(x.double(), -1)[0]


def resnet18():
    """With an output of every class for two pictures of 33 x 40."""
    model = torchvision.models.resnet18(num_classes=10).eval()
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    model.load_state_dict({key: weight(key, shape) for key, shape in shapes.items()})
    with open(FOLDER / "resnet18.json", "w") as file:
        json.dump({"shapes": shapes}, file)
        file.write("\n")
    return model(weight("x", (2, 3, 33, 40)))


def write_small():
    outputs = dict(sampling()) | {"resnet18": resnet18()}
    for name, (kind, config) in MODELS.items():
        model = kind(config).eval()
        shapes = {key: list(value.shape) for key, value in model.state_dict().items()
                  if key != "lm_head.weight" or not config.tie_word_embeddings}
        model.load_state_dict({key: weight(key, shape) for key, shape in shapes.items()},
                              strict=False)
        config.architectures = [kind.__name__]
        with open(FOLDER / f"{name}.json", "w") as file:
            json.dump({"config": config.to_dict(), "shapes": shapes}, file)
            file.write("\n")
        for key, value in compute(name, model).items():
            outputs[f"{name}.{key}"] = value.contiguous()
    save_file(outputs, FOLDER / "outputs.safetensors")


PROMPTS = [
    "The capital of France is", "Water boils at", "The first president of the United States was",
    "Once upon a time", "def fibonacci(n):", "The meaning of life is", "2 + 2 =",
    "Dear Sir or Madam,", "In 1969,", "The mitochondria is", "To be, or not to be",
    "A recipe for pancakes:", "The sun rises in the", "Machine learning is", "#include <iostream>",
    "My favourite colour is", "The largest planet of the solar system is", "Die Hauptstadt von",
    "Q: What is the speed of light?\nA:", "She opened the door and"]


def greedy(model, first, steps=64):
    """The continuation, and how far the best score is above the second, for every step."""
    tokens, gaps, past, x = [], [], None, torch.tensor([first])
    for _ in range(steps):
        out = model(x, past_key_values=past, use_cache=True)
        best = torch.topk(out.logits[0, -1], 2)
        past, x = out.past_key_values, best.indices[:1].reshape(1, 1)
        tokens.append(int(x))
        gaps.append(float(best.values[0] - best.values[1]))
    return tokens, gaps


def write_smollm2(path, text):
    path = pathlib.Path(path)
    load = dict(pretrained_model_name_or_path=path.parent, gguf_file=path.name)
    model = t.AutoModelForCausalLM.from_pretrained(**load, dtype=torch.float32).eval()
    tokenizer = t.AutoTokenizer.from_pretrained(**load)
    answers = []
    for prompt in PROMPTS:
        first = tokenizer(prompt)["input_ids"]
        tokens, gaps = greedy(model, first)
        close = [i for i, gap in enumerate(gaps) if gap < 1e-3]
        answers.append({"prompt": prompt, "ids": first, "tokens": tokens, "close": close})
    best = torch.topk(model(torch.tensor([[504, 3575, 282, 4649, 314]])).logits[0, -1], 5)
    last = pathlib.Path(text).read_text()
    last = tokenizer(last[len(last) * 9 // 10:])["input_ids"]
    losses = []
    for begin in range(0, len(last) - 511, 512):
        x = torch.tensor([last[begin:begin + 512]])
        losses.append(float(torch.nn.functional.cross_entropy(model(x).logits[0, :-1], x[0, 1:])))
    with open(FOLDER / "smollm2.json", "w") as file:
        json.dump({"best": best.indices.tolist(), "scores": best.values.tolist(),
                   "answers": answers, "tokens": len(last), "losses": losses}, file)
        file.write("\n")


with torch.no_grad():
    if sys.argv[1:2] == ["smollm2"]:
        write_smollm2(*sys.argv[2:])
    else:
        write_small()
