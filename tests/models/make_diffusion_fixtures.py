#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/models/fixtures/diffusion.* with torch 2.15.0, diffusers 0.42.1 and transformers
5.24.0 (about a minute).

    python3 tests/models/make_diffusion_fixtures.py
    python3 tests/models/make_diffusion_fixtures.py FOLDER    Stable Diffusion 1.5 with random
                                                              weights in float16, 2.1 GB

diffusion.json         config.json of small models; how many tensors and parameters they and those
                       of Stable Diffusion 1.5 have, and the FNV-1a hash of their names and shapes
diffusion.safetensors  what models, schedulers and the whole pipeline compute"""
import json
import pathlib
import string
import sys

import diffusers as d
import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from formula import fnv, weight

FOLDER = pathlib.Path(__file__).parent / "fixtures"
UNET = dict(sample_size=8, block_out_channels=(16, 32, 48), layers_per_block=2, norm_num_groups=8,
            down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
            cross_attention_dim=24, attention_head_dim=4)
VAE = dict(sample_size=16, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8,
           down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
           latent_channels=4)
TEXT = dict(vocab_size=64, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
            num_attention_heads=3, max_position_embeddings=12)
TRUE_UNET = dict(sample_size=64, cross_attention_dim=768)
TRUE_VAE = dict(sample_size=512, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=4)
TRUE_TEXT = dict(hidden_size=768, intermediate_size=3072, num_attention_heads=12)
SCHEDULER = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                 num_train_timesteps=1000, set_alpha_to_one=False, skip_prk_steps=True,
                 steps_offset=1)


def tokenizer(length):
    """Letters, and a few pairs."""
    letters = [c for c in string.ascii_lowercase] + [c + "</w>" for c in string.ascii_lowercase]
    merges = [("c", "a"), ("ca", "t</w>"), ("r", "e"), ("re", "d</w>")]
    tokens = letters + [a + b for a, b in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=merges,
                         model_max_length=length)


def models(unet, vae, text):
    return {"unet": d.UNet2DConditionModel(**unet), "vae": d.AutoencoderKL(**vae),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**text))}


def pipeline(parts, length):
    return d.StableDiffusionPipeline(
        **parts, tokenizer=tokenizer(length), scheduler=d.PNDMScheduler(**SCHEDULER),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def summary(model):
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    lines = "".join(f"{name} {shapes[name]}\n" for name in sorted(shapes))
    return {"tensors": len(shapes), "parameters": sum(p.numel() for p in model.parameters()),
            "hash": f"{fnv(lines):016x}"}


def scheduler_cases():
    """Name, class, options of the constructor, number of timesteps, and options of step()."""
    scaled = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    cosine = dict(beta_schedule="squaredcos_cap_v2")
    v, x0 = dict(prediction_type="v_prediction"), dict(prediction_type="sample")
    trailing, linspace = dict(timestep_spacing="trailing"), dict(timestep_spacing="linspace")
    free = dict(clip_sample=False)
    yield "ddpm.clip", d.DDPMScheduler(), 10, {}
    yield "ddpm.large", d.DDPMScheduler(variance_type="fixed_large", **cosine, **v, **free), 7, {}
    yield "ddpm.sample", d.DDPMScheduler(**scaled, **x0, **free, **linspace), 5, {}
    yield "ddim.leading", d.DDIMScheduler(**scaled, **free, steps_offset=1), 6, {}
    yield "ddim.v", d.DDIMScheduler(**cosine, **v, **trailing), 7, {}
    yield "ddim.eta", d.DDIMScheduler(set_alpha_to_one=False, **free, **x0), 5, dict(eta=0.7)
    yield "ddim.clipped", d.DDIMScheduler(**cosine, **v, **trailing), 7, \
        dict(use_clipped_model_output=True)
    yield "pndm", d.PNDMScheduler(**SCHEDULER), 7, {}
    yield "pndm.v", d.PNDMScheduler(**scaled, **v, skip_prk_steps=True, set_alpha_to_one=True), 3, \
        {}
    yield "euler", d.EulerDiscreteScheduler(**scaled), 6, {}
    yield "euler.v", d.EulerDiscreteScheduler(**scaled, **v, **trailing), 5, {}
    yield "euler.sample", d.EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1,
                                                   **x0), 4, {}


def run_schedulers(outputs):
    cases, shape = {}, (1, 2, 2, 3)
    for name, scheduler, n, options in scheduler_cases():
        scheduler.set_timesteps(n)
        x, all_x = weight("x", shape) * 4 * scheduler.init_noise_sigma, []
        for i, t in enumerate(scheduler.timesteps):
            noise = weight(f"noise{i}", shape) * 4
            step = sys.modules[type(scheduler).__module__]
            step.randn_tensor = lambda *_, noise=noise, **__: noise
            y = weight(f"model{i}", shape) * 4 + scheduler.scale_model_input(x, t) / 2
            x = scheduler.step(y, t, x, **options).prev_sample
            all_x.append(x)
        outputs[name] = torch.stack(all_x)
        outputs[name + ".timesteps"] = scheduler.timesteps.double()
        config = {key: value for key, value in scheduler.config.items() if key[0] != "_"}
        cases[name] = config | options | {"_class_name": type(scheduler).__name__, "n": n}
    x, noise, t = weight("x", (3, 2, 2)), weight("noise", (3, 2, 2)), torch.tensor([0, 400, 999])
    scheduler = d.DDPMScheduler()
    outputs["noisy"] = scheduler.add_noise(x, noise, t)
    outputs["velocity"] = scheduler.get_velocity(x, noise, t)
    return cases


def run_models(parts, outputs):
    unet, vae, text = parts["unet"], parts["vae"], parts["text_encoder"]
    context = weight("text", (2, 5, 24)) * 4
    outputs["unet"] = unet(weight("sample", (2, 4, 8, 8)) * 4, torch.tensor([7, 500]), context)[0]
    outputs["unet.odd"] = unet(weight("odd", (1, 4, 7, 5)) * 4, torch.tensor(3), context[:1])[0]
    moments = vae.encode(weight("picture", (1, 3, 16, 16)) * 4).latent_dist
    outputs["vae.mean"], outputs["vae.logvar"] = moments.mean, moments.logvar
    outputs["vae.kl"] = moments.kl()
    outputs["vae.decoded"] = vae.decode(weight("z", (1, 4, 4, 6)) * 4)[0]
    outputs["text_encoder"] = text(torch.arange(24).reshape(2, 12) * 7 % 58)[0]


def run_pipeline(pipe, outputs):
    pipe.set_progress_bar_config(disable=True)
    options = dict(num_inference_steps=4, guidance_scale=7.5, negative_prompt="a dog")
    for kind, key in (("latent", "latents"), ("pt", "drawn")):
        outputs["pipeline." + key] = pipe("a red Cat", latents=weight("latents", (1, 4, 8, 8)) * 4,
                                          output_type=kind, **options).images
    outputs["pipeline.ids"] = torch.tensor(pipe.tokenizer("a red Cat")["input_ids"])


def write_fixtures():
    parts, outputs = models(UNET, VAE, TEXT), {}
    config = {"small": {}, "true": {}, "config": {}}
    for name, model in parts.items():
        model.eval().load_state_dict({key: weight(key, value.shape)
                                      for key, value in model.state_dict().items()})
        config["small"][name] = summary(model)
        config["config"][name] = json.loads(model.config.to_json_string()
                                            if name == "text_encoder" else model.to_json_string())
    with torch.device("meta"):
        for name, model in models(TRUE_UNET, TRUE_VAE, TRUE_TEXT).items():
            config["true"][name] = summary(model)
    run_models(parts, outputs)
    config["schedulers"] = run_schedulers(outputs)
    pipe = pipeline(parts, TEXT["max_position_embeddings"])
    run_pipeline(pipe, outputs)
    config["config"]["scheduler"] = dict(pipe.scheduler.config) | {"_class_name": "PNDMScheduler"}
    config["config"]["tokenizer"] = json.loads(pipe.tokenizer.backend_tokenizer.to_str())["model"]
    with open(FOLDER / "diffusion.json", "w") as file:
        json.dump(config, file)
        file.write("\n")
    save_file({key: value.contiguous() for key, value in outputs.items()},
              FOLDER / "diffusion.safetensors")


with torch.no_grad():
    if len(sys.argv) > 1:
        torch.set_default_dtype(torch.float16)
        pipeline(models(TRUE_UNET, TRUE_VAE, TRUE_TEXT), 77).save_pretrained(sys.argv[1])
    else:
        write_fixtures()
