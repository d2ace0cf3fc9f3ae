# SPDX-License-Identifier: MIT
# Writes src/text/unicode_tables.h: what the tokenizers package (0.23.3) does with each code point.
#   ~/.cache/tinygrad/judges/bin/python tests/text/make_unicode_tables.py > src/text/unicode_tables.h
# The package is asked, not the standard, because its parts follow different versions of Unicode.
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def matched(pattern):
    split = pre_tokenizers.Split(Regex(pattern), 'removed', invert=True)
    return {ord(c) for word, _ in split.pre_tokenize_str(''.join(map(chr, points))) for c in word}


def where(normalizer, result):
    return {c for c in points if normalizer.normalize_str(chr(c)) == result}


def isolated(pre_tokenizer):
    return {c for c in points if len(pre_tokenizer.pre_tokenize_str('a' + chr(c) + 'a')) == 3}


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | options))


space = matched(r'\s')
classes = [matched(r'\p{L}'), matched(r'\p{N}'), space,
           isolated(pre_tokenizers.Digits(individual_digits=True)),
           where(bert(clean_text=True), ''), where(bert(strip_accents=True), ''),
           isolated(pre_tokenizers.BertPreTokenizer())]
assert where(bert(clean_text=True), ' ') == space - {0x0B, 0x0C, 0x85}  # controls
masks = [sum((c in members) << bit for bit, members in enumerate(classes))
         for c in range(0x110001)]  # nothing is beyond Unicode
starts = [c for c in range(0x110001) if c == 0 or masks[c] != masks[c - 1]]

# Lower case: runs of code points `step` apart whose lower case is `delta` away.
lower = {c: normalizers.Lowercase().normalize_str(chr(c)) for c in points}
assert [c for c in points if len(lower[c]) > 1] == [0x130] and lower[0x130] == 'i\u0307'
runs = []
for c in points:
    if c == 0x130 or lower[c] == chr(c): continue
    delta = ord(lower[c]) - c
    if runs:
        first, last, step, old = runs[-1]
        if old == delta and c - last in ((step,) if step else (1, 2)):
            runs[-1] = (first, c, c - last, old)
            continue
    runs.append((c, c, 0, delta))
runs = [(first, last, step or 1, delta) for first, last, step, delta in runs]

# Canonical decompositions and combining classes, where the package knows them.
nfd, nfc = normalizers.NFD(), normalizers.NFC()
pairs = []
for c in points:
    text = unicodedata.decomposition(chr(c))
    parts = [int(p, 16) for p in text.split()] if text and text[0] != '<' else [c]
    whole = nfd.normalize_str(chr(c))
    if 0xAC00 <= c <= 0xD7A3 or whole == chr(c): continue
    assert whole == unicodedata.normalize('NFD', chr(c)) and len(parts) <= 2, hex(c)
    parts = [*parts, 0][:2]
    composes = parts[1] and nfc.normalize_str(''.join(map(chr, parts))) == chr(c)
    pairs.append((c, *parts, int(bool(composes))))
combining = []
for c in points:
    wanted = nfd.normalize_str('\u0345' + chr(c)) == chr(c) + '\u0345'
    order = unicodedata.combining(chr(c))
    assert order or not wanted, hex(c)
    combining.append(order if wanted or order >= 240 else 0)
combining = dict(zip(points, combining))
orders = [(c, combining.get(c, 0)) for c in range(0x110000)
          if c == 0 or combining.get(c, 0) != combining.get(c - 1, 0)]


def table(comment, type, name, entries):
    print(f'\n// {comment}\nconstexpr {type} {name}[] = {{')
    line = '   '
    for entry in entries:
        text = ' ' + (str(entry) if isinstance(entry, int) else '{%s}' % ','.join(map(str, entry)))
        if len(line + text) > 98:
            print(line)
            line = '   '
        line += text + ','
    print(line + '\n};')


print('''// SPDX-License-Identifier: MIT
// Unicode by code point, as tokenizers 0.23.3 sees it; unicode.h reads these tables. Letters,
// numbers and spaces are those of Unicode 16 (its regular expressions), digits those of Unicode 17
// (its language). tests/text/make_unicode_tables.py writes this file.
// clang-format off
#pragma once
#include <cstdint>

namespace tinygrad::text::tables {

struct Lower { std::uint32_t first, last; std::int32_t step, delta; };
struct Decomposition { std::uint32_t whole, first, second; bool composes; };
struct Combining { std::uint32_t first; std::uint32_t order; };''')
table('Ranges with equal classes: first code point << 7 | mask (unicode.h: Class).',
      'std::uint32_t', 'classes', [c << 7 | masks[c] for c in starts])
table('Runs of code points, `step` apart, whose lower case is `delta` away.', 'Lower', 'lower', runs)
table('Canonical decompositions into one or two code points, without Hangul.', 'Decomposition',
      'decompositions', pairs)
table('Ranges of equal canonical combining class.', 'Combining', 'combining', orders)
print('\n}  // namespace tinygrad::text::tables')
