// SPDX-License-Identifier: MIT
// Train three linear maps of images, and see the coefficients W[:, :, k, l] of a chosen pixel.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, slider, canvas, tiles, signed} = live;
  const names = ['dense, 4 indices | 全连接，4 个下标', 'locally connected | 局部连接', 'convolution | 卷积'];
  let maps, noise = 0.4, k = 7, l = 7, shown = 0, steps = 0, running = false;

  const seen = canvas(1, 1, 'maps'), said = element('p', {class: 'answer'});
  const toggle = element('button', {type: 'button', class: 'toggle', onclick: () => run(!running)});
  const columns = names.map((name, map) => {
    const target = canvas(1, 1, 'maps weights'), text = element('figcaption');
    target.addEventListener('pointerdown', e => {
      const box = target.getBoundingClientRect(), at = (v, size) => Math.min(13, Math.max(0, Math.floor(14 * v / size)));
      l = at(e.clientX - box.left, box.width), k = at(e.clientY - box.top, box.height), show();
    });
    return {map, target, text, figure: element('figure', {}, text, target), name};
  });

  function show() {
    tiles(seen, maps.digit(shown, noise), 14, 14, 5);
    for (const {map, target, text, name} of columns) {
      tiles(target, maps.coefficients(map, k, l), 14, 14, 1, {color: signed});
      const context = target.getContext('2d');
      context.strokeStyle = '#080', context.lineWidth = 0.5, context.strokeRect(l + 0.25, k + 0.25, 0.5, 0.5);
      const error = large => maps.error(map, large, noise).toFixed(4);
      text.textContent = `${t(name)}: ${maps.count(map)} ` + t('parameters; error | 个参数；误差') + ` ${error(false)}, ` + t('at 28 x 28 | 在 28 x 28 上') + ` ${error(true)}`;
      text.dataset.error = error(false);
    }
    said.textContent = t('steps | 步数') + ` ${steps} · W[:, :, ${k}, ${l}]`;
    said.dataset.steps = steps;
  }
  function reset() {
    maps?.delete(), module.manualSeed(1);
    maps = new module.ImageMaps(3000), steps = 0, show();
  }
  function frame() {
    if (!running) return;
    const end = performance.now() + 12;
    do maps.step(1, noise), ++steps; while (performance.now() < end);
    if (steps % 5 === 0) show();
    requestAnimationFrame(frame);
  }
  function run(on) {
    running = on, toggle.textContent = on ? t('Pause | 暂停') : t('Train | 训练');
    if (on) requestAnimationFrame(frame);
  }
  root.append(
    element('div', {class: 'buttons'}, toggle, button('Begin anew | 重新开始', reset),
            button('Another digit | 换一个数字', () => { shown = (shown + 1) % 200, show(); })), said,
    slider('noise | 噪声', {start: 0.4, format: v => v.toFixed(2), onchange: v => { noise = v, show(); }}),
    element('figure', {}, element('figcaption', {}, t('a digit, the same with noise, and what the three maps make of it | 一个数字，加噪声后的同一数字，以及三个映射的结果')), seen),
    element('p', {}, t('Touch a pixel (k, l) of the output: red and blue are the coefficients W[i, j, k, l] by which it reads the pixels (i, j) of the input. | 点选输出的一个像素 (k, l)：红与蓝是它读取输入像素 (i, j) 的系数 W[i, j, k, l]。')),
    element('div', {class: 'row three'}, ...columns.map(c => c.figure)));
  reset(), run(false);
});
