// SPDX-License-Identifier: MIT
// Opens the `pages` one after another in a frame as wide as a phone and writes into the element
// `result` what is wrong with them.
'use strict';

const result = document.getElementById('result'), wrong = [], found = new Map();
let links = 0, pictures = 0, formulas = 0;

/** Whether the server has the address, asked once. */
async function exists(address) {
  if (!found.has(address))
    found.set(address, fetch(address, {method: 'HEAD'}).then(answer => answer.ok, () => false));
  return found.get(address);
}

function open(page) {
  const frame = document.createElement('iframe');
  frame.style = 'width: 390px; height: 844px; border: 0';
  frame.src = page;
  document.body.append(frame);
  return new Promise(done => { frame.onload = () => done(frame); });
}

/** The text of a page without code, in which a formula would still be TeX. */
function prose(body) {
  const copy = body.cloneNode(true);
  for (const e of copy.querySelectorAll('pre, code, script, style, math, svg')) e.remove();
  return copy.textContent;
}

async function look(page) {
  const frame = await open(page), inside = frame.contentDocument;
  const complain = what => wrong.push(`${page}: ${what}`);
  for (const a of inside.querySelectorAll('a[href]')) {
    if (!a.href.startsWith(location.origin)) continue;
    ++links;
    if (!await exists(a.href.split('#')[0])) complain(`broken link ${a.getAttribute('href')}`);
  }
  for (const picture of inside.querySelectorAll('article img')) {
    ++pictures;
    picture.loading = 'eager';
    await picture.decode().catch(() => complain(`missing picture ${picture.getAttribute('src')}`));
  }
  for (const formula of inside.querySelectorAll('math')) {
    ++formulas;
    const {width, height} = formula.getBoundingClientRect();
    if (!width || !height) complain('an empty formula');
  }
  const tex = prose(inside.body).match(/\$\$|\\(frac|sum|partial|mathbf|cdot|sqrt)\b/);
  if (tex) complain(`a formula is left as text: ${tex[0]}`);
  const width = inside.documentElement.scrollWidth;
  if (width > 392) complain(`${width} pixels wide on a screen of 390`);
  frame.remove();
}

(async () => {
  for (const page of pages) await look(page);
  const counted = `${pages.length} pages, ${links} links, ${pictures} pictures, ${formulas} formulas`;
  result.textContent = wrong.length ? wrong.join('\n') : `all is well: ${counted}`;
})();
