// SPDX-License-Identifier: MIT
// Draws the graph. The forward pass is on the left, from top to bottom; the backward pass on the
// right, from bottom to top, with the derivative of each op at the height of the op.

const colors = {kernel: '#2f6fb3', formula: '#7b4fb0', view: '#76818f', failed: '#b3261e',
  leaf: '#3d7f56', group: '#5b6675', chosen: '#0b5cad', now: '#d9480f', found: '#e0a100',
  saved: '#e08a00', edge: '#8b96a5', gradient: '#9a6bc9', text: '#1f2733', pale: '#5b6675'};
const fills = {kernel: '#e8f1fb', formula: '#f1e9fa', view: '#f1f3f5', failed: '#fbe7e5',
  leaf: '#e7f4ec', group: '#e9eef5'};
const camera = {x: 0, y: 0, scale: 1};

const isDone = n => n.kind === 'leaf' || n.position < at;
const hasArrived = port => port.arrives < 0 || isDone(nodes[port.arrives]);
const hasBad = c => c >= 0 && step.contents[c].nans + step.contents[c].infinities > 0;

/// Clears a canvas and gives it as many pixels as the screen has there.
function resize(canvas) {
  const ratio = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== w * ratio) canvas.width = w * ratio;
  if (canvas.height !== h * ratio) canvas.height = h * ratio;
  const ink = canvas.getContext('2d');
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, w, h);
  return [w, h];
}
let isWaiting = false;
function redraw() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => { isWaiting = false, draw(), drawMemory(); });
}

function draw() {
  const [w, h] = resize(graph), {x, y, scale} = camera;
  pen.save();
  pen.scale(scale, scale), pen.translate(-x, -y);
  const isShown = b => b.x < x + w / scale && b.x + b.w > x && b.y < y + h / scale && b.y + b.h > y;
  const [frames, solid] = [boxes.filter(b => b.kind === 'frame' && isShown(b)),
    boxes.filter(b => b.kind !== 'frame' && isShown(b))];
  frames.forEach(drawFrame);
  for (const e of edges) if (isShown(spanOf(e))) drawEdge(e, false);
  for (const e of edges) if (isChosen(e.from) || isChosen(e.to)) drawEdge(e, true);
  if (selected && !selected.groups) drawSaved(selected);
  if (scale >= 0.3) frames.forEach(drawTitle);
  solid.forEach(drawBox);
  pen.restore();
  drawNames(w);
  if (!timeline.length) label(t('empty'), w / 2, 60, colors.pale, font);
}
function label(text, x, y, color, f) {
  pen.fillStyle = color, pen.font = f, pen.textAlign = 'center';
  pen.fillText(text, x, y);
}
function outline(b, color, width, grow = 0) {
  pen.strokeStyle = color, pen.lineWidth = width;
  pen.beginPath();
  pen.roundRect(b.x - grow, b.y - grow, b.w + 2 * grow, b.h + 2 * grow, b.kind === 'leaf' ? 9 : 5);
  pen.stroke();
}

/// The names of the passes stay at the upper edge.
function drawNames(w) {
  const middle = {forward: tree.w / 2, backward: extent.shift + tree.w / 2,
    update: (2 * extent.shift - 20 + extent.w) / 2};
  for (const [pass, x] of Object.entries(middle)) {
    const at = (x - camera.x) * camera.scale, half = widthOf(t(pass), 'bold ' + font) / 2 + 8;
    if (at < 0 || at > w || !boxes.some(b => b.pass === pass)) continue;
    pen.fillStyle = '#ffffffe8', pen.fillRect(at - half, 0, 2 * half, 22);
    label(t(pass), at, 15, colors.pale, 'bold ' + font);
  }
}

// ---------------------------------------------------------------- modules

const frameFill = b => b.group.depth % 2 ? '#f7f9fb' : '#fff';
function drawFrame(b) {
  pen.fillStyle = frameFill(b), pen.fillRect(b.x, b.y, b.w, b.h);
  outline(b, selected === b.group ? colors.chosen : '#cfd6df', 1);
}
/// Over the edges, so that it can be read.
function drawTitle(b) {
  const name = '− ' + b.group.name, w = widthOf(name), type = widthOf(b.group.type, small);
  pen.fillStyle = frameFill(b), pen.fillRect(b.x + 6, b.y + 4, w + type + 14, 17);
  label(name, b.x + 9 + w / 2, b.y + 17, colors.pale, font);
  label(b.group.type, b.x + 16 + w + type / 2, b.y + 17, '#97a1ae', small);
}

// ---------------------------------------------------------------- edges

