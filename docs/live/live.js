// SPDX-License-Identifier: MIT
// What the pages share: they load the module (tinygrad.js, scripts/wasm.sh), the files that they
// need and their own script, and have the same controls. A page says
//   <script src=".../live.js" data-page="digit" data-needs="weights/mnist_cnn.js"></script>
// and its script calls live.start(async (module, root) => ...).
'use strict';

const live = (() => {
  const script = document.currentScript, folder = script.src.replace(/[^/]*$/, '');
  const chinese = location.pathname.includes('/zh/');
  const root = document.createElement('div');
  root.className = 'live';
  script.after(root);

  /** The text of a pair "English | Chinese" in the page's language. */
  function t(pair) {
    const [english, other = english] = pair.split(' | ');
    return chinese ? other : english;
  }

  /** An element with attributes, listeners (onclick ...) and children. */
  function element(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      key.startsWith('on') ? e.addEventListener(key.slice(2), value) : e.setAttribute(key, value);
    e.append(...children);
    return e;
  }
  const button = (text, onclick, name = '') =>
      element('button', {type: 'button', class: name, onclick}, t(text));
  const figure = (text, ...children) =>
      element('figure', {}, element('figcaption', {}, t(text)), ...children);
  const canvas = (width, height, name = '') => element('canvas', {width, height, class: name});

  /** A row of buttons {name: text} of which one is chosen. */
  function choice(label, options, chosen, onchange) {
    const group = element('div', {class: 'choice', role: 'group', 'aria-label': t(label)});
    group.append(t(label));
    for (const [name, text] of Object.entries(options)) {
      const b = button(text, () => {
        for (const other of group.children) other.setAttribute('aria-pressed', other === b);
        onchange(name);
      });
      b.dataset.name = name, b.setAttribute('aria-pressed', name === chosen);
      group.append(b);
    }
    return group;
  }

  /** A slider whose value, which `map` makes of its position 0 ... 1, is shown by `format`. */
  function slider(label, {map = x => x, start = 0, step = 0.01, format = String, onchange}) {
    const output = element('output'), range = {min: 0, max: 1, step, value: start};
    const input = element('input', {type: 'range', 'aria-label': t(label), ...range});
    const show = () => output.textContent = format(map(+input.value));
    input.addEventListener('input', () => { show(), onchange(map(+input.value)); });
    show();
    return element('label', {class: 'slider'}, element('span', {}, t(label)), input, output);
  }

  /**
   * A button that begins and stops `frame`, which is called until it is stopped, with a function
   * that says whether the time of a picture of the screen is not yet used up.
   */
  function training(frame) {
    const toggle = button('', () => run(!running), 'toggle');
    let running = false;
    function again() {
      if (!running) return;
      const end = performance.now() + 12;
      frame(() => performance.now() < end);
      requestAnimationFrame(again);
    }
    function run(on) {
      if (on && !running) requestAnimationFrame(again);
      running = on, toggle.textContent = on ? t('Pause | 暂停') : t('Train | 训练');
    }
    run(false);
    return {toggle, stop: () => run(false)};
  }

  const load = name => new Promise((done, failed) => {
    const onerror = () => failed(new Error(name));
    document.head.append(element('script', {src: folder + name, onload: done, onerror}));
  });
  /** The bfloat16 values that weights/NAME.js holds. */
  const weights = {};
  function unpacked(name) {
    const bytes = Uint8Array.from(atob(weights[name]), character => character.charCodeAt(0));
    return new Uint16Array(bytes.buffer);
  }

  let page;
  const start = run => { page = run; };
  addEventListener('DOMContentLoaded', async () => {
    root.textContent = t('Loading … | 正在载入……');
    try {
      const needs = script.dataset.needs?.split(' ') ?? [];
      await Promise.all(['tinygrad.js', 'draw.js', 'pad.js', ...needs].map(load));
      await load(script.dataset.page + '.js');
      const module = await tinygrad();
      root.textContent = '';
      await page(module, root);
      root.dataset.ready = 1;
    } catch (error) {
      root.textContent = t('This page needs WebAssembly with SIMD, and tinygrad.js, which ' +
                           'scripts/wasm.sh builds. | 此页需要支持 SIMD 的 WebAssembly，以及 ' +
                           'scripts/wasm.sh 构建的 tinygrad.js。') +
          ` (${error.message ?? error})`;
    }
  });

  return {
    start, t, element, button, figure, canvas, choice, slider, training, weights, unpacked, root
  };
})();
