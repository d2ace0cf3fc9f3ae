// SPDX-License-Identifier: MIT
// What the user does: move, choose, open, search, step; and how the page begins.

let isMoved = false;  // the part of the graph that is seen was chosen by the user
let matches = [];     // nodes that the search has found
let player = 0;       // the timer that steps

// ---------------------------------------------------------------- the camera

/// Shows the graph from its upper edge on.
function lookFromTop(scale) {
  camera.scale = scale;
  camera.x = Math.min(extent.w / 2 - graph.clientWidth / 2 / scale, 0) - 10;
  if (extent.w < graph.clientWidth / scale) camera.x += 10;
  camera.y = -24 / scale - 8;
  redraw();
}
function fit() {
  const w = graph.clientWidth / (extent.w + 40), h = (graph.clientHeight - 40) / (extent.h + 40);
  lookFromTop(Math.max(0.02, Math.min(1.2, w, h)));
}
/// The whole graph if it can be read then; otherwise its beginning.
function firstView() {
  fit();
  const wide = Math.min(1, graph.clientWidth / (extent.w + 40));
  if (camera.scale < Math.max(0.45, wide / 2)) lookFromTop(Math.max(0.45, wide));
}
/// Moves to a box that is not to be seen.
function show(b) {
  const w = graph.clientWidth / camera.scale, h = graph.clientHeight / camera.scale;
  const isSeen = b.x >= camera.x && b.x + b.w <= camera.x + w && b.y >= camera.y + 24
    && b.y + b.h <= camera.y + h;
  if (isSeen) return;
  camera.x = b.x + b.w / 2 - w / 2, camera.y = b.y + b.h / 2 - h / 2;
  isMoved = true;
}
function zoom(e) {
  e.preventDefault();
  const scale = Math.max(0.02, Math.min(4, camera.scale * Math.exp(-e.deltaY * 0.0015)));
  camera.x += e.offsetX / camera.scale - e.offsetX / scale;
  camera.y += e.offsetY / camera.scale - e.offsetY / scale;
  camera.scale = scale, isMoved = true;
  redraw();
}
/// Moves the camera while a button is pressed; a click that moved it chooses nothing.
function listenToDrags() {
  let drag = null, hasMoved = false;
  graph.onpointerdown = e => {
    drag = e, hasMoved = false;
    graph.setPointerCapture(e.pointerId), graph.focus();
  };
  graph.onpointermove = e => {
    if (!drag) return graph.style.cursor = boxUnder(e) ? 'pointer' : 'grab';
    const dx = e.clientX - drag.clientX, dy = e.clientY - drag.clientY;
    hasMoved = hasMoved || Math.abs(dx) + Math.abs(dy) > 2;
    camera.x -= dx / camera.scale, camera.y -= dy / camera.scale;
    drag = e, isMoved = isMoved || hasMoved;
    redraw();
  };
  graph.onpointerup = () => drag = null;
  graph.onclick = e => {
    const b = boxUnder(e);
    if (!hasMoved) choose(b?.group ?? (b ? shownBy(b) : null), false);
  };
}
/// The box, or the frame of which this is the title.
function boxUnder(e) {
  const x = camera.x + e.offsetX / camera.scale, y = camera.y + e.offsetY / camera.scale;
  return boxes.findLast(b => x >= b.x && x <= b.x + b.w && y >= b.y
    && y <= b.y + (b.kind === 'frame' ? titleHeight : b.h));
}

// ---------------------------------------------------------------- choosing

