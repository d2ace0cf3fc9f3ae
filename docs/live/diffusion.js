// SPDX-License-Identifier: MIT
// A digit out of noise, step by step: the sample, and what the net expects it to become.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, choice, slider, canvas, tiles, gray} = live;
  const painter = new module.Painter(live.unpacked('painter'));
  const state = {digit: 3, steps: 20, guidance: 2, seed: 1};
  const inUnits = v => gray((v + 1) / 2);
  const sample = canvas(28, 28, 'seen'), expected = canvas(28, 28, 'seen'), strip = canvas(1, 1, 'maps');
  const said = element('p', {class: 'answer'});
  let run = 0, seen = [];

  const draw = (target, values) => {
    const image = target.getContext('2d').createImageData(28, 28);
    values.forEach((v, i) => image.data.set([...inUnits(v), 255], 4 * i));
    target.getContext('2d').putImageData(image, 0, 0);
  };
  async function begin() {
    const mine = ++run;
    seen = [], said.dataset.done = '';
    painter.begin(state.digit, state.steps, state.guidance, state.seed);
    draw(sample, painter.sample());
    for (let done = false; !done;) {
      await new Promise(requestAnimationFrame);
      if (mine !== run) return;
      const step = painter.step();
      done = step.done, seen.push(step.sample.map(v => (v + 1) / 2));
      draw(sample, step.sample), draw(expected, step.expected);
      said.textContent = `t = ${step.t}`;
      const all = new Float32Array(784 * seen.length);
      seen.forEach((s, i) => all.set(s.map(v => Math.min(Math.max(v, 0), 1)), 784 * i));
      tiles(strip, all, 28, 28, 10, {together: true});
    }
    said.dataset.done = 1;
  }
  const set = key => v => { state[key] = v, begin(); };
  root.append(
    choice('digit | 数字', Object.fromEntries(Array.from({length: 10}, (_, k) => [k, String(k)])), String(state.digit), v => set('digit')(+v)),
    element('div', {class: 'buttons'}, button('Other noise | 换一份噪声', () => set('seed')(state.seed + 1))), said,
    slider('steps | 步数', {map: x => Math.max(1, Math.round(50 * x)), start: 0.4, step: 0.02, onchange: set('steps')}),
    slider('guidance | 引导强度', {map: x => 6 * x, start: 1 / 3, step: 1 / 60, format: v => v.toFixed(1), onchange: set('guidance')}),
    element('div', {class: 'pair'},
      element('figure', {}, sample, element('figcaption', {}, t('the sample | 样本'))),
      element('figure', {}, expected, element('figcaption', {}, t('what the net expects it to become | 网络预期的结果')))),
    element('figure', {}, element('figcaption', {}, t('all steps | 全部步骤')), strip));
  begin();
});
