// SPDX-License-Identifier: MIT
// Gradient descent on a surface in three orders: at once, in turn, and a step late.
'use strict';

live.start(async (module, root) => {
  const {t, element, canvas, choice, slider} = live;
  const size = 2, cells = 160, side = 480;  // x and y go from -size to size
  const orders = [
    {name: 'at once', text: 'both at once | 同时更新', color: '#d62728', gradients: 1},
    {name: 'in turn', text: 'in turn: y at the new x | 依次：y 用新的 x', color: '#1f77b4',
     gradients: 2},
    {name: 'late', text: 'a step late | 迟一步', color: '#2ca02c', gradients: 1},
  ];
  const state = {surface: 'quadratic', c: 0.9, lr: 0.5, x: 1, y: -0.3, steps: 30};
  const field = canvas(side, side, 'surface'), ground = canvas(cells, cells);
  for (const order of orders) order.result = element('li', {style: `color: ${order.color}`});

  /** Bands of equal height, on a square-root scale. */
  function paintGround() {
    const heights = module.heights(state.surface, state.c, cells, size);
    const least = Math.min(...heights), most = Math.max(...heights);
    live.pixels(ground, cells, cells, i => {
      const v = Math.sqrt((heights[i] - least) / (most - least));
      const band = 14 * (Math.floor(24 * v) % 2);
      return [250 - 120 * v - band, 250 - 100 * v - band, 250 - 60 * v - band];
    });
  }
  function show(anew) {
    if (anew) paintGround();
    const context = field.getContext('2d');
    context.drawImage(ground, 0, 0, side, side);
    for (const {name, text, color, gradients, result} of orders) {
      const {surface, c, x, y, lr, steps} = state;
      const points = module.descend(surface, c, x, y, lr, name, steps);
      context.strokeStyle = context.fillStyle = color, context.lineWidth = 2, context.beginPath();
      for (let i = 0; i < points.length; i += 2) {
        const [px, py] = [(1 + points[i] / size) / 2 * side, (1 - points[i + 1] / size) / 2 * side];
        if (!(Math.abs(px) < 1e5 && Math.abs(py) < 1e5)) break;  // it diverges
        context.lineTo(px, py), context.fillRect(px - 2.5, py - 2.5, 5, 5);
      }
      context.stroke();
      const away = Math.hypot(points.at(-2), points.at(-1));
      result.dataset.away = away;
      result.textContent = `${t(text)}: ` + t('distance from (0, 0) | 离 (0, 0) 的距离') +
          ` ${away.toExponential(1)}, ` + t('gradients | 梯度次数') + ` ${gradients * steps}`;
    }
  }
  function move(e) {
    const box = field.getBoundingClientRect();
    state.x = ((e.clientX - box.left) / box.width * 2 - 1) * size;
    state.y = (1 - (e.clientY - box.top) / box.height * 2) * size;
    show();
  }
  field.addEventListener('pointerdown', move);
  field.addEventListener('pointermove', e => { if (e.buttons) move(e); });

  const set = (key, anew) => value => { state[key] = value, show(anew); };
  const two = v => v.toFixed(2);
  root.append(
      choice('surface | 曲面', {quadratic: 'bowl | 碗', valley: 'valley | 弯谷', waves: 'waves | 波'},
             state.surface, set('surface', true)),
      slider('coupling c | 耦合 c',
             {map: x => 1.2 * x, start: 0.75, format: two, onchange: set('c', true)}),
      slider('learning rate | 学习率', {
        map: x => 1.6 * x, start: 0.3125, step: 0.00625, format: two, onchange: set('lr'),
      }),
      slider('steps | 步数',
             {map: x => Math.round(100 * x), start: 0.3, onchange: set('steps')}),
      field, element('ul', {class: 'results'}, ...orders.map(order => order.result)),
      element('p', {}, t('Touch the surface to begin elsewhere. | 点曲面可换一个起点。')));
  show(true);
});
