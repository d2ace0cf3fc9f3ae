// SPDX-License-Identifier: MIT
// Trains the small GPT of the page on its poems, in Node:
//   node poems.js TINYGRAD.js [STEPS] > docs/live/weights/poems.js
'use strict';

const fs = require('fs'), path = require('path');
const {pack} = require('./pack.js');
const live = {};
eval(fs.readFileSync(path.join(__dirname, '../../docs/live/poems.js'), 'utf8'));

require(path.resolve(process.argv[2]))().then(module => {
  const text = live.poems.map(p => p.text + '\n').join('');
  const characters = [...new Set(text)].sort(), ids = new Map(characters.map((c, i) => [c, i]));
  module.manualSeed(1);
  const writer = new module.Writer(characters.length, 25, 48);
  writer.setText(Int32Array.from([...text].map(c => ids.get(c))));
  for (let i = 0, steps = +(process.argv[3] ?? 1000); i < steps; i += 50)
    console.error(i, writer.step(50).toFixed(3));
  process.stdout.write(pack(writer.weights(), 'poems'));
});
