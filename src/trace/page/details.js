// SPDX-License-Identifier: MIT
// What is said of the chosen node or module, beside the graph.

function make(tag, parent, text = '', attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  Object.assign(element, attributes);
  parent?.append(element);
  return element;
}
function row(table, name, value, className = '') {
  const tr = make('tr', table);
  make('td', tr, name), make('td', tr, '', {className}).append(value);
}
const note = (parent, text) => make('p', parent, text, {className: 'note'});
const linkTo = (n, text = titleOf(n)) => make('a', null, text, {onclick: () => choose(n, true)});
function badge(parent, text, color) {
  make('span', parent, text, {className: 'badge'}).style.background = color;
}

function showDetails() {
  const panel = $('details');
  panel.replaceChildren();
  if (!selected) showSummary(panel);
  else if (selected.groups) showGroup(panel, selected);
  else showNode(panel, selected);
}
function showSummary(panel) {
  make('h2', panel, step.title);
  note(panel, timeline.length ? t('hint') : t('empty'));
  const bad = nodes.find(n => n.outputs.some(o => hasBad(o.content)));
  if (bad) make('p', panel, t('firstbad') + ' ', {className: 'bad'}).append(linkTo(bad));
  if (!timeline.length) return;
  make('h3', panel, t('slowest'));
  const table = make('table', panel);
  for (const n of timeline.map(id => nodes[id]).sort((a, b) => b.time - a.time).slice(0, 12)) {
    const tr = make('tr', table);
    make('td', tr, '', {className: 'wide'}).append(linkTo(n, fullName(n)));
    make('td', tr, timeText(n.time), {className: 'right'});
  }
}
function showGroup(panel, group) {
  const members = [...membersOf(group)], backward = members.map(n => nodes[n.derivative]);
  const sum = list => timeText(list.reduce((time, n) => time + (n?.time ?? 0), 0));
  make('h2', panel, group.key);
  note(panel, group.type);
  const table = make('table', panel);
  row(table, t('inner'), String(members.length));
  row(table, t('time') + ', ' + t('forward'), sum(members));
  row(table, t('time') + ', ' + t('backward'), sum(backward));
  make('button', panel, t(group.open ? 'close' : 'open'), {onclick: () => toggle(group)});
}

function showNode(panel, n) {
  make('h2', panel, titleOf(n));
  const badges = make('div', panel), table = make('table', panel);
  badge(badges, t(n.kind), n.kind === 'leaf' ? colors.leaf : colors.group);
  if (n.status) badge(badges, t(n.status), colors[n.status]);
  row(table, t('module'), n.module ? `${n.module} (${n.type})` : t('outside'));
  if (n.line) row(table, t('line'), n.line);
  if (n.kind !== 'leaf') {
    row(table, t('time'), timeText(n.time));
    row(table, t('memory'), bytesText(step.ops[n.ops.at(-1)].memory));
  }
  if (n.of >= 0) row(table, t('of'), linkTo(nodes[n.of]));
  if (n.derivative >= 0) row(table, t('derivative'), linkTo(nodes[n.derivative]));
  if (isDone(n)) showOutputs(panel, n);
  else note(panel, `${t('notyet')} ${n.position + 1}`);
  if (n.kind === 'leaf' || n.kind === 'forward')
    for (const port of n.outputs) showGradient(panel, port);
  if (n.inputs.length) showInputs(panel, n);
  if (n.ops.length) showOps(panel, n);
}
/// The first four: an update may write all parameters.
function showOutputs(panel, n) {
  n.outputs.slice(0, 4).forEach((port, i) => {
    const name = t(n.kind === 'backward' ? 'result' : 'output');
    showTensor(panel, n.outputs.length > 1 ? `${name} ${i + 1}` : name, port, port.content);
  });
}
function showGradient(panel, port) {
  const isThere = port.gradient >= 0 && hasArrived(port);
  if (isThere) showTensor(panel, t('gradient'), port, port.gradient);
  else make('h3', panel, t('gradient'));
  if (port.gradient < 0) note(panel, t('nograd'));
  else if (!isThere) note(panel, `${t('later')} ${nodes[port.arrives].position + 1}`);
  else if (port.arrives >= 0) note(panel, t('madeby') + ' ').append(linkTo(nodes[port.arrives]));
}
function showInputs(panel, n) {
  make('h3', panel, t('inputs'));
  const table = make('table', panel);
  for (const {block, node, shape} of n.inputs.slice(0, 100)) {
    const from = nodes[node], value = make('span');
    if (block < 0) value.append(t('nothing'));
    else value.append(from ? linkTo(from) : step.blocks[block].name || '–');
    if (n.kind === 'backward' && (from?.kind === 'leaf' || from?.kind === 'forward'))
      make('span', value, '  ' + t('kept'), {className: 'note'});
    row(table, block < 0 ? '–' : shapeText(shape), value);
  }
}
/// The ops that ran, those of a formula below it.
function showOps(panel, n) {
  const depthOf = i => {
    if (n.ops.includes(i)) return 0;
    return step.ops[i].parent < 0 ? -1 : depthOf(step.ops[i].parent) + 1 || -1;
  };
  make('h3', panel, t('inner'));
  const table = make('table', panel);
  for (let i = n.ops[0]; i < step.ops.length && i < n.ops.at(-1) + 200; ++i) {
    const op = step.ops[i], depth = depthOf(i);
    if (depth < 0) continue;
    const tr = make('tr', table);
    make('td', tr, '\u2003'.repeat(depth) + op.name);
    make('td', tr, t(op.status), {className: 'status'}).style.color = colors[op.status];
    make('td', tr, op.shapes.join(' '));
    make('td', tr, timeText(op.time), {className: 'right'});
  }
}

