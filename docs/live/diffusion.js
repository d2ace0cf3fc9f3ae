// SPDX-License-Identifier: MIT
// A digit out of noise, step by step: the sample, and what the net expects it to become.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, figure, canvas, choice, slider} = live;
  const painter = new module.Painter(live.unpacked('painter'));
  const state = {digit: 3, steps: 20, guidance: 4, seed: 1};
  const sample = canvas(28, 28, 'seen'), expected = canvas(28, 28, 'seen');
  const strip = canvas(1, 1, 'maps'), said = element('p', {class: 'answer'});
  let run = 0;

  const ink = v => Math.min(Math.max((v + 1) / 2, 0), 1);
  const draw = (target, values) => live.pixels(target, 28, 28, i => live.gray(ink(values[i])));
  async function begin() {
    const mine = ++run, seen = new Float32Array(784 * state.steps);
    said.dataset.done = '';
    painter.begin(state.digit, state.steps, state.guidance, state.seed);
    draw(sample, painter.sample());
    for (let i = 0, done = false; !done; ++i) {
      await new Promise(requestAnimationFrame);
      if (mine !== run) return;  // something was changed, and another run has begun
      const step = painter.step();
      done = step.done, said.textContent = `t = ${step.t}`;
      draw(sample, step.sample), draw(expected, step.expected);
      seen.set(step.sample.map(ink), 784 * i);
      live.tiles(strip, seen, 28, 28, 10, {together: true});
    }
    said.dataset.done = 1;
  }

  const set = key => value => { state[key] = +value, begin(); };
  const digits = Object.fromEntries(Array.from({length: 10}, (_, k) => [k, String(k)]));
  root.append(
      choice('digit | 数字', digits, String(state.digit), set('digit')),
      element('div', {class: 'buttons'},
          button('Other noise | 换一份噪声', () => set('seed')(state.seed + 1))),
      said,
      slider('steps | 步数', {
        map: x => Math.max(1, Math.round(50 * x)), start: 0.4, step: 0.02, onchange: set('steps'),
      }),
      slider('guidance | 引导', {
        map: x => 6 * x, start: 2 / 3, step: 1 / 60, format: v => v.toFixed(1),
        onchange: set('guidance'),
      }),
      element('div', {class: 'pair'}, figure('the sample | 样本', sample),
          figure('what the net expects it to become | 网络预期的结果', expected)),
      figure('all steps | 全部步骤', strip));
  begin();
});
