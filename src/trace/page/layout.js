// SPDX-License-Identifier: MIT
// The step as a tree of modules, and where each node stands. A module that is open is laid out
// first and is then one item of the module around it, so that nothing overlaps.

const nodes = step.nodes;
const timeline = [];  // ids of all nodes but leaves, in the order in which they ran
const tree = {key: '', name: '', groups: new Map(), nodes: [], depth: 0};
let at = 0;  // so many nodes of the timeline have run
let selected = null;  // a node, or a group

function prepare() {
  nodes.forEach((n, id) => {
    Object.assign(n, {id, leaves: [], users: [], derivative: -1, position: timeline.length});
    n.time = n.ops.reduce((sum, i) => sum + step.ops[i].time, 0);
    const ran = s => n.ops.some(i => step.ops[i].status === s);
    n.status = ['failed', 'formula', 'kernel', 'view'].find(ran) ?? '';
    n.title = n.name || (n.kind === 'leaf' ? t('input') : '');
    if (n.kind !== 'leaf') timeline.push(id);
    if (n.of >= 0) nodes[n.of].derivative = id;
    n.isSeed = n.kind === 'backward' && n.of < 0 && !n.inputs.length;
    for (const input of n.inputs) if (input.node >= 0) nodes[input.node].users.push(id);
    const isOwn = n.name.startsWith(n.module + '.');
    if (n.kind === 'leaf') n.short = isOwn ? n.name.slice(n.module.length + 1) : n.title;
  });
  at = timeline.length;
  for (const n of nodes) {
    if (n.kind === 'leaf' && n.users.length) nodes[n.users[0]].leaves.push(n);
    if (n.kind === 'forward') groupOf(n).nodes.push(n);
  }
  for (const n of nodes) if (n.kind === 'forward') for (const u of producers(n)) link(u, n);
}
const titleOf = n => (n.kind === 'backward' && !n.isSeed ? '∂ ' : '') + n.title;
const fullName = n => titleOf(n) + (n.module ? ' · ' + n.module : '');

function groupOf(n) {
  let group = tree;
  for (const part of n.module ? n.module.split('.') : []) {
    const key = group.key ? group.key + '.' + part : part;
    if (!group.groups.has(part)) group.groups.set(part, {key, name: part, type: '', up: group,
      groups: new Map(), nodes: [], depth: group.depth + 1, open: true});
    group = group.groups.get(part);
  }
  if (n.module && n.type) group.type = n.type;
  return n.group = group;
}
/// The leaves and ops whose results n reads; a derivative that it reads stands for its op.
function sources(n) {
  const read = n.inputs.filter(i => i.node >= 0).map(i => nodes[i.node]);
  return [...new Set(read.map(u => u.of >= 0 ? nodes[u.of] : u))];
}
/// The ops among them; a leaf belongs to the op that is the first to read it.
function producers(n) {
  const ops = sources(n).map(u => u.kind === 'leaf' ? nodes[u.users[0]] : u);
  return ops.filter(u => u !== n && u.group);
}
function chainOf(n) {
  const chain = [n];
  for (let g = n.group; g; g = g.up) chain.unshift(g);
  return chain;
}
/// An edge between the two items, nodes or groups, of the innermost group that has both.
function link(u, v) {
  const a = chainOf(u), b = chainOf(v);
  let i = 0;
  while (a[i] === b[i]) ++i;
  const edges = a[i - 1].edges ??= new Map();
  if (!edges.has(b[i])) edges.set(b[i], new Set());
  edges.get(b[i]).add(a[i]);
}
function* membersOf(group) {
  yield* group.nodes;
  for (const g of group.groups.values()) yield* membersOf(g);
}

const font = '12px system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif',
    small = '10.5px system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif';
const graph = $('graph'), pen = graph.getContext('2d');
const gap = 26, side = 14, titleHeight = 26;
let boxes = [], edges = [], extent = {w: 0, h: 0, shift: 0};

function widthOf(text, f = font) { pen.font = f; return pen.measureText(text).width; }

/// Gives an item its size; a group that is open is laid out first.
function measure(item) {
  if (item.groups && item.open) return layOut(item);
  if (item.groups) {
    const w = Math.max(widthOf(item.name), widthOf(item.type, small)) + 46;
    return Object.assign(item, {w, h: 38, anchor: w / 2});
  }
  const shape = shapeText(item.outputs[0]?.shape ?? []);
  const own = Math.max(widthOf('∂ ' + item.title), widthOf(shape, small)) + 16;
  const leaves = item.leaves.map(l => l.w = widthOf('∂ ' + l.short, small) + 14);
  const beside = leaves.length ? Math.max(...leaves) + 12 : 0;
  return Object.assign(item, {own, beside, w: own + beside, h: Math.max(36, leaves.length * 21 - 3),
    anchor: beside + own / 2});
}
const firstOf = item => item.groups ? item.first ??= Math.min(...[...membersOf(item)].map(firstOf))
  : item.id;

