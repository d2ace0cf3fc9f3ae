// SPDX-License-Identifier: MIT
// Train an MLP live: loss, accuracy and the hidden layer's weights, while sliders change the
// learning rate, the optimizer, the activation and dropout.
'use strict';

live.start(async (module, root) => {
  const {t, element, button, figure, canvas, choice, slider} = live;
  const hidden = 32, samples = 4000, batch = 32;
  const state = {optimizer: 'SGD', lr: 0.1, activation: 'relu', dropout: 0};
  let net, losses, train, test, steps;

  const lossChart = canvas(640, 220, 'chart'), accuracyChart = canvas(640, 220, 'chart');
  const maps = canvas(1, 1, 'maps weights'), said = element('p', {class: 'answer'});

  function reset() {
    net?.delete();
    module.manualSeed(1);
    net = new module.MlpTrainer(hidden, samples);
    net.setActivation(state.activation), net.setDropout(state.dropout);
    net.setOptimizer(state.optimizer, state.lr);
    losses = [], train = [], test = [], steps = 0;
    measure();
  }
  function measure() {
    train.push(net.evaluate(false).accuracy), test.push(net.evaluate(true).accuracy);
    const percent = values => `${(100 * values.at(-1)).toFixed(1)} %`;
    said.textContent = t('epoch | 轮次') + ` ${(steps * batch / samples).toFixed(1)} · ` +
        t('read right: train | 正确率：训练') + ` ${percent(train)}, ` + t('test | 测试') +
        ` ${percent(test)}`;
    Object.assign(said.dataset, {steps, accuracy: test.at(-1)});
    live.chart(lossChart, [{values: losses, color: '#888'}],
               {log: true, low: 1e-3, high: 10, label: t('loss of the batches | 各批次的损失')});
    live.chart(accuracyChart,
               [{values: train, color: '#1f77b4'}, {values: test, color: '#d62728'}],
               {low: 0, high: 1,
                label: t('accuracy: blue train, red test | 正确率：蓝为训练，红为测试')});
    live.tiles(maps, net.weights(), 28, 28, 8, {color: live.signed});
  }
  const training = live.training(goesOn => {
    let total = 0, count = 0;
    do total += net.step(1), ++count; while (goesOn());
    steps += count, losses.push(total / count);
    if (losses.length > 1200) losses = losses.filter((_, i) => i % 2);
    if (losses.length % 15 === 0) measure();
  });

  const named = names => Object.fromEntries(names.map(name => [name, name]));
  const set = (key, tell) => value => { state[key] = value, tell(value); };
  root.append(
      element('div', {class: 'buttons'}, training.toggle, button('Begin anew | 重新开始', reset)),
      said,
      slider('learning rate | 学习率', {
        map: x => 10 ** (5 * x - 4), start: 0.6, format: v => v.toPrecision(2),
        onchange: set('lr', v => net.setLr(v)),
      }),
      slider('dropout | 随机失活', {
        map: x => 0.9 * x, format: v => v.toFixed(2), onchange: set('dropout', v => net.setDropout(v)),
      }),
      choice('optimizer | 优化器', named(['SGD', 'momentum', 'RMSprop', 'Adam']), state.optimizer,
             set('optimizer', name => net.setOptimizer(name, state.lr))),
      choice('activation | 激活函数',
             {...named(['relu', 'tanh', 'sigmoid', 'gelu']), none: 'none | 无'}, state.activation,
             set('activation', name => net.setActivation(name))),
      element('div', {class: 'row'}, lossChart, accuracyChart),
      figure('The weights of the 32 hidden units, a tile of 28 x 28 for each: ink on red raises ' +
             'the unit, on blue lowers it. | 32 个隐藏单元的权重，每个一块 28 x 28：红色处的墨使' +
             '单元升高，蓝色处使其降低。', maps));
  reset();
});
