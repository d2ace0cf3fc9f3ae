// SPDX-License-Identifier: MIT
// Tests the module of the pages in Node: node module_test.js TINYGRAD.js. Its size, what its
// classes compute, that a gradient is the slope, the same bits run to run, and errors as
// JavaScript's.
'use strict';

const fs = require('fs'), path = require('path'), assert = require('assert');
const file = path.resolve(process.argv[2]);
const live = {
  weights: {}
};
const folder = path.join(__dirname, '../../docs/live/weights');
for (const name of fs.readdirSync(folder)) eval(fs.readFileSync(path.join(folder, name), 'utf8'));
const weights = name =>
    new Uint16Array(Uint8Array.from(Buffer.from(live.weights[name], 'base64')).buffer);

function size() {
  const text = fs.readFileSync(file, 'utf8')
                   .match(/data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)/)[1];
  const bytes = Buffer.from(text, 'base64').length;
  console.log(`the module is ${(bytes / 1e6).toFixed(2)} MB`);
  assert(bytes <= 2e6);
}

function train(module) {
  module.manualSeed(1);
  const net = new module.MlpTrainer(32, 2000), losses = [];
  for (let i = 0; i < 60; ++i) losses.push(net.step(5));
  const {accuracy} = net.evaluate(true);
  return {net, losses, accuracy};
}

/**
 * The gradient of a score by pixels against (score(x + h) - score(x - h)) / 2 h: the cosine of the
 * two, since for some pixels a ReLU or a maximum changes sides within h.
 */
function slopes(reader, pixels) {
  const {gradient} = reader.read(pixels, 3), h = 0.003;
  let product = 0, ours = 0, theirs = 0;
  for (let i = 200; i < 600; i += 7) {
    const score = step => reader.read(pixels.map((v, k) => k === i ? v + step : v), 3).scores[3];
    const slope = (score(h) - score(-h)) / (2 * h);
    product += slope * gradient[i], ours += gradient[i] ** 2, theirs += slope ** 2;
  }
  const cosine = product / Math.sqrt(ours * theirs), ratio = Math.sqrt(ours / theirs);
  console.log(`gradient and slopes: cosine ${cosine.toFixed(4)}, ratio ${ratio.toFixed(4)}`);
  assert(cosine > 0.98 && Math.abs(ratio - 1) < 0.03);
}

require(file)()
    .then(module => {
      size();
      const {net, losses, accuracy} = train(module), again = train(module);
      console.log(`MLP: loss ${losses[0].toFixed(3)} ... ${losses.at(-1).toFixed(3)}, accuracy ${
          accuracy}`);
      assert(accuracy > 0.85);
      assert.deepStrictEqual(losses, again.losses);

      const reader = new module.DigitReader(weights('mnist_cnn'));
      let right = 0;
      for (let i = 0; i < 50; ++i)
        right += reader.read(net.sample(i), -1).likeliest === net.label(i);
      console.log(`the CNN, trained on MNIST, reads ${right} of 50 digits drawn by code`);
      assert(right >= 35);
      slopes(reader, net.sample(0));

      const painter = new module.Painter(weights('painter'));
      right = 0;
      for (let digit = 0; digit < 10; ++digit) {
        painter.begin(digit, 10, 4, 1);
        let step;
        do step = painter.step();
        while (!step.done);
        right += reader.read(step.sample.map(v => Math.min(Math.max((v + 1) / 2, 0), 1)), -1)
                     .likeliest === digit;
      }
      console.log(`the CNN reads ${right} of 10 digits drawn out of noise`);
      assert(right >= 6);
      assert.throws(() => net.setLr(-1), /SGD: lr must be finite/);
      assert.throws(() => new module.DigitReader(new Uint16Array(3)),
                    /load_weights: expected 50186 values, got 3/);
    })
    .catch(error => {
      console.error(error);
      process.exit(1);
    });
