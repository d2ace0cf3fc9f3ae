// SPDX-License-Identifier: MIT
// Train an MLP live: loss, accuracy and the hidden layer's weights, while sliders change the
// learning rate, the optimizer, the activation and dropout.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, choice, slider, canvas, tiles, chart, signed} = live;
  const hidden = 32, samples = 4000, slice = 12;  // milliseconds of training in a frame
  const state = {optimizer: 'SGD', lr: 0.1, activation: 'relu', dropout: 0};
  let net, losses, tests, trains, steps, running = false;

  const lossChart = canvas(640, 220, 'chart'), accuracyChart = canvas(640, 220, 'chart');
  const maps = canvas(1, 1, 'maps weights'), said = element('p', {class: 'answer'});
  const toggle = element('button', {type: 'button', class: 'toggle', onclick: () => run(!running)});

  function reset() {
    net?.delete();
    module.manualSeed(1);
    net = new module.MlpTrainer(hidden, samples);
    net.setActivation(state.activation), net.setDropout(state.dropout);
    net.setOptimizer(state.optimizer, state.lr);
    losses = [], tests = [], trains = [], steps = 0;
    measure();
  }
  function measure() {
    const test = net.evaluate(true), train = net.evaluate(false);
    tests.push(test), trains.push(train);
    const epochs = (steps * 32 / samples).toFixed(1);
    said.textContent = t('epoch | 轮次') + ` ${epochs} · ` + t('read right: train | 正确率：训练') + ` ${(100 * train.accuracy).toFixed(1)} %, ` + t('test | 测试') + ` ${(100 * test.accuracy).toFixed(1)} %`;
    Object.assign(said.dataset, {steps, accuracy: test.accuracy});
    const line = (values, color) => ({values, color});
    chart(lossChart, [line(losses, 'rgba(128, 128, 128, .6)')], {log: true, low: 1e-3, high: 10, label: t('loss of the batches | 每批的损失')});
    chart(accuracyChart, [line(trains.map(v => v.accuracy), '#1f77b4'), line(tests.map(v => v.accuracy), '#d62728')],
          {low: 0, high: 1, label: t('accuracy: blue train, red test | 正确率：蓝为训练，红为测试')});
    tiles(maps, net.weights(), 28, 28, 8, {color: signed});
  }
  function frame() {
    if (!running) return;
    const end = performance.now() + slice;
    let total = 0, count = 0;
    do total += net.step(1), ++count, ++steps; while (performance.now() < end);
    losses.push(total / count);
    if (losses.length > 1200) losses = losses.filter((_, i) => i % 2);
    if (losses.length % 15 === 0) measure();
    requestAnimationFrame(frame);
  }
  function run(on) {
    running = on;
    toggle.textContent = on ? t('Pause | 暂停') : t('Train | 训练');
    if (on) requestAnimationFrame(frame);
  }
  const words = names => Object.fromEntries(names.map(n => [n, n]));
  root.append(
    element('div', {class: 'buttons'}, toggle, button('Begin anew | 重新开始', reset)), said,
    slider('learning rate | 学习率', {map: x => 10 ** (5 * x - 4), start: 0.6, format: v => v.toPrecision(2),
      onchange: v => { state.lr = v, net.setLr(v); }}),
    slider('dropout | 随机失活（dropout）', {map: x => 0.9 * x, format: v => v.toFixed(2), onchange: v => { state.dropout = v, net.setDropout(v); }}),
    choice('optimizer | 优化器', words(['SGD', 'momentum', 'RMSprop', 'Adam']), state.optimizer,
           name => { state.optimizer = name, net.setOptimizer(name, state.lr); }),
    choice('activation | 激活函数', {...words(['relu', 'tanh', 'sigmoid', 'gelu']), none: 'none | 无'}, state.activation,
           name => { state.activation = name, net.setActivation(name); }),
    element('div', {class: 'row'}, lossChart, accuracyChart),
    element('figure', {}, element('figcaption', {}, t('The weights of the 32 hidden units, one tile of 28 x 28 for each: a pixel under red raises the unit, one under blue lowers it. | 32 个隐藏单元的权重，每个一块 28 x 28：红色处的像素使单元升高，蓝色处使其降低。')), maps));
  reset(), run(false);
});
