// SPDX-License-Identifier: MIT
// A small GPT writes poems, character by character: temperature, the next characters, attention.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, figure, canvas, choice, slider} = live;
  const context = 25, length = 24;  // what it sees at once; a poem without its end of line
  const text = live.poems.map(poem => poem.text + '\n').join('');
  const characters = [...new Set(text)].sort(), ids = new Map(characters.map((c, i) => [c, i]));
  const encode = list => Int32Array.from(list.map(c => ids.get(c)));
  let writer, steps, written = [], temperature = 0.6, head = 0, chosen = -1;

  const prompt = element('input', {type: 'text', value: '春', maxlength: 12});
  prompt.setAttribute('aria-label', t('beginning | 开头'));
  const poem = element('p', {class: 'poem', lang: 'zh'}), said = element('p', {class: 'answer'});
  const bars = element('div', {class: 'next'}), map = canvas(1, 1, 'maps attention');

  function show() {
    const shown = written.slice(-context), n = shown.length, at = chosen < 0 ? n - 1 : chosen;
    const weights = writer.attention(encode(shown)).subarray(head * n * n, (head + 1) * n * n);
    live.tiles(map, weights, n, n, 1, {together: true});
    poem.replaceChildren(...shown.map((c, i) => c === '\n' ? element('br') : element('span', {
      class: i === at ? 'at' : '',
      style: `background: rgba(214, 39, 40, ${weights[at * n + i]})`,
      onclick: () => { chosen = i, show(); },
    }, c)));
  }
  function add() {
    const {id, probabilities} = writer.next(encode(written.slice(-context)), temperature);
    written.push(characters[id]);
    const likely = [...probabilities].map((p, i) => [p, i]).sort((a, b) => b[0] - a[0]);
    bars.replaceChildren(...likely.slice(0, 8).map(([p, i]) => element('div', {},
        characters[i] === '\n' ? '⏎' : characters[i],
        element('i', {style: `width: ${70 * p}%`}), `${(100 * p).toFixed(0)} %`)));
    return characters[id];
  }
  async function write() {
    training.stop();
    written = ['\n', ...[...prompt.value].filter(c => ids.has(c))], chosen = -1;
    poem.dataset.done = '';
    do {
      await new Promise(requestAnimationFrame);
      if (add() === '\n') break;
      show();
    } while (written.length <= length);
    poem.dataset.done = 1;
  }
  const training = live.training(goesOn => {
    let loss;
    do loss = writer.step(1), ++steps; while (goesOn());
    said.textContent = t('steps | 步数') + ` ${steps}, ` + t('loss | 损失') + ` ${loss.toFixed(3)}`;
    Object.assign(said.dataset, {steps, loss});
    if (steps % 10) return;
    for (written = ['\n'], chosen = -1; written.length < length;) add();
    show();
  });
  function begin(trained) {
    writer?.delete(), module.manualSeed(1);
    writer = new module.Writer(characters.length, context, 48), steps = 0;
    if (trained) writer.load(live.unpacked('poems'));
    writer.setText(encode([...text]));
    said.textContent = trained ? t('trained on 37 poems | 已在 37 首诗上训练') : t('untrained | 未训练');
    write();
  }

  root.append(
      element('div', {class: 'buttons'}, prompt, button('Write | 写', write, 'write'),
          button('Untrained | 未训练的', () => begin(false), 'untrained'), training.toggle,
          button('Trained | 训练过的', () => begin(true), 'trained')),
      said,
      slider('temperature | 温度', {
        map: x => 2 * x, start: 0.3, format: v => v.toFixed(2), onchange: v => { temperature = v; },
      }),
      poem,
      element('p', {}, t('Touch a character: red is what it reads, by the chosen head. | ' +
                         '点一个字：红色是它在所选的头里读取的字。')),
      choice('block.head | 块.头', {0: '1.1', 1: '1.2', 2: '2.1', 3: '2.2'}, '0',
             name => { head = +name, show(); }),
      element('div', {class: 'row'},
          figure('the last character was drawn from | 最后一个字的采样概率', bars),
          figure('row i: what character i reads | 第 i 行：第 i 个字读取哪些字', map)));
  begin(true);
});
