# SPDX-License-Identifier: MIT
# Writes tests/text/fixtures/: tiny vocabularies of each kind, and in expected.json what the packages
# make of short texts with them.
#   ~/.cache/tinygrad/judges/bin/python tests/text/make_fixtures.py tests/text/fixtures
import io
import json
import os
import sys

import sentencepiece
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

folder = sys.argv[1]
corpus = '''The capital of France is Paris. The cat sat on the mat; the dog didn't sit on the log.
We're reading: 123 words, 4567 letters, and they'll read 89 more. I've seen it, I'd say!
床前明月光，疑是地上霜。举头望明月，低头思故乡。
def f(x):\n\treturn x + 1\n'''.split('\n')
texts = ['', ' ', 'The cat', "  the  dog's\r\n\r\n  mat ", 'a\n b\n\n', "We'LL 12345 'ſ x²", '床前明月光 sat。',
         '👩‍👩‍👧 🏳️‍🌈é', 'e\u0301 ﬁ İ Ⅷ 가각', '<|im_start|>user\nHi<|im_end|>', 'the\u3000cat\u00a0sat\t\t',
         'x' * 120, 'tab\tnul\0\u200b', '[CLS] <s> [MASK] ##at', 'qzß\u0345\u0301', 'it , I . do n\'t']
expected = {'texts': texts, 'cases': []}
level = pre_tokenizers.ByteLevel(add_prefix_space=False)
bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
llama3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
clip = (r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|"
        r"[^\s\p{L}\p{N}]+")
bytes_first = dict(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)


def path(name): return os.path.join(folder, name)


def case(file, encode, decode, tokens):
    ids = [list(encode(text)) for text in texts]
    expected['cases'].append({'file': file, 'ids': ids, 'decoded': [decode(i) for i in ids],
                              'size': len(tokens), 'last': tokens[-1]})


def hugging_face(name, tokenizer, trainer=None, added=(), decode=None, **parts):
    for part, value in parts.items(): setattr(tokenizer, part, value)
    if trainer: tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_tokens(list(added))
    saved = json.loads(tokenizer.to_str())
    with open(path(name), 'w', encoding='utf-8') as f:
        json.dump(saved, f, ensure_ascii=False, separators=(',', ':'))
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    case(name, lambda t: tokenizer.encode(t).ids, decode or tokenizer.decode, tokens)


hugging_face('gpt2.json', Tokenizer(models.BPE()),
             trainers.BpeTrainer(vocab_size=300, special_tokens=['<|im_start|>', '<|im_end|>'],
                                 **bytes_first), pre_tokenizer=level, decoder=decoders.ByteLevel())
hugging_face('llama3.json', Tokenizer(models.BPE(ignore_merges=True)),
             trainers.BpeTrainer(vocab_size=300, **bytes_first),
             pre_tokenizer=pre_tokenizers.Sequence(
                 [pre_tokenizers.Split(Regex(llama3), 'isolated'), bytes_only]),
             decoder=decoders.ByteLevel())
hugging_face('qwen2.json', Tokenizer(models.BPE()),
             trainers.BpeTrainer(vocab_size=290, **bytes_first),
             normalizer=normalizers.NFC(), pre_tokenizer=pre_tokenizers.Sequence(
                 [pre_tokenizers.Split(Regex(llama3.replace('{1,3}', '')), 'isolated'),
                  bytes_only]), decoder=decoders.ByteLevel())
hugging_face('smollm.json', Tokenizer(models.BPE()),
             trainers.BpeTrainer(vocab_size=300, **bytes_first),
             [AddedToken('sat', normalized=True, lstrip=True, rstrip=True)],
             pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.Digits(True), level]),
             decoder=decoders.ByteLevel())
cased = Tokenizer(models.BPE(end_of_word_suffix='</w>', unk_token='<|endoftext|>'))
hugging_face('clip.json', cased, trainers.BpeTrainer(
    vocab_size=620, special_tokens=['<|startoftext|>', '<|endoftext|>'], end_of_word_suffix='</w>',
    **bytes_first), normalizer=normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()]),
    pre_tokenizer=pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(clip), 'removed', invert=True), level]),
    decoder=decoders.ByteLevel(),
    decode=lambda ids: cased.decode(ids).replace('</w>', ' ').strip())  # as CLIPTokenizer does
