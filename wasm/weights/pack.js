// SPDX-License-Identifier: MIT
// Packs the float32 tensors of a .safetensors file, in the order of their names and rounded to
// bfloat16, into a script that a page loads from a disk too:
//   node pack.js FILE NAME > docs/live/weights/NAME.js
'use strict';

const fs = require('fs');

/** The script for values, a Float32Array. */
function pack(values, name) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = Uint16Array.from(bits, b => (b + 0x7FFF + (b >>> 16 & 1)) >>> 16);  // ties to even
  return `live.weights['${name}'] =\n  '${Buffer.from(packed.buffer).toString('base64')}';\n`;
}

/** All tensors of a file in one array. */
function tensors(file) {
  const bytes = fs.readFileSync(file), length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length)), values = [];
  for (const key of Object.keys(header).sort()) {
    if (key === '__metadata__') continue;
    const {dtype, data_offsets: [begin, end]} = header[key];
    if (dtype !== 'F32') throw new Error(`${key} is ${dtype}; expected F32`);
    for (let i = begin; i < end; i += 4) values.push(bytes.readFloatLE(8 + length + i));
  }
  return Float32Array.from(values);
}

module.exports = {pack};
if (require.main === module) process.stdout.write(pack(tensors(process.argv[2]), process.argv[3]));
