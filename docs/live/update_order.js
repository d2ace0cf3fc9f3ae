// SPDX-License-Identifier: MIT
// Gradient descent on a surface in three orders: at once, in turn, and a step late.
'use strict';

live.start(async (module, root) => {
  const {t, element, choice, slider, canvas} = live;
  const orders = [['at once', 'both at once | 同时更新', '#d62728'], ['in turn', 'in turn: y at the new x | 依次：y 用新的 x', '#1f77b4'],
                  ['late', 'a step late | 迟一步', '#2ca02c']];
  const size = 2, n = 160, side = 480;
  const state = {surface: 'quadratic', c: 0.9, lr: 0.5, x: 1, y: -0.3, steps: 30};
  const field = canvas(side, side, 'surface'), ground = canvas(n, n);
  const results = orders.map(([, text, color]) => element('li', {style: `color: ${color}`}));

  function paintGround() {
    const heights = module.heights(state.surface, state.c, n, size), c = ground.getContext('2d');
    const image = c.createImageData(n, n), most = Math.max(...heights), least = Math.min(...heights);
    heights.forEach((h, i) => {  // bands of equal height on a square-root scale
      const v = Math.sqrt((h - least) / (most - least)), band = Math.floor(24 * v) % 2;
      image.data.set([250 - 120 * v - 14 * band, 250 - 100 * v - 14 * band, 250 - 60 * v - 14 * band, 255], 4 * i);
    });
    c.putImageData(image, 0, 0);
  }
  const place = (x, y) => [(x / size + 1) / 2 * side, (1 - y / size) / 2 * side];
  function show(anew) {
    if (anew) paintGround();
    const c = field.getContext('2d');
    c.imageSmoothingEnabled = true, c.drawImage(ground, 0, 0, side, side);
    orders.forEach(([order, text, color], k) => {
      const points = module.descend(state.surface, state.c, state.x, state.y, state.lr, order, state.steps);
      c.strokeStyle = c.fillStyle = color, c.lineWidth = 2, c.beginPath();
      for (let i = 0; i < points.length; i += 2) {
        const [px, py] = place(points[i], points[i + 1]);
        if (!(Math.abs(px) < 1e5 && Math.abs(py) < 1e5)) break;
        c.lineTo(px, py);
        c.fillRect(px - 2.5, py - 2.5, 5, 5);
      }
      c.stroke();
      const away = Math.hypot(points.at(-2), points.at(-1)), cost = order === 'in turn' ? 2 : 1;
      results[k].textContent = `${t(text)}: ` + t('distance from (0, 0) | 离 (0, 0) 的距离') + ` ${away.toExponential(1)}, ` + t('gradients | 梯度次数') + ` ${cost * state.steps}`;
      results[k].dataset.away = away;
    });
  }
  field.addEventListener('pointerdown', move);
  field.addEventListener('pointermove', e => { if (e.buttons) move(e); });
  function move(e) {
    const box = field.getBoundingClientRect();
    state.x = ((e.clientX - box.left) / box.width * 2 - 1) * size, state.y = (1 - (e.clientY - box.top) / box.height * 2) * size;
    show();
  }
  const set = (key, anew) => v => { state[key] = v, show(anew); };
  root.append(
    choice('surface | 曲面', {quadratic: 'bowl | 碗', valley: 'valley | 弯谷', waves: 'waves | 波'}, state.surface, set('surface', true)),
    slider('coupling c | 耦合 c', {map: x => 1.2 * x, start: 0.75, format: v => v.toFixed(2), onchange: set('c', true)}),
    slider('learning rate | 学习率', {map: x => 1.6 * x, start: 0.3125, step: 0.00625, format: v => v.toFixed(2), onchange: set('lr')}),
    slider('steps | 步数', {map: x => Math.round(100 * x), start: 0.3, onchange: set('steps')}),
    field, element('ul', {class: 'results'}, ...results),
    element('p', {}, t('Touch the surface to begin elsewhere. | 点曲面可换一个起点。')));
  show(true);
});