bert = Tokenizer(models.WordPiece(unk_token='[UNK]'))
hugging_face('bert.json', bert, trainers.WordPieceTrainer(
    vocab_size=200, special_tokens=['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
    show_progress=False), normalizer=normalizers.BertNormalizer(),
    pre_tokenizer=pre_tokenizers.BertPreTokenizer(), decoder=decoders.WordPiece(),
    post_processor=processors.BertProcessing(('[SEP]', 3), ('[CLS]', 2)))
rules = dict(normalizer=normalizers.Sequence([normalizers.Prepend('▁'),
                                              normalizers.Replace(' ', '▁')]))
chars = Tokenizer(models.BPE())
chars.normalizer = rules['normalizer']
chars.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=150, show_progress=False))
model = json.loads(chars.to_str())['model']
vocab = ['<unk>', '<s>', '</s>', *(f'<0x{b:02X}>' for b in range(256)), *model['vocab']]
hugging_face('llama2.json', Tokenizer(models.BPE(
    {t: i for i, t in enumerate(vocab)}, [tuple(m) for m in model['merges']], byte_fallback=True,
    fuse_unk=True, unk_token='<unk>')), decoder=decoders.Sequence(
        [decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(),
         decoders.Strip(' ', 1, 0)]), **rules)


def pieces(name, **options):
    model = io.BytesIO()
    options = dict(vocab_size=200, minloglevel=2, character_coverage=1.0,
                   hard_vocab_limit=False) | options
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=model,
                                             **options)
    with open(path(name), 'wb') as f: f.write(model.getvalue())
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    tokens = [sp.id_to_piece(i) for i in range(sp.get_piece_size())]
    case(name, sp.encode, sp.decode, tokens)


pieces('unigram.model', model_type='unigram', user_defined_symbols=['cat', '<sep>'],
       normalization_rule_name='identity')
pieces('unigram_bytes.model', model_type='unigram', vocab_size=380, byte_fallback=True,
       normalization_rule_name='identity', add_dummy_prefix=False)
pieces('bpe.model', model_type='bpe', user_defined_symbols=['cat', '<sep>'],
       normalization_rule_name='identity')
pieces('bpe_bytes.model', model_type='bpe', vocab_size=380, byte_fallback=True,
       normalization_rule_name='identity', remove_extra_whitespaces=False)

# A BPE that is trained on this text must be this one.
trained = Tokenizer(models.BPE())
trained.pre_tokenizer = level
trained.train_from_iterator(['\n'.join(corpus)], trainers.BpeTrainer(vocab_size=330, **bytes_first))
expected['train'] = {'text': '\n'.join(corpus),
                     'merges': json.loads(trained.to_str())['model']['merges']}

# Chat templates, as the models' tokenizer_config.json have them.
templates = {
    'chatml': "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
              "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
              "{{ '<|im_start|>assistant\n' }}{% endif %}",
    'llama-2': "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set "
               "system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages "
               "%}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if "
               "loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + "
               "system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content "
               "= message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ '<s>' + "
               "'[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' "
               "%}{{ ' '  + content.strip() + ' ' + '</s>' }}{% endif %}{% endfor %}",
    'llama-3': "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = "
               "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] "
               "| trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = '<|begin_of_text|>' "
               "+ content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ "
               "'<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"}
messages = [('system', ' Be brief.'), ('user', 'Hi '), ('assistant', ' Hello!'), ('user', 'Bye\n')]
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
expected['chats'] = [
    {'template': name, 'from': first, 'prompt': prompt,
     'text': environment.from_string(text).render(
         messages=[dict(role=r, content=c) for r, c in messages[first:]],
         add_generation_prompt=prompt)}
    for name, text in templates.items() for first in (0, 1) for prompt in (False, True)]
expected['messages'] = messages
with open(path('expected.json'), 'w', encoding='utf-8') as f:
    json.dump(expected, f, ensure_ascii=False, separators=(',', ':'))

# The corpus of tests/fuzz/tokenizer.cpp: the first byte says the format.
corpus_folder = os.path.join(folder, '../../corpus/tokenizer')
for name in ('bert.json', 'clip.json', 'gpt2.json', 'llama2.json', 'unigram.model', 'bpe.model'):
    with open(os.path.join(corpus_folder, name), 'wb') as f:
        f.write((b'j' if name.endswith('.json') else b's') + open(path(name), 'rb').read())
for name, content in {'vocab.txt': b'v[UNK]\n[CLS]\n[SEP]\nthe\n##s\n.',
                      'ranks.tiktoken': b'tYQ== 0\nYg== 1\nYWI= 2\n'}.items():
    with open(os.path.join(corpus_folder, name), 'wb') as f: f.write(content)
