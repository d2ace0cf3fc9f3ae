// SPDX-License-Identifier: MIT
// What the pages share: they load the module (tinygrad.js, scripts/wasm.sh) and their own script,
// and draw with the same parts. A page says <script src=".../live.js" data-page="digit"
// data-needs="weights/mnist_cnn.js"></script>; its script calls live.start(async (module, root) => ...).
'use strict';

const live = (() => {
  const script = document.currentScript, folder = script.src.replace(/[^/]*$/, '');
  const chinese = location.pathname.includes('/zh/');
  const root = document.createElement('div');
  root.className = 'live';
  script.after(root);

  /** The text of a pair "English | Chinese" in the page's language. */
  const t = pair => pair.split(' | ')[chinese ? 1 : 0];

  /** An element with attributes, listeners (onclick ...) and children. */
  function element(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      key.startsWith('on') ? e.addEventListener(key.slice(2), value) : e.setAttribute(key, value);
    e.append(...children);
    return e;
  }
  const button = (text, onclick) => element('button', {type: 'button', onclick}, t(text));

  /** A row of buttons of which one is chosen. */
  function choice(label, options, chosen, onchange) {
    const group = element('div', {class: 'choice', role: 'group', 'aria-label': t(label)}, t(label));
    for (const [name, text] of Object.entries(options))
      group.append(element('button', {type: 'button', 'data-name': name, 'aria-pressed': name === chosen,
        onclick: e => {
          for (const b of group.querySelectorAll('button')) b.setAttribute('aria-pressed', b === e.target);
          onchange(name);
        }}, t(text)));
    return group;
  }

  /** A slider whose value is shown as format() writes it; `map` makes it of the position 0 ... 1. */
  function slider(label, {map = x => x, start = 0, step = 0.01, format = String, onchange}) {
    const output = element('output');
    const input = element('input', {type: 'range', min: 0, max: 1, step, value: start, 'aria-label': t(label)});
    const show = () => { output.textContent = format(map(+input.value)); };
    input.addEventListener('input', () => { show(); onchange(map(+input.value)); });
    show();
    return element('label', {class: 'slider'}, element('span', {}, t(label)), input, output);
  }

  const canvas = (width, height, className = '') => element('canvas', {width, height, class: className});

  /** Gray for 0 ... 1; red above zero and blue below, for -1 ... 1. */
  const gray = v => { const g = 255 * Math.min(Math.max(v, 0), 1); return [g, g, g]; };
  function signed(v) {
    const m = 255 * (1 - Math.min(Math.abs(v), 1));
    return v > 0 ? [255, m, m] : [m, m, 255];
  }

  /** Draws maps [n, h, w] as tiles, `columns` in a row, each divided by its own greatest size or, if
      `together`, by that of all. */
  function tiles(target, values, h, w, columns, {color = gray, together = false} = {}) {
    const n = values.length / (h * w), rows = Math.ceil(n / columns);
    target.width = columns * (w + 1) - 1, target.height = rows * (h + 1) - 1;
    const context = target.getContext('2d');
    const largest = map => map.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);
    const all = together && largest(values);
    for (let k = 0; k < n; ++k) {
      const map = values.subarray(k * h * w, (k + 1) * h * w), scale = 1 / (all || largest(map));
      const image = context.createImageData(w, h);
      for (let i = 0; i < h * w; ++i) image.data.set([...color(map[i] * scale), 255], 4 * i);
      context.putImageData(image, k % columns * (w + 1), Math.floor(k / columns) * (h + 1));
    }
  }

  /** Draws lines {values, color}, all from left to right; y on a log scale if `log`. */
  function chart(target, lines, {log = false, low, high, label = ''} = {}) {
    const c = target.getContext('2d'), {width: w, height: h} = target, left = 52, bottom = h - 8, top = 22;
    const style = getComputedStyle(root);
    const y = v => log ? Math.log10(Math.max(v, 1e-6)) : v;
    const all = lines.flatMap(l => l.values).filter(Number.isFinite).map(y);
    const least = low !== undefined ? y(low) : Math.min(...all, 0), most = high !== undefined ? y(high) : Math.max(...all, least + 1e-3);
    const at = v => bottom - (Math.min(Math.max(y(v), least), most) - least) / (most - least) * (bottom - top);
    c.clearRect(0, 0, w, h);
    c.font = '15px sans-serif', c.fillStyle = style.color, c.fillText(label, 4, 14);
    for (let i = 0; i <= 4; ++i) {
      const v = least + (most - least) * i / 4, py = bottom - (bottom - top) * i / 4;
      c.fillText((log ? 10 ** v : v).toPrecision(2), 4, py + 5);
      c.fillStyle = 'rgba(128, 128, 128, .3)', c.fillRect(left, py, w - left, 1), c.fillStyle = style.color;
    }
    for (const {values, color} of lines) {
      c.strokeStyle = color, c.lineWidth = 2, c.beginPath();
      const longest = Math.max(...lines.map(l => l.values.length), 2);
      values.forEach((v, i) => c.lineTo(left + (w - left) * i / (longest - 1), at(v)));
      c.stroke();
    }
  }

  /** A field to draw a digit on, with pen or finger; onchange gets it as 28 x 28 values, as MNIST
      has them: 20 pixels high or wide, its center of mass in the middle. */
  function pad(onchange) {
    const side = 280, field = canvas(side, side, 'pad'), c = field.getContext('2d');
    let strokes = [];
    const pen = (context, width) => Object.assign(context, {strokeStyle: '#fff', lineWidth: width, lineCap: 'round', lineJoin: 'round'});
    function paint(context, place) {
      for (const stroke of strokes) {
        context.beginPath();
        for (const p of [stroke[0], ...stroke]) context.lineTo(...place(p));
        context.stroke();
      }
    }
    function as28() {
      const values = new Float32Array(784), points = strokes.flat();
      if (!points.length) return values;
      const [xs, ys] = [0, 1].map(k => points.map(p => p[k]));
      const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const fine = 4, scale = 18 * fine / Math.max(x1 - x0, y1 - y0, 60), large = canvas(28 * fine, 28 * fine);
      const l = pen(large.getContext('2d', {willReadFrequently: true}), 2.4 * fine);
      paint(l, ([x, y]) => [14 * fine + (x - (x0 + x1) / 2) * scale, 14 * fine + (y - (y0 + y1) / 2) * scale]);
      const {data} = l.getImageData(0, 0, 28 * fine, 28 * fine);
      let mass = 0, mx = 0, my = 0;
      const ink = new Float32Array(784);
      for (let y = 0; y < 28 * fine; ++y)
        for (let x = 0; x < 28 * fine; ++x) ink[(y / fine | 0) * 28 + (x / fine | 0)] += data[4 * (y * 28 * fine + x) + 3] / 255 / fine ** 2;
      ink.forEach((v, i) => { mass += v, mx += v * (i % 28), my += v * (i / 28 | 0); });
      const dx = Math.round(13.5 - mx / mass), dy = Math.round(13.5 - my / mass);
      ink.forEach((v, i) => {
        const x = i % 28 + dx, y = (i / 28 | 0) + dy;
        if (x >= 0 && x < 28 && y >= 0 && y < 28) values[y * 28 + x] = v;
      });
      return values;
    }
    function show() {
      c.clearRect(0, 0, side, side), pen(c, 18), paint(c, p => p);
      onchange(as28());
    }
    const place = e => {
      const box = field.getBoundingClientRect();
      return [(e.clientX - box.left) / box.width * side, (e.clientY - box.top) / box.height * side];
    };
    let down = false;
    field.addEventListener('pointerdown', e => { down = true, strokes.push([place(e)]), show(); });
    field.addEventListener('pointermove', e => { if (down) strokes.at(-1).push(place(e)), show(); });
    for (const end of ['pointerup', 'pointerleave', 'pointercancel']) field.addEventListener(end, () => { down = false; });
    return {field, clear: () => { strokes = [], show(); }, draw: given => { strokes = given, show(); }};
  }

  const load = name => new Promise((done, failed) => {
    document.head.append(element('script', {src: folder + name, onload: done, onerror: () => failed(new Error(name))}));
  });
  /** The bfloat16 values that a weights/NAME.js holds. */
  const weights = {};
  function unpacked(name) {
    const text = atob(weights[name]), bytes = Uint8Array.from(text, ch => ch.charCodeAt(0));
    return new Uint16Array(bytes.buffer);
  }

  let run;
  const start = page => { run = page; };
  async function begin() {
    root.textContent = t('Loading … | 正在载入……');
    try {
      await Promise.all(['tinygrad.js', ...(script.dataset.needs?.split(' ') ?? [])].map(load));
      await load(script.dataset.page + '.js');
      const module = await tinygrad();
      root.textContent = '';
      await run(module, root);
      root.dataset.ready = 1;
    } catch (error) {
      root.textContent = t('This page needs WebAssembly with SIMD, and the module that scripts/wasm.sh builds. | 此页需要支持 SIMD 的 WebAssembly，以及 scripts/wasm.sh 构建的模块。') + ` (${error.message || error})`;
    }
  }
  addEventListener('DOMContentLoaded', begin);

  return {start, t, element, button, choice, slider, canvas, tiles, chart, pad, gray, signed, weights, unpacked, chinese};
})();
