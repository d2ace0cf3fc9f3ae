// SPDX-License-Identifier: MIT
// Packs the tensors of a .safetensors file, in the order of their names and rounded to bfloat16,
// into a script that a page loads from a disk too: node pack.js FILE NAME > docs/live/weights/NAME.js
'use strict';

const bytes = require('fs').readFileSync(process.argv[2]), name = process.argv[3];
const length = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.subarray(8, 8 + length));
const packed = [];
for (const key of Object.keys(header).sort()) {
  if (key === '__metadata__') continue;
  const {dtype, data_offsets: [begin, end]} = header[key];
  if (dtype !== 'F32') throw new Error(`${key} is ${dtype}; expected F32`);
  for (let i = begin; i < end; i += 4) {
    const bits = bytes.readUInt32LE(8 + length + i);
    packed.push((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);  // to nearest, ties to even
  }
}
const text = Buffer.from(Uint16Array.from(packed).buffer).toString('base64');
process.stdout.write(`live.weights['${name}'] =\n  '${text}';\n`);
