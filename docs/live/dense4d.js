// SPDX-License-Identifier: MIT
// Train three linear maps of images, and see the coefficients W[:, :, k, l] of a chosen pixel.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, figure, canvas, slider} = live;
  const names = ['dense, 4 indices | 全连接，4 个下标', 'locally connected | 局部连接',
                 'convolution | 卷积'];
  let maps, noise = 0.4, k = 7, l = 7, digit = 0, steps = 0;

  const seen = canvas(1, 1, 'maps'), said = element('p', {class: 'answer'});
  const columns = names.map((name, map) => {
    const target = canvas(1, 1, 'maps weights'), text = element('figcaption');
    target.addEventListener('pointerdown', e => {
      const box = target.getBoundingClientRect();
      const at = part => Math.min(13, Math.max(0, Math.floor(14 * part)));
      k = at((e.clientY - box.top) / box.height), l = at((e.clientX - box.left) / box.width);
      show();
    });
    return {name, map, target, text};
  });

  function show() {
    live.tiles(seen, maps.digit(digit, noise), 14, 14, 5);
    for (const {name, map, target, text} of columns) {
      live.tiles(target, maps.coefficients(map, k, l), 14, 14, 1, {color: live.signed});
      const error = large => maps.error(map, large, noise).toFixed(4);
      text.dataset.error = error(false);
      text.textContent = `${t(name)}: ${maps.count(map)} ` + t('parameters | 个参数') + '; ' +
          t('error | 误差') + ` ${error(false)}, ` + t('at 28 x 28 | 在 28 x 28 上') +
          ` ${error(true)}`;
    }
    said.textContent = t('steps | 步数') + ` ${steps} · W[:, :, ${k}, ${l}]`;
    said.dataset.steps = steps;
  }
  function reset() {
    maps?.delete(), module.manualSeed(1);
    maps = new module.ImageMaps(3000), steps = 0, show();
  }
  let frames = 0;
  const training = live.training(goesOn => {
    do maps.step(1, noise), ++steps; while (goesOn());
    if (++frames % 10 === 0) show();
  });

  root.append(
      element('div', {class: 'buttons'}, training.toggle, button('Begin anew | 重新开始', reset),
          button('Another digit | 换一个数字', () => { digit = (digit + 1) % 200, show(); })),
      said,
      slider('noise | 噪声',
             {start: 0.4, format: v => v.toFixed(2), onchange: v => { noise = v, show(); }}),
      figure('a digit, the same with noise, and what the three maps make of it | ' +
             '一个数字，加噪声后的同一数字，以及三个映射的结果', seen),
      element('p', {}, t(
          'Touch a pixel (k, l) of the output: red and blue are the coefficients W[i, j, k, l] by ' +
          'which it reads the pixels (i, j) of the input. | ' +
          '点选输出的一个像素 (k, l)：红与蓝是它读取输入像素 (i, j) 的系数 W[i, j, k, l]。')),
      element('div', {class: 'row three'},
          ...columns.map(({text, target}) => element('figure', {}, text, target))));
  reset();
});
