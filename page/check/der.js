/** DER (X.690), read strictly: definite lengths in their shortest form, nothing left over. It knows no format. */
import { latin } from "../bytes.js";

/** One value: its tag byte, what it holds, and its whole bytes. @typedef {{tag: number, body: Uint8Array, whole: Uint8Array}} Value */

export const [BOOLEAN, INTEGER, BITS, OCTETS, OID, UTC_TIME, TIME, SEQUENCE, SET] = [1, 2, 3, 4, 6, 0x17, 0x18, 0x30, 0x31];
/** The tag of a field in brackets that holds others. @param {number} number */
export const field = (number) => 0xa0 + number;

/** @param {Uint8Array} raw @returns {Value} all of *raw* */
export function one(raw) {
  const [value, ...more] = many(raw);
  if (!value || more.length) throw new Error("there is more or less than one value");
  return value;
}

/** @param {Uint8Array} raw @returns {Value[]} */
export function many(raw) {
  const found = [];
  for (let at = 0; at < raw.length; ) {
    const tag = raw[at];
    if ((tag & 31) === 31 || at + 1 >= raw.length) throw new Error("a tag is too long, or nothing follows it");
    let [length, start] = [raw[at + 1], at + 2];
    if (length >= 128) {
      const count = length - 128;
      if (count < 1 || count > 4 || start + count > raw.length) throw new Error("a length cannot be");
      length = raw.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0);
      if (!raw[start] || length < 128) throw new Error("a length is not in its shortest form");
      start += count;
    }
    if (start + length > raw.length) throw new Error("a value breaks off");
    found.push({ tag, body: raw.subarray(start, start + length), whole: raw.subarray(at, start + length) });
    at = start + length;
  }
  return found;
}

/** Takes the fields of a sequence one by one. */
export class Fields {
  /** @param {Value | undefined} value @param {number} [tag] */
  constructor(value, tag = SEQUENCE) {
    this.values = many(demand(value, tag).body);
  }

  /** @param {number} tag @returns {Value} */
  take(tag) {
    return demand(this.values.shift(), tag);
  }

  /** @param {number} tag @returns {Value | null} */
  maybe(tag) {
    return this.values[0]?.tag === tag ? this.take(tag) : null;
  }

  /** Whatever stands next. @returns {Value} */
  any() {
    const value = this.values.shift();
    if (!value) throw new Error("a field is missing");
    return value;
  }

  end() {
    if (this.values.length) throw new Error("there is a field too many");
  }
}

/** @param {Value | undefined} value @param {number} tag @returns {Value} */
export function demand(value, tag) {
  if (value?.tag !== tag) throw new Error("a field is missing, or another stands in its place");
  return value;
}

/** @param {Value} value @returns {string} such as 1.2.840.113549 */
export function oid(value) {
  const { body } = demand(value, OID);
  const numbers = [0];
  for (const byte of body) {
    numbers.push(numbers.pop() * 128 + (byte & 127));
    if (byte < 128) numbers.push(0);
  }
  if (numbers.pop() !== 0 || !numbers.length || body[body.length - 1] >= 128) throw new Error("a name of numbers breaks off");
  const first = Math.min(Math.floor(numbers[0] / 40), 2);
  return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join(".");
}

/** @param {Value} value @returns {Uint8Array} the bytes of a positive integer */
export function positive(value) {
  const { body } = demand(value, INTEGER);
  if (!body.length || body[0] & 128 || (body.length > 1 && !body[0] && !(body[1] & 128))) throw new Error("a number cannot be");
  return body[0] ? body : body.subarray(1);
}

/** @param {Value} value @returns {Uint8Array} whole bytes */
export function bits(value) {
  const { body } = demand(value, BITS);
  if (body[0] !== 0) throw new Error("there are odd bits");
  return body.subarray(1);
}

/** @param {Value} value @returns {number} seconds since 1970, UTCTime and GeneralizedTime, fractions cut off */
export function seconds(value) {
  const text = latin(value.body);
  const short = value.tag === UTC_TIME && /^(\d\d)\d{10}Z$/.exec(text);
  const long = short ? `${Number(short[1]) < 50 ? "20" : "19"}${text}` : value.tag === TIME ? text : "";
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d*[1-9])?Z$/.exec(long);
  if (!match) throw new Error("a time cannot be read");
  const written = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  const time = Date.parse(`${written}Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== written) throw new Error("there is no such time");
  return time / 1000;
}
