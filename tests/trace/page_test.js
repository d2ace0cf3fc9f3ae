// SPDX-License-Identifier: MIT
// Runs behind the scripts of a page (page.sh): clicks, steps and searches as a user does, and
// writes what it found wrong into the element `result`.
'use strict';

const wrong = [];
let checks = 0;
const check = (ok, what) => { ++checks; if (!ok) wrong.push(what); };
const press = id => document.getElementById(id).click();
const told = () => document.getElementById('details').textContent;
const clickAt = b => {
  const frame = graph.getBoundingClientRect();
  const x = frame.left + (b.x + b.w / 2 - camera.x) * camera.scale,
      y = frame.top + (b.y + b.h / 2 - camera.y) * camera.scale;
  graph.dispatchEvent(new MouseEvent('click', {clientX: x, clientY: y, bubbles: true}));
};
const isPainted = canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width,
    canvas.height).data.some(x => x);
const forward = nodes.filter(n => n.kind === 'forward');
const isWeight = leaf => leaf.name.endsWith('weight');
const linear = forward.find(n => n.name === 'linear' && n.leaves.some(isWeight));

function overlaps() {
  const solid = boxes.filter(b => b.kind !== 'frame').sort((a, b) => a.y - b.y);
  return solid.filter((a, i) => {
    for (let k = i + 1; k < solid.length && solid[k].y < a.y + a.h; ++k)
      if (solid[k].x < a.x + a.w && a.x < solid[k].x + solid[k].w) return true;
    return false;
  }).length;
}

function checkGraph() {
  check(boxes.length > 0 && boxes.length < 400,
      'the page begins with modules closed: ' + boxes.length);
  press('unfold');
  check(forward.every(n => n.box && n.box.node === n),
      'each op has a box when all modules are open');
  check(forward.every(n => n.derivative < 0 || n.twin), 'each derivative has a box');
  check(overlaps() === 0, overlaps() + ' boxes overlap');
  for (const n of forward) for (const u of producers(n))
    check(u.group !== n.group || u.box.y < n.box.y, `${u.name} stands above ${n.name}`);
  const open = boxes.length;
  press('fold');
  check(boxes.length < open && overlaps() === 0, 'fewer boxes when modules are closed');
}

function checkDetails() {
  choose(linear, true);
  check(linear.box.node === linear, 'choosing a node opens its module');
  const weight = linear.leaves.find(isWeight);
  choose(null), clickAt(linear.box);
  check(selected === linear, 'a click chooses the node');
  check(told().includes('linear') && told().includes(shapeText(linear.outputs[0].shape)),
      'name and shape');
  check(told().includes(t('gradient')) && !told().includes(t('nograd')),
      'the gradient of a result');
  check(document.querySelectorAll('#details .heat').length >= 2, 'value and gradient as pictures');
  check([...document.querySelectorAll('#details .heat')].every(isPainted), 'pictures are painted');
  choose(weight, true);
  check(told().includes(weight.name) && told().includes(t('madeby')),
      'the gradient of a parameter');
}

function checkSteps() {
  seek(0);
  choose(linear, true);
  check(told().includes(t('notyet')), 'nothing is computed at the beginning');
  for (let i = 0; i <= linear.position; ++i) press('next');
  check(at === linear.position + 1 && selected === linear, 'steps lead to the op');
  check(!told().includes(t('notyet')) && told().includes(t('later')),
      'its value is there, its gradient is not');
  seek(nodes[linear.derivative].position + 1);
  check(selected === nodes[linear.derivative], 'the derivative is a step');
  choose(linear);
  check(!told().includes(t('later')), 'the gradient has arrived');
  press('back');
  check(at === nodes[linear.derivative].position, 'one step back');
  seek(timeline.length);
}

function checkSearch() {
  const field = document.getElementById('search');
  field.value = 'linear', field.dispatchEvent(new Event('input'));
  const count = Number(document.getElementById('found').textContent);
  check(count >= forward.filter(n => n.name === 'linear').length, 'search finds all: ' + count);
  field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));
  check(selected === matches[0], 'Enter chooses the first');
  field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}));
  check(selected === matches[1], 'Enter again, the next');
  field.value = '', field.dispatchEvent(new Event('input'));
}

function checkMemory() {
  check(blocks.some(b => b.tint === 'kept') && blocks.some(b => b.tint === 'made'),
      'kinds of memory');
  const peak = Math.max(...timeline.map(memoryAfter)) - base;
  check(high <= 1.5 * peak, `what is drawn, ${high}, is far more than what was measured, ${peak}`);
  draw(), drawMemory();
  check(isPainted(graph) && isPainted(memory), 'both canvases are painted');
}

function checkLanguage() {
  const before = document.body.textContent;
  press('language');
  check(document.documentElement.lang === 'zh'
      && document.getElementById('fit').textContent === '显示全图', 'Chinese');
  check(Object.values(words).every(w => w.length === 2), 'each word in both languages');
  press('language');
  check(document.documentElement.lang === 'en' && before.length > 0, 'and back');
}

for (const f of [checkGraph, checkDetails, checkSteps, checkSearch, checkMemory, checkLanguage])
  try { f(); } catch (e) { wrong.push(`${f.name}: ${e.stack}`); }
const result = document.createElement('pre');
result.id = 'result';
result.textContent = wrong.length ? 'wrong: ' + wrong.slice(0, 20).join('; ')
    : `all ${checks} checks passed`;
document.body.append(result);
