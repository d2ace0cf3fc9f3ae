#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the folders tests/models/fixtures/lora_NAME with torch 2.15.0, transformers 5.24.0 and
peft 0.21.2: an adapter that peft trained for three steps beside the small model NAME of
make_fixtures.py, and the logits of both.

    python3 tests/models/make_lora_fixtures.py
    python3 tests/models/make_lora_fixtures.py FOLDER NAME   compares logits with what a folder's
                                                             adapter gives in peft"""
import json
import pathlib
import sys

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

from formula import weight

FOLDER = pathlib.Path(__file__).parent / "fixtures"
IDS = torch.arange(24).reshape(2, 12) * 7 % 40
CONFIGS = {
    "llama": peft.LoraConfig(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"],
                             task_type="CAUSAL_LM"),
    "gpt2": peft.LoraConfig(r=2, lora_alpha=5, target_modules=["c_attn", "c_fc"],
                            fan_in_fan_out=True, task_type="CAUSAL_LM"),
}


def small_model(name):
    fixture = json.loads((FOLDER / f"{name}.json").read_text())
    kind = getattr(transformers, fixture["config"]["architectures"][0])
    model = kind(kind.config_class(**fixture["config"])).eval()
    model.load_state_dict({key: weight(key, shape) for key, shape in fixture["shapes"].items()},
                          strict=False)
    return model


def train(model):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        model(IDS, labels=IDS).loss.backward()
        optimizer.step()


def main():
    if len(sys.argv) == 3:
        folder, name = sys.argv[1:]
        model = peft.PeftModel.from_pretrained(small_model(name), folder)
        expected = load_file(f"{folder}/logits.safetensors")["logits"]
        print("largest difference:", float((model(IDS).logits - expected).abs().max()))
        return
    for name, config in CONFIGS.items():
        torch.manual_seed(1)
        model = peft.get_peft_model(small_model(name), config)
        train(model)
        folder = FOLDER / f"lora_{name}"
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        with torch.no_grad():
            save_file({"logits": model(IDS).logits}, folder / "logits.safetensors")
        path = folder / "adapter_config.json"
        text = json.loads(path.read_text())
        text["target_modules"] = sorted(text["target_modules"])  # a set: its order is by chance
        path.write_text(json.dumps(text, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
