# SPDX-License-Identifier: MIT
# Compares the tokenizers with their judges (judge.sh runs it): judge.py ENCODE FOLDER TEXTS...
# ENCODE is the program of encode.cpp, FOLDER has what judge.sh unpacked, TEXTS are files.
import base64
import json
import os
import random
import struct
import subprocess
import sys

import sentencepiece
import tiktoken
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers)
from transformers import CLIPTokenizer

program, folder, *files = sys.argv[1:]
only = os.environ.get('ONLY', '')


def path(name): return os.path.join(folder, name)


def byte_strings():
    """Random bytes, half of them mostly text."""
    rng = random.Random(1)
    texts = [b'a', 'é'.encode(), '床'.encode(), '🙂'.encode(), b' ', b'\n', b"'s", b'7', b'-', b'\0']
    return [rng.randbytes(rng.randrange(32)) if rng.random() < 0.5 else
            b''.join(rng.choice([*texts, rng.randbytes(1)]) for _ in range(rng.randrange(24)))
            for _ in range(100_000)]


restored = ['corpora', 'lines', 'points', 'mixed', 'marks', 'bytes']  # cases have special tokens
whole = [open(f, encoding='utf-8', newline='').read() for f in files]
points = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
mixed = [''.join(points[i:i + 7]) + ' ' + points[i] + "'s 12" for i in range(0, len(points), 7)]
rng = random.Random(2)
marks = [''.join(rng.choice(points[0xC0:0x370] + points[0x300:0x370] * 3 + points[0x1100:0x11FF])
                 for _ in range(6)) for _ in range(20000)]
cases = ['', ' ', '  ', '\n', ' \n', '\r\n', 'a\r\n\r\n b', 'a  b   c', '   a', 'a   ', "I'Ll don't WE'RE 'ſ",
         '👩‍👩‍👧‍👦 👨🏽‍💻 🏳️‍🌈 é e\u0301 ﬁ', '<|im_start|>user\nHi<|im_end|>', '<|startoftext|>x <|STARTOFTEXT|>!',
         '[CLS] [MASK]x', '<s> a </s>', '123456789 1.5e-3', '\t\tif (x) {\n\t}', '\u3000床前　明月光', 'x' * 300,
         '!<|endoftext|> !', 'İstanbul', 'ab\u0000c', '\u1e9b\u0323 \u0344 가각', "'s's'll''", ' \u00a0 x', '\u2028x\u2029']
texts = {'corpora': whole, 'lines': [l for t in whole for l in t.splitlines(True)], 'cases': cases,
         'points': points, 'mixed': mixed, 'marks': marks,
         'bytes': [b.decode('utf-8', 'replace') for b in byte_strings()]}


def ours(tokenizer, encoded):
    with open(path('texts'), 'wb') as f:
        f.write(b''.join(struct.pack('<I', len(e)) + e for e in encoded))
    said = subprocess.run([program, tokenizer, path('texts'), path('results')], check=True,
                          capture_output=True, text=True).stdout.strip()
    data, at, all = open(path('results'), 'rb').read(), 0, []
    for _ in encoded:
        n, = struct.unpack_from('<I', data, at)
        ids = list(struct.unpack_from(f'<{n}q', data, at + 4))
        at += 4 + 8 * n
        n, = struct.unpack_from('<I', data, at)
        all.append((ids, data[at + 4:at + 4 + n]))
        at += 4 + n
    return said, all


def trim(text, name):
    """transformers strips CLIP's text as Python does: also U+001C to U+001F."""
    return text.strip() if name.startswith('clip') else text


def compare(name, tokenizer, encode, decode, exact=(), raw=None):
    """encode(texts) -> ids; exact: the kinds of texts with decode(encode(x)) = x; raw(bytes) -> ids
    of any bytes."""
    if only not in name: return
    print(name)
    for kind, some in texts.items():
        said, mine = ours(tokenizer, [t.encode() for t in some])
        theirs = encode(some)
        wrong = [(t, m[0], j) for t, m, j in zip(some, mine, theirs) if m[0] != list(j)]
        back = decode([m[0] for m in mine])
        lost = [(t, m[1], d) for t, m, d in zip(some, mine, back) if trim(m[1].decode(
            'utf-8', 'replace'), name) != d or (kind in exact and m[1] != t.encode())]
        print(f'  {kind}: {len(wrong)} ids differ, {len(lost)} decoded texts differ ({said})')
        for t, m, j in wrong[:3]: print('    ', repr(t)[:90], m[:24], list(j)[:24])
        for t, m, d in lost[:3]: print('    ', repr(t)[:90], m[:60], repr(d)[:60])
    bytes_ = byte_strings()
    said, mine = ours(tokenizer, bytes_)
    if exact: print('  random bytes:', sum(m[1] != b for b, m in zip(bytes_, mine)), 'not restored')
    if raw: print('  random bytes:', sum(m[0] != raw(b) for b, m in zip(bytes_, mine)), 'ids differ')


