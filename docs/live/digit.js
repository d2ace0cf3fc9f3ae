// SPDX-License-Identifier: MIT
// Draw a digit and see what the CNN reads, layer by layer, and how each pixel changes a score.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, canvas, tiles, gray, signed} = live;
  const reader = new module.DigitReader(live.unpacked('mnist_cnn'));
  const examples = {  // strokes as they would be drawn on 280 x 280
    2: [[[80, 90], [100, 60], [140, 50], [180, 65], [190, 100], [165, 140], [120, 185], [80, 225], [140, 222], [200, 220]]],
    4: [[[110, 50], [95, 100], [80, 150], [140, 150], [205, 145]], [[170, 80], [165, 150], [160, 235]]],
    7: [[[75, 65], [135, 62], [200, 58], [170, 120], [140, 180], [120, 235]]]};
  let pixels = new Float32Array(784), asked = -1;

  const layers = [
    ['conv1', 'conv1 and ReLU: 32 maps of 28 x 28, from windows of 3 x 3 pixels | conv1 与 ReLU：32 个 28 x 28 的特征图，来自 3 x 3 的窗口', 28],
    ['pool1', 'the maximum of each 2 x 2: 14 x 14 | 每个 2 x 2 的最大值：14 x 14', 14],
    ['conv2', 'conv2 and ReLU: 64 maps; each window reads all 32 maps | conv2 与 ReLU：64 个特征图，每个窗口读取全部 32 个图', 14],
    ['pool2', 'the maximum again: 64 maps of 7 x 7, which the last layer reads | 再取最大值：64 个 7 x 7 的图，供最后一层读取', 7],
  ].map(([name, text, side]) => ({name, side, text, target: canvas(1, 1, 'maps')}));

  const answer = element('p', {class: 'answer'}), input = canvas(28, 28, 'seen'), overlay = canvas(28, 28, 'seen');
  const bars = Array.from({length: 10}, (_, k) => element('button',
    {type: 'button', class: 'bar', onclick: () => { asked = asked === k ? -1 : k, look(); }}, element('i'), element('b', {}, String(k))));

  function look() {
    const empty = !pixels.some(v => v > 0);
    const seen = reader.read(pixels, asked), of = asked < 0 ? seen.likeliest : asked;
    answer.textContent = empty ? t('Draw a digit. | 请画一个数字。')
      : t('The net reads | 网络读作') + ` ${seen.likeliest} (${(100 * seen.probabilities[seen.likeliest]).toFixed(1)} %)`;
    answer.dataset.digit = empty ? '' : seen.likeliest;
    bars.forEach((bar, k) => {
      bar.firstChild.style.height = `${100 * seen.probabilities[k]}%`;
      bar.setAttribute('aria-pressed', k === of && !empty);
    });
    tiles(input, pixels, 28, 28, 1);
    const most = seen.gradient.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);
    const image = overlay.getContext('2d').createImageData(28, 28);
    seen.gradient.forEach((g, i) => {
      const [r, gr, b] = signed(g / most), strong = Math.abs(g / most), [p] = gray(pixels[i]);
      image.data.set([strong * r + (1 - strong) * p, strong * gr + (1 - strong) * p, strong * b + (1 - strong) * p, 255], 4 * i);
    });
    overlay.getContext('2d').putImageData(image, 0, 0);
    for (const l of layers) tiles(l.target, seen[l.name], l.side, l.side, 8, {together: true});
  }

  const pad = live.pad(values => { pixels = values, asked = -1, look(); });
  root.append(
    element('div', {class: 'row'},
      element('div', {}, pad.field, element('div', {class: 'buttons'}, button('Clear | 清除', pad.clear),
        ...Object.keys(examples).map(k => element('button', {type: 'button', class: 'example', onclick: () => pad.draw(examples[k])}, k)))),
      element('div', {}, answer, element('div', {class: 'bars'}, ...bars),
        element('div', {class: 'pair'},
          element('figure', {}, input, element('figcaption', {}, t('what the net sees: 28 x 28 | 网络看到的：28 x 28'))),
          element('figure', {}, overlay, element('figcaption', {}, t('gradient by the pixels: more ink on red raises the score of the chosen digit, on blue lowers it | 对像素的梯度：红色处加墨，所选数字的得分升高；蓝色处则降低')))))),
    ...layers.map(l => element('figure', {}, element('figcaption', {}, t(l.text)), l.target)));
  pad.draw(examples[4]);
});
