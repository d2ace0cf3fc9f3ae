// SPDX-License-Identifier: MIT
// Opens the pages that run the library in Chromium, from the disk, on a screen as large as a
// phone's, in both languages, and uses them with a finger: node pages_test.js CHROMIUM FOLDER
// [PICTURES]. FOLDER has live/, with tinygrad.js, and course/{en,zh}/live/NAME.html.
'use strict';

const assert = require('assert'), fs = require('fs'), path = require('path');
const {browser} = require('./browser.js');
const [program, folder, pictures] = process.argv.slice(2);

/** A digit's strokes, in parts of the field, that are not those of the page's examples. */
const drawn = {
  1: [[[.5, .15], [.5, .85]]],
  3: [[
    [.3, .2], [.5, .13], [.68, .25], [.62, .4], [.45, .48], [.65, .55], [.72, .72], [.5, .87],
    [.28, .78]
  ]],
  0: [[[.5, .12], [.3, .3], [.27, .6], [.45, .88], [.68, .75], [.73, .4], [.62, .18], [.5, .12]]]
};

const tests = {
  async digit(b) {
    const box =
        await b.evaluate(`(() => { const r = document.querySelector('.pad').getBoundingClientRect();
                                           return [r.x, r.y, r.width, r.height]; })()`);
    for (const [digit, strokes] of Object.entries(drawn)) {
      await b.evaluate(`document.querySelector('.buttons button').click()`);
      for (const stroke of strokes)
        await b.touch(dense(stroke).map(([x, y]) => [box[0] + x * box[2], box[1] + y * box[3]]));
      assert.strictEqual(await b.evaluate(`document.querySelector('.answer').dataset.digit`), digit,
                         `a drawn ${digit}`);
    }
    for (const example of await b.evaluate(
             `[...document.querySelectorAll('.example')].map(e => e.textContent)`)) {
      await b.evaluate(`[...document.querySelectorAll('.example')].find(e => e.textContent === '${
          example}').click()`);
      assert.strictEqual(await b.evaluate(`document.querySelector('.answer').dataset.digit`),
                         example);
    }
  },
  async mlp(b) {
    const before = await b.evaluate(`+document.querySelector('.answer').dataset.accuracy`);
    await b.evaluate(`document.querySelector('.toggle').click()`);
    await b.until(`+document.querySelector('.answer').dataset.accuracy > 0.85`, 60);
    await b.evaluate(`document.querySelector('[data-name=Adam]').click();
      const rate = document.querySelector('input[type=range]');
      rate.value = 0.3, rate.dispatchEvent(new Event('input'));`);
    const steps = await b.evaluate(`+document.querySelector('.answer').dataset.steps`);
    await b.until(`+document.querySelector('.answer').dataset.steps > ${steps} + 100`, 60);
    assert(before < 0.3);
    await b.evaluate(`document.querySelector('.toggle').click()`);
  },
  async dense4d(b) {
    const errors =
        `[...document.querySelectorAll('figcaption[data-error]')].map(e => +e.dataset.error)`;
    const before = await b.evaluate(errors);
    await b.evaluate(`document.querySelector('.toggle').click()`);
    await b.until(`+document.querySelector('.answer').dataset.steps > 60`, 60);
    await b.evaluate(`document.querySelector('.toggle').click()`);
    (await b.evaluate(errors))
        .forEach((error, map) => assert(error < before[map], `map ${map} learns`));
  },
  async 'update-order'(b) {
    const away = `[...document.querySelectorAll('.results li')].map(e => +e.dataset.away)`;
    const slide = (k, v) =>
        b.evaluate(`{const s = document.querySelectorAll('input[type=range]')[${k}];
                                         s.value = ${v}, s.dispatchEvent(new Event('input'));}`);
    await slide(1, 1.2 / 1.6);  // the table of the chapter: 8.1e+02 and 4.7e-06
    const [once, inTurn] = await b.evaluate(away);
    assert(Math.abs(once / 810 - 1) < 0.01 && Math.abs(inTurn / 4.7e-6 - 1) < 0.02,
           `${once} ${inTurn}`);
    await slide(1, 0.5 / 1.6);
  },
  async 'char-gpt'(b) {
    const poem = `document.querySelector('.poem')`, lines = `${poem}.textContent`;
    await b.until(`${poem}.dataset.done`, 60);
    assert(/^春眠不觉晓，/.test(await b.evaluate(lines)), await b.evaluate(lines));
    await b.evaluate(`document.querySelector('.untrained').click()`);
    await b.evaluate(`document.querySelector('.toggle').click()`);
    await b.until(`+document.querySelector('.answer').dataset.loss < 4.5`, 60);
    await b.evaluate(`document.querySelector('.trained').click()`);
    await b.until(`${poem}.dataset.done`, 60);
  },
  async diffusion(b) { await b.until(`document.querySelector('.answer').dataset.done`, 60); },
};

/** Points between those of a stroke, as a finger gives them. */
const dense = stroke => stroke.flatMap(([x, y], i) => {
  const [u, v] = stroke[i + 1] ?? [x, y];
  return [0, .25, .5, .75].map(s => [x + s * (u - x), y + s * (v - y)]);
});

(async () => {
  let failed = 0;
  for (const language of ['en', 'zh'])
    for (const [name, test] of Object.entries(tests)) {
      const b = await browser(program);
      try {
        await b.size(390, 844);
        const began = Date.now();
        await b.open('file://' + path.resolve(folder, `course/${language}/live/${name}.html`));
        await b.until(`document.querySelector('.live')?.dataset.ready`, 30);
        const took = Date.now() - began;
        await test(b);
        const width = await b.evaluate('document.documentElement.scrollWidth');
        if (pictures) {
          await b.picture(path.join(pictures, `${name}.${language}.phone.png`));
          await b.size(1100, 1000);
          await b.picture(path.join(pictures, `${name}.${language}.png`));
        }
        console.log(`${name}, ${language}: ready after ${took} ms`);
        // The theme's search needs a server.
        assert.deepStrictEqual(b.errors.filter(e => !e.includes('search_index')), []);
        assert.deepStrictEqual(b.addresses.filter(a => !/^(file|data|blob):/.test(a)), [],
                               'loads from elsewhere');
        assert(width <= 392, `${width} pixels wide on a screen of 390`);
        assert(took < 3000, 'not ready within 3 s');
      } catch (error) {
        failed = 1, console.log(`FAILED: ${name}, ${language}: ${error.message}`, ...b.errors);
      }
      await b.close();
    }
  process.exit(failed);
})();
