// SPDX-License-Identifier: MIT
// Memory over the step: the blocks that its ops made, and what was measured.

const memory = $('memory'), ink = memory.getContext('2d');
const tints = {kept: '#f0b35c', made: '#b59adb', temporary: '#a9c8e8', measured: '#1f2733'};
let blocks = [], high = 1, base = 0;  // base: what is held throughout the step

/// The blocks that ops of the step made, from their maker to their last reader. Those that are kept
/// lie below the others. What an op makes for itself is not shown.
function collect() {
  const isInner = (b, id) => b.maker === b.last && (nodes[b.maker].ops.length > 1
    || !nodes[b.maker].outputs.some(o => o.block === id));
  blocks = step.blocks.filter((b, id) => b.maker >= 0 && b.bytes > 0 && !isInner(b, id));
  for (const b of blocks) {
    const maker = nodes[b.maker], last = nodes[b.last];
    b.from = maker.position, b.to = Math.max(last.position, b.from) + 1;
    b.tint = maker.kind !== 'forward' ? 'made' : last.kind === 'backward' ? 'kept' : 'temporary';
  }
  blocks.sort((a, b) => (b.tint === 'kept') - (a.tint === 'kept') || a.from - b.from);
  const measured = timeline.map(memoryAfter);
  base = Math.min(step.memory_before, ...measured);
  const explained = timeline.map((_, i) => heldAt(i).reduce((sum, h) => sum + h.block.bytes, 0));
  high = Math.max(1, ...[step.memory_before, ...measured].map(b => b - base), ...explained);
}
const memoryAfter = id => step.ops[nodes[id].ops.at(-1)].memory;
/// The blocks while the i-th op runs, one upon the other: from byte y on.
function heldAt(i) {
  let y = 0;
  const held = blocks.filter(b => b.from <= i && i < b.to);
  return held.map(block => ({block, y: (y += block.bytes) - block.bytes}));
}

/// Where ops and bytes are drawn.
function axes() {
  const left = 76, right = memory.clientWidth - 14, up = 24, down = memory.clientHeight - 10;
  return {left, right, up, down, x: i => left + (right - left) * i / Math.max(1, timeline.length),
    y: bytes => down - (down - up) * bytes / high};
}
function drawMemory() {
  resize(memory);
  const a = axes();
  drawScale(a);
  ink.drawImage(picture(a), a.left, 0, a.right - a.left, memory.clientHeight);
  drawChosen(a);
  ink.fillStyle = '#ffffffb0', ink.fillRect(a.x(at), a.up, a.right - a.x(at), a.down - a.up);
  ink.strokeStyle = tints.measured, ink.lineWidth = 1.3;
  ink.beginPath(), ink.moveTo(a.left, a.y(step.memory_before - base));
  timeline.forEach((id, i) => {
    const y = a.y(memoryAfter(id) - base);
    ink.lineTo(a.x(i), y), ink.lineTo(a.x(i + 1), y);
  });
  ink.stroke();
  ink.fillStyle = colors.now, ink.fillRect(a.x(at) - 0.7, a.up, 1.4, a.down - a.up);
}
function drawScale({left, right, y}) {
  ink.font = small, ink.fillStyle = colors.pale, ink.textAlign = 'left';
  ink.fillText(`${t('memory')}: ${t('held')} ${bytesText(base)}`, left, 14);
  let key = right;
  for (const name of ['measured', 'temporary', 'made', 'kept']) {
    key -= ink.measureText(t(name)).width + 26;
    ink.fillStyle = tints[name], ink.fillRect(key, 6, 10, name === 'measured' ? 2 : 9);
    ink.fillStyle = colors.pale, ink.fillText(t(name), key + 14, 14);
  }
  ink.textAlign = 'right';
  const unit = 2 ** Math.floor(Math.log2(high / 3));
  for (let bytes = 0; bytes <= high; bytes += unit) {
    ink.fillStyle = colors.pale, ink.fillText(bytesText(bytes), left - 6, y(bytes) + 4);
    ink.fillStyle = '#e6eaf0', ink.fillRect(left, y(bytes), right - left, 1);
  }
}
/// All blocks, drawn once for a size: in columns of one op, or of one pixel if there are more ops.
let drawn = null;
function picture({left, right, y}) {
  const ratio = devicePixelRatio || 1, w = right - left;
  if (drawn?.width === Math.floor(w * ratio)) return drawn;
  drawn = document.createElement('canvas');
  drawn.width = w * ratio, drawn.height = memory.clientHeight * ratio;
  const brush = drawn.getContext('2d'), columns = Math.min(timeline.length, w), each = w / columns;
  brush.scale(ratio, ratio);
  for (let c = 0; c < columns; ++c)
    for (const {block, y: from} of heldAt(Math.floor(c * timeline.length / columns))) {
      const top = y(from + block.bytes), h = y(from) - top;
      brush.fillStyle = tints[block.tint], brush.fillRect(c * each, top, each + 0.3, h + 0.3);
      if (h > 7) brush.fillStyle = '#ffffffb0', brush.fillRect(c * each, top, each, 1);
    }
  return drawn;
}
/// The blocks that the chosen node made or was the last to read.
function drawChosen({left, right, x, y}) {
  const isMine = b => nodes[b.maker] === selected || nodes[b.last] === selected;
  if (!blocks.some(isMine)) return;
  const each = Math.max(1, Math.ceil(timeline.length / (right - left)));
  ink.fillStyle = colors.now;
  for (let i = 0; i < timeline.length; i += each)
    for (const {block, y: from} of heldAt(i).filter(h => isMine(h.block))) {
      const top = y(from + block.bytes);
      ink.fillRect(x(i), top, x(i + each) - x(i) + 0.5, Math.max(1, y(from) - top));
    }
}

function blockAt(e) {
  const {left, x, y} = axes(), i = Math.floor((e.offsetX - left) / (x(1) - left));
  const isHit = h => e.offsetY <= y(h.y) && e.offsetY >= y(h.y + h.block.bytes);
  return heldAt(i).find(isHit)?.block;
}
memory.onmousemove = e => {
  const b = blockAt(e);
  if (!b) return hideTip();
  const lines = [bytesText(b.bytes), `${t('madeby')} ${fullName(nodes[b.maker])}`,
    `${t(b.tint === 'kept' ? 'keptby' : 'forlast')} ${fullName(nodes[b.last])}`];
  showTip(e, lines.join('\n'));
};
memory.onmouseleave = hideTip;
memory.onclick = e => {
  const b = blockAt(e), {left, x} = axes();
  if (b) choose(nodes[b.maker], true);
  else seek(Math.round((e.offsetX - left) / (x(1) - left)));
};
