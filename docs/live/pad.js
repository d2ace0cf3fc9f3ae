// SPDX-License-Identifier: MIT
// A field on which pen or finger draw a digit, which becomes 28 x 28 values as MNIST has them: 20
// pixels high or wide, its center of mass in the middle.
'use strict';

live.pad = onchange => {
  const side = 280, field = live.canvas(side, side, 'pad');
  let strokes = [], down = false;

  /** Draws the strokes with a pen of this width; place(point) is where a point lies. */
  function paint(context, width, place) {
    const pen = {strokeStyle: '#fff', lineWidth: width, lineCap: 'round', lineJoin: 'round'};
    Object.assign(context, pen);
    for (const stroke of strokes) {
      context.beginPath();
      for (const point of [stroke[0], ...stroke]) context.lineTo(...place(point));
      context.stroke();
    }
  }

  /** The strokes at four times 28 x 28, in the middle; then the mean of each 4 x 4. */
  function scaled() {
    const fine = 4, n = 28 * fine, ink = new Float32Array(784);
    const [xs, ys] = [0, 1].map(k => strokes.flat().map(point => point[k]));
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = 18 * fine / Math.max(x1 - x0, y1 - y0, 60);
    const context = live.canvas(n, n).getContext('2d', {willReadFrequently: true});
    paint(context, 2.4 * fine, ([x, y]) => [n / 2 + (x - (x0 + x1) / 2) * scale,
                                            n / 2 + (y - (y0 + y1) / 2) * scale]);
    const {data} = context.getImageData(0, 0, n, n);
    for (let y = 0; y < n; ++y)
      for (let x = 0; x < n; ++x)
        ink[(y / fine | 0) * 28 + (x / fine | 0)] += data[4 * (y * n + x) + 3] / 255 / fine ** 2;
    return ink;
  }

  function centered(ink) {
    let mass = 0, mx = 0, my = 0;
    ink.forEach((v, i) => { mass += v, mx += v * (i % 28), my += v * (i / 28 | 0); });
    const dx = Math.round(13.5 - mx / mass), dy = Math.round(13.5 - my / mass);
    const values = new Float32Array(784);
    ink.forEach((v, i) => {
      const x = i % 28 + dx, y = (i / 28 | 0) + dy;
      if (x >= 0 && x < 28 && y >= 0 && y < 28) values[y * 28 + x] = v;
    });
    return values;
  }

  function show() {
    const context = field.getContext('2d');
    context.clearRect(0, 0, side, side), paint(context, 18, point => point);
    onchange(strokes.length ? centered(scaled()) : new Float32Array(784));
  }
  function place(event) {
    const box = field.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * side,
            (event.clientY - box.top) / box.height * side];
  }
  field.addEventListener('pointerdown', e => { down = true, strokes.push([place(e)]), show(); });
  field.addEventListener('pointermove', e => { if (down) strokes.at(-1).push(place(e)), show(); });
  for (const end of ['pointerup', 'pointerleave', 'pointercancel'])
    field.addEventListener(end, () => { down = false; });
  return {
    field,
    clear: () => { strokes = [], show(); },
    draw: given => { strokes = given.map(stroke => [...stroke]), show(); },
  };
};