/// Layers by the longest path, order in them by barycenters, then coordinates from top to bottom.
function layOut(group) {
  const items = [...group.nodes, ...group.groups.values()].sort((a, b) => firstOf(a) - firstOf(b));
  const older = i => [...group.edges?.get(i) ?? []].filter(u => firstOf(u) < firstOf(i));
  const before = new Map(items.map(i => [i, older(i)])), after = new Map(items.map(i => [i, []]));
  for (const i of items) for (const u of before.get(i)) after.get(u).push(i);
  for (const i of items) measure(i).layer = Math.max(-1, ...before.get(i).map(u => u.layer)) + 1;
  for (const i of items) if (!before.get(i).length && after.get(i).length)
    i.layer = Math.max(0, Math.min(...after.get(i).map(v => v.layer)) - 1);
  const layers = [];
  for (const i of items) (layers[i.layer] ??= []).push(i);
  for (let k = 0; k < layers.length; ++k) layers[k] ??= [];
  order(layers, before, after);
  let y = group.up ? titleHeight : 0, left = Infinity, right = 0;
  for (const layer of layers) {
    place(layer, before);
    const h = Math.max(0, ...layer.map(i => i.h));
    for (const i of layer) {
      i.y = y + (h - i.h) / 2;
      left = Math.min(left, i.x), right = Math.max(right, i.x + i.w);
    }
    y += h + gap;
  }
  if (!items.length) return Object.assign(group, {items, w: 0, h: 0, anchor: 0});
  const last = items[items.length - 1];  // edges to it pass the title by
  const title = group.up ? widthOf('− ' + group.name) + widthOf(group.type, small) + 28 : 0;
  const shift = Math.max(side - left, title - last.x - last.anchor);
  for (const i of items) i.x += shift;
  return Object.assign(group, {items, w: right + shift + side, h: y - gap + side,
    anchor: last.x + last.anchor});
}
function order(layers, before, after) {
  const number = layer => layer.forEach((item, i) => item.rank = i);
  layers.forEach(number);
  const mean = list => list.reduce((sum, i) => sum + i.rank, 0) / list.length;
  const sort = (layer, others) => {
    for (const i of layer) i.center = others.get(i).length ? mean(others.get(i)) : i.rank;
    number(layer.sort((a, b) => a.center - b.center || firstOf(a) - firstOf(b)));
  };
  for (let sweep = 0; sweep < 2; ++sweep) {
    for (const layer of layers) sort(layer, before);
    for (const layer of [...layers].reverse()) sort(layer, after);
  }
}
/// Each item under those that it reads, moved as far as its neighbours need; what reads nothing
/// stands on the right.
function place(layer, before) {
  const reads = i => before.get(i).length > 0;
  const under = layer.filter(reads), free = layer.filter(i => !reads(i));
  let right = -Infinity, moved = 0;
  for (const i of under) {
    const above = before.get(i);
    const wanted = above.reduce((s, u) => s + u.x + u.anchor, 0) / above.length - i.anchor;
    i.x = Math.max(wanted, right + gap);
    right = i.x + i.w, moved += i.x - wanted;
  }
  for (const i of under) i.x -= moved / under.length;
  if (under.length) right -= moved / under.length;
  for (const i of free) {
    i.x = right === -Infinity ? -i.anchor : right + gap;
    right = i.x + i.w;
  }
}

// ---------------------------------------------------------------- places

/// Absolute places: `boxes` in the order of drawing; n.box and n.twin, in which a node and its
/// gradient are shown.
function lay() {
  layOut(tree);
  boxes = [], edges = [];
  for (const n of nodes) n.box = n.twin = null;
  extent = {w: tree.w, h: tree.h, shift: tree.w + 60};
  layGroup(tree, 0, 0);
  for (const n of nodes) if (n.isSeed) laySeed(n);
  layUpdates();
  layEdges();
}
function addBox(pass, kind, x, y, w, h, more) {
  const b = {pass, kind, x, y, w, h, head: 0, id: boxes.length, ...more};
  boxes.push(b);
  return b;
}
/// A box of the forward pass and, if a gradient comes there, one of the backward pass.
function addBoth(hasGradient, kind, x, y, w, h, more) {
  return [addBox('forward', kind, x, y, w, h, more),
    hasGradient ? addBox('backward', kind, x + extent.shift, y, w, h, more) : null];
}
const hasGradient = n => n.derivative >= 0 || n.outputs[0]?.gradient >= 0
  || n.leaves.some(hasGradient);
