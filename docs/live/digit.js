// SPDX-License-Identifier: MIT
// Draw a digit and see what the CNN reads, layer by layer, and how each pixel changes a score.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, figure, canvas} = live;
  const reader = new module.DigitReader(live.unpacked('mnist_cnn'));
  const examples = {  // strokes as they would be drawn on 280 x 280
    2: [[[80, 90], [100, 60], [140, 50], [180, 65], [190, 100], [165, 140], [120, 185], [80, 225],
         [140, 222], [200, 220]]],
    4: [[[110, 50], [95, 100], [80, 150], [140, 150], [205, 145]],
        [[170, 80], [165, 150], [160, 235]]],
    7: [[[75, 65], [135, 62], [200, 58], [170, 120], [140, 180], [120, 235]]],
  };
  const layers = [
    ['conv1', 28, 'conv1 and ReLU: 32 maps of 28 x 28, each from windows of 3 x 3 | ' +
                  'conv1 与 ReLU：32 个 28 x 28 的特征图，来自 3 x 3 的窗口'],
    ['pool1', 14, 'the maximum of each 2 x 2: 14 x 14 | 每个 2 x 2 的最大值：14 x 14'],
    ['conv2', 14, 'conv2 and ReLU: 64 maps; each window reads all 32 maps | ' +
                  'conv2 与 ReLU：64 个特征图，每个窗口读取全部 32 个图'],
    ['pool2', 7, 'the maximum again: 64 maps of 7 x 7, which the last layer reads | ' +
                 '再取最大值：64 个 7 x 7 的图，供最后一层读取'],
  ].map(([name, side, text]) => ({name, side, text, target: canvas(1, 1, 'maps')}));
  let pixels, asked = -1;  // the class whose gradient is shown; -1: that of the likeliest

  const answer = element('p', {class: 'answer'});
  const input = canvas(28, 28, 'seen'), overlay = canvas(28, 28, 'seen');
  const bars = Array.from({length: 10}, (_, k) => {
    const bar = button('', () => { asked = asked === k ? -1 : k, look(); }, 'bar');
    bar.append(element('i'), element('b', {}, String(k)));
    return bar;
  });

  function look() {
    const seen = reader.read(pixels, asked), of = asked < 0 ? seen.likeliest : asked;
    const percent = p => `${(100 * p).toFixed(1)} %`, empty = !pixels.some(v => v > 0);
    answer.dataset.digit = empty ? '' : seen.likeliest;
    answer.textContent = empty ? t('Draw a digit. | 请画一个数字。') :
        t('The net reads | 网络读作') +
        ` ${seen.likeliest} (${percent(seen.probabilities[seen.likeliest])})`;
    bars.forEach((bar, k) => {
      bar.children[0].style.height = `calc((100% - 1.7em) * ${seen.probabilities[k]})`;
      bar.setAttribute('aria-pressed', k === of && !empty);
    });
    live.pixels(input, 28, 28, i => live.gray(pixels[i]));
    const most = live.largest(seen.gradient);
    live.pixels(overlay, 28, 28, i => {
      const strength = Math.abs(seen.gradient[i]) / most, [gray] = live.gray(pixels[i]);
      return live.signed(seen.gradient[i] / most).map(c => strength * c + (1 - strength) * gray);
    });
    for (const {name, side, target} of layers)
      live.tiles(target, seen[name], side, side, 8, {together: true});
  }

  const pad = live.pad(values => { pixels = values, asked = -1, look(); });
  const gradient =
      'gradient by the pixels: ink on red raises the score of the chosen digit, on blue lowers it' +
      ' | 对像素的梯度：在红色处加墨，所选数字的得分升高；在蓝色处则降低';
  root.append(
      element('div', {class: 'row'},
          element('div', {}, pad.field, element('div', {class: 'buttons'},
              button('Clear | 清除', pad.clear),
              ...Object.keys(examples).map(k => button(k, () => pad.draw(examples[k]), 'example')))),
          element('div', {}, answer, element('div', {class: 'bars'}, ...bars),
              element('div', {class: 'pair'},
                  figure('what the net sees: 28 x 28 | 网络看到的：28 x 28', input),
                  figure(gradient, overlay)))),
      ...layers.map(({text, target}) => figure(text, target)));
  pad.draw(examples[4]);
});