// ---------------------------------------------------------------- tensors

function showTensor(panel, title, port, content) {
  const c = step.contents[content], [min, max, mean, std] = c.range.map(format);
  const isGradient = content === port.gradient, table = make('table', panel);
  panel.insertBefore(make('h3', null, title), table);
  const bytes = isGradient ? '' : ', ' + bytesText(step.blocks[port.block].bytes);
  row(table, t('shape'), `${shapeText(port.shape)}  ${port.dtype}${bytes}`);
  if (c.numel > 1) row(table, t('range'), `${min} … ${max}`);
  if (c.numel > 1) row(table, t('moments'), `${mean}, ${std}`);
  const part = (100 * c.zeros / c.numel).toPrecision(3);
  if (c.zeros) row(table, t('zeros'), `${c.zeros} (${part} %)`);
  const bad = `${c.nans} NaN, ${c.infinities} inf`;
  if (c.nans + c.infinities) row(table, t('nonfinite'), bad, 'bad');
  const first = c.step[1] === 1 ? c.values.slice(0, 6).map(format).join(', ') : '';
  if (first) row(table, t('value'), first + (c.numel > 6 ? ', …' : ''));
  if (c.numel > 1) heatMap(panel, c, port.shape);
}
/// Blue below zero, red above; white is zero, black is not finite.
function colorOf(x, scale) {
  const part = Math.min(Math.abs(x) / (scale || 1), 1), other = Math.round(255 - 205 * part);
  if (!Number.isFinite(part)) return '#000';
  return x < 0 ? `rgb(${other}, ${other}, 255)` : `rgb(255, ${other}, ${other})`;
}
function heatMap(panel, c, shape) {
  const size = Math.max(6, Math.min(22, Math.floor(330 / c.columns)));
  const canvas = make('canvas', panel, '', {className: 'heat'}), ink = canvas.getContext('2d');
  const values = c.values.map(Number), finite = values.filter(Number.isFinite).map(Math.abs);
  canvas.width = c.columns * size, canvas.height = c.rows * size;
  values.forEach((x, i) => {
    ink.fillStyle = colorOf(x, Math.max(0, ...finite));
    ink.fillRect(i % c.columns * size, Math.floor(i / c.columns) * size, size, size);
  });
  if (c.step[0] > 1 || c.step[1] > 1)
    note(panel, t('sampled').replace('{0}', ordinal(c.step[0])).replace('{1}', ordinal(c.step[1])));
  canvas.onmousemove = e => {
    const column = Math.floor(e.offsetX / size), line = Math.floor(e.offsetY / size);
    const last = [...Array(shape.length).fill(0), line * c.step[0], column * c.step[1]];
    const value = c.values[line * c.columns + column];
    if (value === undefined || column >= c.columns) hideTip();
    else showTip(e, `${shapeText(last.slice(last.length - shape.length))} = ${format(value)}`);
  };
  canvas.onmouseleave = hideTip;
}
function ordinal(n) {
  if (language) return n;
  return n + (n % 100 > 10 && n % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
}

function showTip(e, text) {
  const tip = $('tip');
  tip.textContent = text, tip.hidden = false;
  tip.style.left = Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
  tip.style.top = Math.min(e.clientY + 14, innerHeight - tip.offsetHeight - 8) + 'px';
}
function hideTip() { $('tip').hidden = true; }
