// SPDX-License-Identifier: MIT
// A small GPT writes poems, character by character: temperature, the next characters, attention.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, choice, slider, canvas, tiles} = live;
  const context = 25, text = live.poems.map(p => p.text + '\n').join('');
  const characters = [...new Set(text)].sort(), ids = new Map(characters.map((c, i) => [c, i]));
  const encode = s => Int32Array.from([...s].map(c => ids.get(c)));
  let writer, steps, temperature = 0.6, head = 0, chosen = -1, written = '', training = false;

  const prompt = element('input', {type: 'text', value: '春', maxlength: 12, 'aria-label': t('beginning | 开头')});
  const page = element('p', {class: 'poem', lang: 'zh'}), said = element('p', {class: 'answer'});
  const bars = element('div', {class: 'next'}), map = canvas(1, 1, 'maps attention');
  const toggle = element('button', {type: 'button', class: 'toggle', onclick: () => train(!training)});

  function show() {
    const shown = [...written].slice(-context), attention = shown.length && writer.attention(encode(shown.join('')));
    const n = shown.length, at = chosen < 0 ? n - 1 : Math.min(chosen, n - 1);
    page.replaceChildren(...shown.map((c, i) => {
      const weight = i <= at ? attention[(head * n + at) * n + i] : 0;
      return c === '\n' ? element('br') : element('span', {style: `background: rgba(214, 39, 40, ${weight})`, class: i === at ? 'at' : '',
        onclick: () => { chosen = i, show(); }}, c);
    }));
    if (n) tiles(map, attention.subarray(head * n * n, (head + 1) * n * n), n, n, 1, {together: true});
  }
  function likely(probabilities) {
    const best = [...probabilities].map((p, i) => [p, i]).sort((a, b) => b[0] - a[0]).slice(0, 8);
    bars.replaceChildren(...best.map(([p, i]) => element('div', {}, characters[i] === '\n' ? '⏎' : characters[i],
      element('i', {style: `width: ${100 * p}%`}), `${(100 * p).toFixed(0)} %`)));
  }
  function add() {
    const {id, probabilities} = writer.next(encode([...written].slice(-context).join('') || '\n'), temperature);
    written += characters[id], likely(probabilities);
    return characters[id];
  }
  async function write() {
    train(false);
    written = '\n' + [...prompt.value].filter(c => ids.has(c)).join(''), chosen = -1;
    page.dataset.done = '';
    for (let i = 0; i < 24; ++i) {
      if (add() === '\n') break;
      show();
      await new Promise(requestAnimationFrame);
    }
    show(), page.dataset.done = 1;
  }
  function reset(trained) {
    train(false), writer?.delete(), module.manualSeed(1);
    writer = new module.Writer(characters.length, context, 48);
    if (trained) writer.load(live.unpacked('poems'));
    writer.setText(encode(text));
    steps = 0, said.textContent = trained ? t('trained on 37 poems | 已在 37 首诗上训练') : t('untrained | 未训练');
    write();
  }
  function frame() {
    if (!training) return;
    const loss = writer.step(1);
    said.textContent = t('steps | 步数') + ` ${++steps}, ` + t('loss | 损失') + ` ${loss.toFixed(3)}`;
    Object.assign(said.dataset, {steps, loss});
    if (steps % 10 === 0) written = '\n', Array.from({length: 23}, add), show();
    requestAnimationFrame(frame);
  }
  function train(on) {
    training = on, toggle.textContent = on ? t('Pause | 暂停') : t('Train | 训练');
    if (on) requestAnimationFrame(frame);
  }
  root.append(
    element('div', {class: 'buttons'}, prompt, element('button', {type: 'button', class: 'write', onclick: write}, t('Write | 写')),
            button('Untrained | 未训练的', () => reset(false)), toggle, button('Trained | 训练过的', () => reset(true))), said,
    slider('temperature | 温度', {map: x => 2 * x, start: 0.3, format: v => v.toFixed(2), onchange: v => { temperature = v; }}),
    page,
    element('p', {}, t('Touch a character: red is what it reads, by the chosen head. | 点一个字：红色是它在所选的头里读取的字。')),
    choice('head | 头', {0: '1.1', 1: '1.2', 2: '2.1', 3: '2.2'}, '0', name => { head = +name, show(); }),
    element('div', {class: 'row'},
      element('figure', {}, element('figcaption', {}, t('the last character was drawn from | 最后一个字的采样概率')), bars),
      element('figure', {}, element('figcaption', {}, t('row i: what character i reads | 第 i 行：第 i 个字读取哪些字')), map)));
  reset(true);
});
