// SPDX-License-Identifier: MIT
// Draws arrays of the module: maps as tiles of pixels, and values over time as lines.
'use strict';

/** Gray for 0 ... 1. */
live.gray = v => {
  const g = 255 * Math.min(Math.max(v, 0), 1);
  return [g, g, g];
};

/** Red above zero and blue below, for -1 ... 1. */
live.signed = v => {
  const m = 255 * (1 - Math.min(Math.abs(v), 1));
  return v > 0 ? [255, m, m] : [m, m, 255];
};

live.largest = values => values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);

/** Draws h x w pixels at (x, y); colorOf(i) is the color of pixel i. */
live.pixels = (target, h, w, colorOf, x = 0, y = 0) => {
  const context = target.getContext('2d'), image = context.createImageData(w, h);
  for (let i = 0; i < h * w; ++i) image.data.set([...colorOf(i), 255], 4 * i);
  context.putImageData(image, x, y);
};

/**
 * Draws maps [n, h, w] as tiles, `columns` in a row, each divided by its own greatest size or, if
 * `together`, by that of all.
 */
live.tiles = (target, values, h, w, columns, {color = live.gray, together = false} = {}) => {
  const n = values.length / (h * w), all = together && live.largest(values);
  target.width = columns * (w + 1) - 1, target.height = Math.ceil(n / columns) * (h + 1) - 1;
  for (let k = 0; k < n; ++k) {
    const map = values.subarray(k * h * w, (k + 1) * h * w), scale = 1 / (all || live.largest(map));
    const x = k % columns * (w + 1), y = Math.floor(k / columns) * (h + 1);
    live.pixels(target, h, w, i => color(map[i] * scale), x, y);
  }
};

/** Draws lines {values, color} over the whole width; y from low to high, or their logarithms. */
live.chart = (target, lines, {log = false, low, high, label}) => {
  const c = target.getContext('2d'), {width: w, height: h} = target;
  const left = 52, top = 22, bottom = h - 8, ink = getComputedStyle(live.root).color;
  const scale = v => log ? Math.log10(v) : v;
  const inside = v => scale(Math.min(Math.max(v, low), high));
  const part = v => (inside(v) - scale(low)) / (scale(high) - scale(low));
  c.clearRect(0, 0, w, h);
  c.font = '15px sans-serif', c.fillStyle = ink, c.fillText(label, 4, 14);
  for (let i = 0; i <= 4; ++i) {
    const y = bottom - (bottom - top) * i / 4, v = scale(low) + (scale(high) - scale(low)) * i / 4;
    c.fillStyle = ink, c.fillText((log ? 10 ** v : v).toPrecision(2), 4, y + 5);
    c.fillStyle = 'rgba(128, 128, 128, .3)', c.fillRect(left, y, w - left, 1);
  }
  for (const {values, color} of lines) {
    const step = (w - left) / Math.max(values.length - 1, 1);
    c.strokeStyle = color, c.lineWidth = 2, c.beginPath();
    values.forEach((v, i) => c.lineTo(left + step * i, bottom - part(v) * (bottom - top)));
    c.stroke();
  }
};