def hugging_face(name, tokenizer, judge, exact=(), decode=None):
    judge.no_truncation(), judge.no_padding()
    compare(name, tokenizer, lambda t: [e.ids for e in judge.encode_batch_fast(t)],
            decode or judge.decode_batch, exact)


def merges_of(name):
    lines = open(path(name), encoding='utf-8').read().split('\n')
    return [tuple(l.split()) for l in lines if l and not l.startswith('#version')]


def byte_level(vocab, merges, pre, special=(), normalizer=None, **options):
    judge = Tokenizer(models.BPE(vocab, merges, **options))
    judge.pre_tokenizer, judge.decoder = pre, decoders.ByteLevel()
    if normalizer: judge.normalizer = normalizer
    judge.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return judge


def saved(judge, name):
    os.makedirs(path(name), exist_ok=True)
    judge.save(path(name + '/tokenizer.json'))
    return path(name)


level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
no_regex = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
split = lambda p: pre_tokenizers.Sequence(
    [pre_tokenizers.Split(Regex(p), 'isolated'), no_regex])
llama3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")

# GPT-2: vocab.json and merges.txt, tokenizer.json, and the patterns of Llama 3 and Qwen 2 over it.
vocab, merges = json.load(open(path('gpt2/vocab.json'))), merges_of('gpt2/merges.txt')
gpt2 = byte_level(vocab, merges, level, ['<|endoftext|>'])
hugging_face('gpt2', path('gpt2'), gpt2, exact=restored)
hugging_face('llama3', saved(j := byte_level(vocab, merges, split(llama3), ['<|endoftext|>'],
                                             ignore_merges=True), 'llama3'), j, exact=restored)
hugging_face('qwen2', saved(j := byte_level(vocab, merges, split(llama3.replace('{1,3}', '')),
                                            normalizer=normalizers.NFC()), 'qwen2'), j)

# SmolLM2: the lists of the GGUF file; the judge gets the same vocabulary.
if os.path.exists(path('smollm.lists.json')):
    lists = json.load(open(path('smollm.lists.json')))
    smollm = byte_level({t: i for i, t in enumerate(lists['tokens'])},
                        [tuple(m.split()) for m in lists['merges']],
                        pre_tokenizers.Sequence([pre_tokenizers.Digits(True), level]),
                        [t for t, k in zip(lists['tokens'], lists['types']) if k == 3])
    hugging_face('smollm lists', path('smollm.lists.json'), smollm)
    hugging_face('smollm json', saved(smollm, 'smollm'), smollm)

# tiktoken.
ranks = {base64.b64decode(t): int(r) for t, r in
         (l.split() for l in open(path('cl100k/cl100k_base.tiktoken'), 'rb'))}
pattern = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
           r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s")
cl100k = tiktoken.Encoding('cl100k', pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
compare('cl100k', path('cl100k'), cl100k.encode_ordinary_batch,
        lambda ids: [cl100k.decode(i) for i in ids], exact=restored)

# MiniLM's WordPiece.
minilm = Tokenizer.from_file(path('minilm/tokenizer.json'))
hugging_face('minilm json', path('minilm'), minilm)
hugging_face('minilm vocab.txt', path('minilm/vocab.txt'), minilm)

# CLIP.
clip = CLIPTokenizer(json.load(open(path('clip/vocab.json'))), merges_of('clip/merges.txt'))
decode_clip = lambda all: [clip.backend_tokenizer.decode(ids) for ids in all]
hugging_face('clip vocab', path('clip'), clip.backend_tokenizer, decode=decode_clip)
hugging_face('clip json', saved(clip.backend_tokenizer, 'clip_json'), clip.backend_tokenizer,
             decode=decode_clip)

# SentencePiece: unigram and BPE models of the poems, as judge.sh trained them.
for name in sorted(f for f in os.listdir(folder) if f.endswith('.model')):
    sp = sentencepiece.SentencePieceProcessor(model_file=path(name))
    compare('sentencepiece ' + name, path(name), sp.encode, lambda ids: [sp.decode(i) for i in ids],
            raw=sp.encode)