const spanOf = ({from, to, lane}) => {
  const x = Math.min(from.x, to.x, lane ?? Infinity), y = Math.min(from.y, to.y);
  return {x, y, w: Math.max(from.x + from.w, to.x + to.w, lane ?? 0) - x,
    h: Math.max(from.y + from.h, to.y + to.h) - y};
};
function drawEdge(e, isStrong) {
  const color = e.from.pass === 'backward' ? colors.gradient : colors.edge;
  pen.strokeStyle = isStrong ? colors.now : color, pen.lineWidth = isStrong ? 2 : 1;
  const leaf = e.from.kind === 'leaf' ? e.from : e.to.kind === 'leaf' ? e.to : null;
  if (leaf && Math.abs(e.from.y - e.to.y) < 60) drawBeside(e);
  else drawDown(e);
}
/// From a leaf to the op at its right; in the backward pass the other way.
function drawBeside({from, to}) {
  const isRight = from.x < to.x, y = to.y + to.h / 2, x = isRight ? to.x : to.x + to.w;
  pen.beginPath();
  pen.moveTo(isRight ? from.x + from.w : from.x, from.y + from.h / 2), pen.lineTo(x, y);
  pen.stroke();
  drawTip(x, y, isRight ? 1 : -1, 0);
}
/// From one row to another. In a lane, it turns between the rows and above the titles of frames.
function drawDown({from, to, lane}) {
  const down = from.y < to.y ? 1 : -1, half = down * gap / 2;
  const x = from.x + from.w / 2, y = down > 0 ? from.y + from.h : from.y;
  const toX = to.x + to.w / 2, toY = down > 0 ? to.y : to.y + to.h;
  const end = down > 0 ? toY - to.head : toY, bend = down * Math.min(Math.abs(toY - y) / 2, 40);
  pen.beginPath(), pen.moveTo(x, y);
  if (lane === undefined) pen.bezierCurveTo(x, y + bend, toX, toY - bend, toX, toY);
  else {
    pen.bezierCurveTo(x, y + half, lane, y + half, lane, y + 2 * half);
    pen.lineTo(lane, end - 2 * half);
    pen.bezierCurveTo(lane, end - half, toX, end - half, toX, end);
    pen.lineTo(toX, toY);
  }
  pen.stroke();
  drawTip(toX, toY, 0, down);
}
/// The tip of an arrow in direction (dx, dy).
function drawTip(x, y, dx, dy) {
  if (camera.scale < 0.3) return;
  pen.fillStyle = pen.strokeStyle;
  pen.beginPath(), pen.moveTo(x, y);
  pen.lineTo(x - 6 * dx - 3 * dy, y - 6 * dy - 3 * dx);
  pen.lineTo(x - 6 * dx + 3 * dy, y - 6 * dy + 3 * dx);
  pen.fill();
}

/// Dashed: from the ops whose results a derivative reads to the derivative.
function drawSaved(n) {
  const derivative = n.kind === 'backward' ? n : nodes[n.derivative];
  if (!derivative) return;
  const to = boxOf(derivative), read = derivative.inputs.map(i => nodes[i.node]);
  pen.setLineDash([5, 4]), pen.strokeStyle = colors.saved, pen.lineWidth = 1.5;
  for (const u of new Set(read)) if (u && (u.kind === 'leaf' || u.kind === 'forward')) {
    const x = u.box.x + u.box.w, y = u.box.y + u.box.h / 2, toY = to.y + to.h / 2;
    pen.beginPath(), pen.moveTo(x, y);
    pen.bezierCurveTo(x + 60, y, to.x - 60, toY, to.x, toY), pen.stroke();
  }
  pen.setLineDash([]);
}

// ---------------------------------------------------------------- nodes

/// The node that a box shows: in the backward pass the derivative, if it runs any op.
const shownBy = b => b.pass === 'backward' && b.node ? nodes[b.node.derivative] ?? b.node : b.node;
const isChosen = b => selected && (b.group ? b.group === selected
  : shownBy(b) === selected && (b.pass !== 'backward' || selected !== b.node || b.node.isSeed));
/// Returns whether a box shows what has run.
function isReady(b) {
  if (b.group) return [...membersOf(b.group)].some(n => isReady({node: n, pass: b.pass}));
  const passesOn = b.pass === 'backward' && shownBy(b) === b.node;
  return passesOn && b.node.outputs.length ? hasArrived(b.node.outputs[0]) : isDone(shownBy(b));
}
function kindOf(b) {
  if (b.group || b.kind === 'leaf') return b.group ? 'group' : 'leaf';
  return b.pass === 'backward' && shownBy(b) === b.node && !b.node.isSeed ? 'view'
    : shownBy(b).status || 'view';
}
function drawBox(b) {
  const kind = kindOf(b), passesOn = b.pass === 'backward' && b.node && shownBy(b) === b.node;
  pen.globalAlpha = isReady(b) ? 1 : 0.35;
  pen.fillStyle = fills[kind];
  pen.setLineDash(passesOn && !b.node.isSeed ? [3, 2] : []);
  outline(b, colors[kind], isChosen(b) ? 3 : 1), pen.fill();
  pen.setLineDash([]);
  if (at < timeline.length && at > 0 && boxOf(nodes[timeline[at - 1]]) === b)
    outline(b, colors.now, 3, 4);
  if (matches.some(m => m.box === b)) outline(b, colors.found, 3, 3);
  if (camera.scale >= 0.3) drawText(b);
  pen.globalAlpha = 1;
}
function drawText(b) {
  const n = b.node, sign = b.pass === 'backward' && n && !n.isSeed ? '∂ ' : '', x = b.x + b.w / 2;
  if (b.kind === 'leaf') return label(sign + n.short, x, b.y + 13, colors.text, small);
  label(n ? sign + n.title : '+ ' + b.group.name, x, b.y + 15, colors.text, font);
  label(n ? lineOf(n) : b.group.type || countOf(b.group), x, b.y + 29, colors.pale, small);
  const port = n?.outputs[0];
  if (port && hasBad(b.pass === 'backward' && !n.isSeed ? port.gradient : port.content))
    label('!', b.x + b.w - 6, b.y + 13, colors.failed, font);
}
const countOf = group => `${[...membersOf(group)].length} ${t('ops')}`;
const lineOf = n => n.outputs.length && n.kind !== 'update' ? shapeText(n.outputs[0].shape)
  : timeText(n.time);
