/**
 * The erasure code: n blocks of which any k give the rest. NOT secret sharing. docs/spec/part.md, "The code".
 *
 * GF(2^8) with 0x11d and the matrix of zfec. A matrix here is a list of rows of numbers.
 */
/** @typedef {number[][]} Matrix */

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  value = value & 0x80 ? (value << 1) ^ 0x11d : value << 1;
}

/** @param {number} left @param {number} right */
const times = (left, right) => (left && right ? EXP[LOG[left] + LOG[right]] : 0);

/** Few coefficients are looked up two bytes by two rows at a time; their tables of 256 KiB stay in the cache. */
const FEW = 16;
const KEPT = 64;

/** The matrix: *total* rows of *need*; the first *need* are the unit matrix. @param {number} need @param {number} total */
export function generator(need, total) {
  const top = invert(Array.from({ length: need }, (_, row) => powers(row, need)));
  return Array.from({ length: total }, (_, row) =>
    row < need ? unit(row, need) : product([powers(row, need)], top)[0],
  );
}

/**
 * The rows that make the blocks *wanted* out of the blocks *present*: the indexes of k different blocks.
 * @param {number} need @param {number[]} present @param {number[]} wanted @returns {Matrix}
 */
export function recovery(need, present, wanted) {
  const rows = generator(need, Math.max(...present, ...wanted) + 1);
  const solve = invert(present.map((index) => rows[index]));
  return wanted.map((index) => product([rows[index]], solve)[0]);
}

/**
 * Fill each target with its row's combination of the sources. All are of one length, a multiple of 2.
 * @param {Matrix} rows @param {Uint8Array[]} sources @param {Uint8Array[]} targets
 */
export function multiply(rows, sources, targets) {
  const even = [...sources, ...targets].every((block) => block.byteOffset % 2 === 0 && block.length % 2 === 0);
  if (rows.length * sources.length > FEW || !even) {
    rows.forEach((row, number) => combine(row, sources, targets[number]));
    return;
  }
  const words = sources.map(wide);
  for (let number = 0; number < rows.length; number += 2) {
    const second = number + 1 < rows.length ? number + 1 : number;
    const tables = rows[number].map((first, column) => pair(first, rows[second][column]));
    combinePair(tables, words, wide(targets[number]), wide(targets[second]));
  }
}

/** @param {Uint8Array} block */
const wide = (block) => new Uint16Array(block.buffer, block.byteOffset, block.length / 2);

/** @param {Uint32Array[]} tables @param {Uint16Array[]} words @param {Uint16Array} one @param {Uint16Array} two */
function combinePair(tables, words, one, two) {
  if (tables.length === 3) {
    // Three of five is what most cards advise: its loop is written out.
    const [a, b, c] = tables;
    const [x, y, z] = words;
    for (let at = 0; at < one.length; at++) {
      const sum = a[x[at]] ^ b[y[at]] ^ c[z[at]];
      two[at] = sum >>> 16;
      one[at] = sum;
    }
    return;
  }
  for (let at = 0; at < one.length; at++) {
    let sum = 0;
    for (let source = 0; source < tables.length; source++) sum ^= tables[source][words[source][at]];
    two[at] = sum >>> 16;
    one[at] = sum;
  }
}

/** @param {number[]} row @param {Uint8Array[]} sources @param {Uint8Array} target */
function combine(row, sources, target) {
  target.fill(0);
  row.forEach((coefficient, number) => {
    if (!coefficient) return;
    const table = single(coefficient);
    const source = sources[number];
    for (let at = 0; at < target.length; at++) target[at] ^= table[source[at]];
  });
}

/** @type {Map<number, Uint8Array>} */
const singles = new Map();
/** @param {number} coefficient */
function single(coefficient) {
  let table = singles.get(coefficient);
  if (!table) singles.set(coefficient, (table = Uint8Array.from({ length: 256 }, (_, byte) => times(coefficient, byte))));
  return table;
}

/** @type {Map<number, Uint32Array>} */
const pairs = new Map();
/** Both products of every word of two bytes, the first in the low half. @param {number} first @param {number} second */
function pair(first, second) {
  const key = first * 256 + second;
  let table = pairs.get(key);
  if (!table) {
    const [one, two] = [single(first), single(second)];
    table = new Uint32Array(65536);
    for (let word = 0; word < 65536; word++) {
      const [low, high] = [word & 255, word >> 8];
      table[word] = one[low] | (one[high] << 8) | (two[low] << 16) | (two[high] << 24);
    }
    if (pairs.size >= KEPT) pairs.clear();
    pairs.set(key, table);
  }
  return table;
}

/** Row 0 is 1, 0, 0 ...; row r the powers of 2^(r-1). @param {number} row @param {number} width */
const powers = (row, width) =>
  Array.from({ length: width }, (_, column) => (row ? EXP[((row - 1) * column) % 255] : Number(column === 0)));

/** @param {number} row @param {number} width */
const unit = (row, width) => Array.from({ length: width }, (_, column) => Number(column === row));

/** @param {Matrix} left @param {Matrix} right @returns {Matrix} */
function product(left, right) {
  return left.map((row) => {
    const out = new Array(right[0].length).fill(0);
    row.forEach((factor, middle) => {
      if (factor) right[middle].forEach((value, column) => (out[column] ^= times(factor, value)));
    });
    return out;
  });
}

/** Invert by Gauss and Jordan; every matrix asked for here has an inverse. @param {Matrix} matrix @returns {Matrix} */
function invert(matrix) {
  const size = matrix.length;
  const work = matrix.map((row, number) => [...row, ...unit(number, size)]);
  for (let column = 0; column < size; column++) {
    const pivot = work.findIndex((row, number) => number >= column && row[column]);
    [work[column], work[pivot]] = [work[pivot], work[column]];
    const inverse = EXP[255 - LOG[work[column][column]]];
    work[column] = work[column].map((value) => times(inverse, value));
    for (let row = 0; row < size; row++) {
      const factor = work[row][column];
      if (row === column || !factor) continue;
      for (let at = column; at < 2 * size; at++) work[row][at] ^= times(factor, work[column][at]);
    }
  }
  return work.map((row) => row.slice(size));
}