function layGroup(group, x, y) {
  const any = g => [...membersOf(g)].some(hasGradient);
  if (group.up) addBoth(any(group), 'frame', x, y, group.w, group.h, {group});
  for (const item of group.items) {
    const head = group.up && item.layer === 0 ? titleHeight : 0, ix = x + item.x, iy = y + item.y;
    if (!item.groups) layNode(item, ix, iy, head);
    else if (item.open) layGroup(item, ix, iy);
    else {
      const both = addBoth(any(item), 'group', ix, iy, item.w, item.h, {group: item, head});
      for (const n of membersOf(item)) for (const m of [n, ...n.leaves]) [m.box, m.twin] = both;
    }
  }
}
/// An op, and at its left the leaves that it is the first to read.
function layNode(n, x, y, head) {
  [n.box, n.twin] = addBoth(n.derivative >= 0 || n.outputs[0]?.gradient >= 0, 'node', x + n.beside,
    y + (n.h - 36) / 2, n.own, 36, {node: n, head});
  n.leaves.forEach((leaf, i) => {
    const ly = y + (n.h - n.leaves.length * 21 + 3) / 2 + i * 21;
    [leaf.box, leaf.twin] = addBoth(hasGradient(leaf), 'leaf', x + n.beside - 12 - leaf.w, ly,
      leaf.w, 18, {node: leaf});
  });
}
/// The gradient with which the backward pass begins stands below the derivative that reads it.
function laySeed(n) {
  const target = nodes[nodes[n.users[0]].of]?.twin, w = widthOf(n.title) + 18;
  if (!target) return;
  const x = target.x + (target.w - w) / 2, y = target.y + target.h + gap;
  n.box = addBox('backward', 'node', x, y, w, 36, {node: n});
  edges.push({from: n.box, to: target});
  extent.h = Math.max(extent.h, y + 50);
}
/// Updates run last and stand in columns on the right, where the backward pass has ended.
function layUpdates() {
  const isLate = n => n.kind === 'update' || (n.kind === 'backward' && n.of < 0 && !n.box);
  const list = nodes.filter(isLate);
  const rows = Math.max(8, Math.ceil(list.length / 6)), x = 2 * extent.shift - 20;
  const w = Math.max(60, ...list.map(n => widthOf(n.title) + 18));
  list.forEach((n, i) => {
    const column = Math.floor(i / rows), y = side + i % rows * 50;
    n.box = addBox('update', 'node', x + column * (w + 14), y, w, 36, {node: n});
  });
  if (list.length) extent.w = x + Math.ceil(list.length / rows) * (w + 14);
  else if (boxes.some(b => b.pass === 'backward')) extent.w = 2 * extent.shift - 60;
}

/// The box of a node; a derivative is shown by the twin of its op.
const boxOf = n => n.of >= 0 ? nodes[n.of].twin : n.box;

function layEdges() {
  const seen = new Set();
  const connect = (from, to) => {
    if (!from || !to || from === to || seen.has(from.id + '>' + to.id)) return;
    seen.add(from.id + '>' + to.id), edges.push({from, to});
  };
  for (const n of nodes) if (n.kind === 'forward') for (const u of sources(n)) {
    connect(u.box, n.box);
    connect(n.twin, u.twin);
  }
  addLanes();
}
/// Gives a long edge the x of a vertical lane beside the boxes that it would cross; the nearest.
function addLanes() {
  const solid = boxes.filter(b => b.kind !== 'frame');
  for (const e of edges) {
    const a = e.from.x + e.from.w / 2, b = e.to.x + e.to.w / 2;
    const up = Math.min(e.from.y + e.from.h, e.to.y + e.to.h), down = Math.max(e.from.y, e.to.y);
    if (down - up < 60) continue;
    const between = solid.filter(s => s !== e.from && s !== e.to && s.y < down - 4
      && s.y + s.h > up + 4);
    if (!between.length) continue;
    const free = x => !between.some(s => s.x - 6 < x && x < s.x + s.w + 6);
    if (Math.abs(a - b) < 4 && free(a)) continue;
    const lanes = [a, b, ...between.flatMap(s => [s.x - 12, s.x + s.w + 12])].filter(free);
    const detour = x => Math.abs(x - a) + Math.abs(x - b);
    e.lane = lanes.sort((x, y) => detour(x) - detour(y))[0];
  }
}