/// Chooses a node, a module or nothing; a node is shown, and its modules opened, if isFar.
function choose(item, isFar) {
  selected = item;
  if (isFar) {
    const owner = item.kind === 'leaf' ? nodes[item.users[0]] : nodes[item.of] ?? item;
    const closed = chainOf(owner).filter(g => g.groups && g.up && !g.open);
    for (const g of closed) g.open = true;
    if (closed.length) lay();
    if (boxOf(item)) show(boxOf(item));
  }
  showDetails(), redraw();
}
/// Opens or closes a module, which stays where it is on the screen.
function toggle(group) {
  const before = boxes.find(b => b.group === group);
  group.open = !group.open;
  lay();
  const now = boxes.find(b => b.group === group);
  camera.x += now.x - before.x, camera.y += now.y - before.y;
  showDetails(), redraw();
}
/// Opens the modules of so many levels.
function openLevels(levels, group = tree) {
  for (const g of group.groups.values()) g.open = g.depth <= levels, openLevels(levels, g);
  if (group === tree) lay(), fit();
}
function search(text) {
  const wanted = text.trim().toLowerCase();
  const textOf = n => [n.title, n.module, n.type, n.line, shapeText(n.outputs[0]?.shape ?? [])];
  matches = nodes.filter(n => wanted && n.kind !== 'backward'
    && textOf(n).join(' ').toLowerCase().includes(wanted));
  $('found').textContent = wanted ? matches.length : '';
  redraw();
}
function onSearchKey(e) {
  e.stopPropagation();
  if (e.key === 'Enter' && matches.length)
    choose(matches[(matches.indexOf(selected) + 1) % matches.length], true);
  if (e.key === 'Escape') e.target.value = '', search('');
}

// ---------------------------------------------------------------- stepping

/// The step as it was when so many nodes had run.
function seek(to) {
  at = Math.max(0, Math.min(timeline.length, to));
  $('at').value = at;
  selected = nodes[timeline[at - 1]] ?? null;
  const text = selected ? `${t(selected.kind)}: ${fullName(selected)}` : '';
  $('now').textContent = `${at} / ${timeline.length}  ${text}`;
  if (selected && boxOf(selected)) show(boxOf(selected));
  showDetails(), redraw();
}
function play() {
  if (!player && at >= timeline.length) seek(0);
  const advance = () => at < timeline.length ? seek(at + 1) : play();
  player = player ? clearInterval(player) : setInterval(advance, 450);
  $('play').textContent = player ? '■' : '▶▶';
}

// ---------------------------------------------------------------- the beginning

/// All text that depends on the language.
function write() {
  document.documentElement.lang = language ? 'zh' : 'en';
  document.title = $('title').textContent = step.title;
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = t(e.dataset.text);
  for (const e of document.querySelectorAll('[data-title]')) e.title = t(e.dataset.title);
  $('search').placeholder = t('search'), $('language').textContent = t('language');
  for (const n of nodes) if (n.kind === 'leaf' && !n.name) n.title = n.short = t('input');
  const time = timeText(timeline.reduce((sum, id) => sum + nodes[id].time, 0));
  const peak = bytesText(Math.max(step.memory_before, ...step.ops.map(op => op.memory)));
  const facts = [`${timeline.length} ${t('ops')}`, time, `${t('peak')} ${peak}`, step.device];
  $('summary').textContent = facts.join(' · ');
  $('legend').replaceChildren();
  for (const kind of ['kernel', 'formula', 'view', 'leaf']) {
    make('span', $('legend'), '', {className: 'key'}).style.background = colors[kind];
    $('legend').append(t(kind));
  }
  lay(), seek(at);
}
function listen() {
  listenToDrags();
  graph.onwheel = zoom;
  graph.ondblclick = e => { if (boxUnder(e)?.group) toggle(boxUnder(e).group); };
  const clicks = {fold: () => openLevels(0), unfold: () => openLevels(Infinity), fit, play,
    back: () => seek(at - 1), next: () => seek(at + 1),
    language: () => { language = 1 - language, write(); }};
  for (const [id, action] of Object.entries(clicks)) $(id).onclick = action;
  $('search').oninput = e => search(e.target.value);
  $('search').onkeydown = onSearchKey;
  $('at').oninput = e => seek(Number(e.target.value));
  const keys = {ArrowLeft: clicks.back, ArrowRight: clicks.next, ' ': play,
    '/': () => $('search').focus()};
  onkeydown = e => {
    if (keys[e.key] && e.target.tagName !== 'INPUT') e.preventDefault(), keys[e.key]();
  };
  onresize = () => isMoved ? redraw() : firstView();
}
/// Opens as many levels of modules as leave at most 60 boxes.
function openFew() {
  let levels = 0;
  do openLevels(++levels);
  while (levels < 20 && boxes.filter(b => b.pass === 'forward' && b.kind !== 'frame').length <= 60);
  openLevels(levels === 20 ? levels : levels - 1);
}

prepare(), collect(), listen();
$('at').max = timeline.length;
openFew(), write(), choose(null), firstView();
