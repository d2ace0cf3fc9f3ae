# SPDX-License-Identifier: MIT
"""The rows `generate` with llama.cpp:  llama_peer.py THREADS"""
import sys

import xllamacpp

import program

threads = int(sys.argv[1])


def generate(row):
    params = xllamacpp.CommonParams()
    params.model.path = program.language_model
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    prompt, tokens = row.get("prompt"), row.get("tokens")
    params.n_ctx, params.n_parallel, params.verbosity = prompt + tokens, 1, -1
    server = xllamacpp.Server(params)
    request = {"prompt": [1000 + 7 * i for i in range(prompt)], "n_predict": tokens,
               "temperature": 0, "ignore_eos": True, "cache_prompt": False}

    def step():
        answer = server.handle_completions(request)
        read, written = answer["timings"]["prompt_n"], answer["timings"]["predicted_n"]
        if (read, written) != (prompt, tokens):
            raise RuntimeError(f"read {read} tokens, wrote {written}")
    return step


steps = {"generate": generate}


def make(row, dtype, model=None):
    return steps[row.kind](row) if row.kind in steps and row.get("weights") == "blocks" else None


program.serve(f"llama.cpp, xllamacpp {xllamacpp.__version__}", make, "tiny" in sys.argv)
