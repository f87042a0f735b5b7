/**
 * Certificates (RFC 5280), only as far as a time stamp needs: who signed whom, what for, from when to when.
 *
 * Nobody is asked whether a certificate was taken back. What is not known here is refused.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { sha384, sha512 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import { equal, hex, toNumber } from "../bytes.js";
import { sha256 } from "../hash.js";
import { BITS, BOOLEAN, Fields, OCTETS, SEQUENCE, SET, bits, demand, field, many, oid, one, positive, seconds } from "./der.js";

/**
 * @typedef {{der: Uint8Array, signed: Uint8Array, signature: Uint8Array, algorithm: import("./der.js").Value, serial: Uint8Array, issuer: Uint8Array, subject: Uint8Array,
 *   from: number, until: number, key: import("./der.js").Value, extensions: Map<string, {critical: boolean, value: Uint8Array}>}} Certificate
 */

/** @type {Record<string, (data: Uint8Array) => Uint8Array>} */
export const HASHES = { "2.16.840.1.101.3.4.2.1": sha256, "2.16.840.1.101.3.4.2.2": sha384, "2.16.840.1.101.3.4.2.3": sha512 };
const RSA = "1.2.840.113549.1.1.1";
const PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";
const [S256, S384, S512] = Object.keys(HASHES);
/** The hash of a way of signing that names one. @type {Record<string, string>} */
const SIGNED = {
  "1.2.840.113549.1.1.11": S256, "1.2.840.113549.1.1.12": S384, "1.2.840.113549.1.1.13": S512,
  "1.2.840.10045.4.3.2": S256, "1.2.840.10045.4.3.3": S384, "1.2.840.10045.4.3.4": S512,
}; // prettier-ignore
/** @type {Record<string, any>} */
const CURVES = { "1.2.840.10045.3.1.7": p256, "1.3.132.0.34": p384, "1.3.132.0.35": p521 };
const [BASIC, USAGE, EXTENDED] = ["2.5.29.19", "2.5.29.15", "2.5.29.37"];
const STAMPING = "1.3.6.1.5.5.7.3.8";
/** What may be marked "must be understood": these three, other names, policies. */
const KNOWN = [BASIC, USAGE, EXTENDED, "2.5.29.17", "2.5.29.32"];
const MAX_DEPTH = 8;
const MAX_CHECKS = 100;

/** @param {string} text @returns {Certificate[]} */
export function readPem(text) {
  const found = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g)];
  if (!found.length) throw new Error("these are no certificates");
  return found.map(([, body]) => read(base64.decode(body.replace(/\s/g, ""))));
}

/** @param {Uint8Array} der @returns {Certificate} */
export function read(der) {
  const outer = new Fields(one(der));
  const body = outer.take(SEQUENCE);
  const algorithm = outer.take(SEQUENCE);
  const signature = bits(outer.take(BITS));
  outer.end();
  const inner = new Fields(body);
  const version = inner.maybe(field(0));
  const serial = inner.any().body;
  if (!equal(inner.take(SEQUENCE).whole, algorithm.whole)) throw new Error("a certificate names two ways of signing");
  const issuer = inner.take(SEQUENCE).whole;
  const times = new Fields(inner.take(SEQUENCE));
  const [from, until] = [seconds(times.any()), seconds(times.any())];
  const subject = inner.take(SEQUENCE).whole;
  const key = inner.take(SEQUENCE);
  inner.maybe(0x81);
  inner.maybe(0x82);
  const extensions = inner.maybe(field(3));
  inner.end();
  if (extensions && !(version && hex(version.body) === "020102")) throw new Error("a certificate has another version than it says");
  return { der, signed: body.whole, signature, algorithm, serial, issuer, subject, from, until, key, extensions: readExtensions(extensions) };
}

/** @param {import("./der.js").Value | null} value */
function readExtensions(value) {
  const found = new Map();
  for (const extension of value ? many(demand(one(value.body), SEQUENCE).body) : []) {
    const fields = new Fields(extension);
    const name = oid(fields.any());
    const critical = fields.maybe(BOOLEAN);
    if (found.has(name) || (critical && hex(critical.body) !== "ff")) throw new Error("an extension stands there twice, or not in its one spelling");
    found.set(name, { critical: Boolean(critical), value: fields.take(OCTETS).body });
    fields.end();
  }
  return found;
}

/**
 * Find a way from *leaf* to one of *roots* that held at *time*; *others* may lie between. @param {Certificate} leaf @param {Certificate[]} others
 * @param {Certificate[]} roots @param {number} time @returns {boolean}
 */
export function trusted(leaf, others, roots, time) {
  // Certificates made to sign each other in circles must not cost for ever.
  let left = MAX_CHECKS;
  /** @param {Certificate} one @param {number} depth @returns {boolean} */
  const climb = (one, depth) => {
    const issues = (/** @type {Certificate} */ other) =>
      equal(other.subject, one.issuer) && held(other, time) && authority(other, depth) && left-- > 0 && verifies(other.key, one.algorithm, one.signature, one.signed);
    if (roots.some((root) => equal(root.subject, root.issuer) && issues(root))) return true;
    return depth < MAX_DEPTH && others.some((other) => !equal(other.der, one.der) && issues(other) && climb(other, depth + 1));
  };
  return held(leaf, time) && climb(leaf, 0);
}

/** @param {Certificate} one @param {number} time */
const held = (one, time) => one.from <= time && time <= one.until && [...one.extensions].every(([name, { critical }]) => !critical || KNOWN.includes(name));

/** Whether it may sign certificates, with so many between it and the leaf. @param {Certificate} one @param {number} below */
function authority(one, below) {
  const basic = one.extensions.get(BASIC);
  if (!basic) return false;
  const fields = new Fields(demandOne(basic.value));
  if (fields.maybe(BOOLEAN)?.body[0] !== 0xff) return false;
  const most = fields.values.length ? Number(toNumber(positive(fields.any()))) : MAX_DEPTH;
  return below <= most && uses(one, 5);
}

/** Whether a use is allowed, by its bit; all are where none is named. @param {Certificate} one @param {...number} places */
function uses(one, ...places) {
  const usage = one.extensions.get(USAGE);
  const named = usage && demand(demandOne(usage.value), BITS).body;
  return !named || places.some((place) => (named[1 + (place >> 3)] ?? 0) & (128 >> (place & 7)));
}

/** Whether a certificate may sign time stamps and nothing else (RFC 3161, 2.3). @param {Certificate} one */
export function stamps(one) {
  const extended = one.extensions.get(EXTENDED);
  if (!extended?.critical || !uses(one, 0, 1)) return false;
  return many(demand(demandOne(extended.value), SEQUENCE).body).map(oid).includes(STAMPING);
}

/** @param {Uint8Array} raw */
const demandOne = (raw) => one(raw);

/**
 * Whether a signature is right. @param {import("./der.js").Value} key as a certificate has it @param {import("./der.js").Value} algorithm
 * @param {Uint8Array} signature @param {Uint8Array} data @param {string} [hashName] where the way of signing names none @returns {boolean}
 */
export function verifies(key, algorithm, signature, data, hashName) {
  const [whole, word] = many(key.body);
  const [kind, curve] = many(demand(whole, SEQUENCE).body);
  const bytes = bits(word);
  const [name, settings] = many(demand(algorithm, SEQUENCE).body);
  const way = oid(name);
  const hash = SIGNED[way] ?? hashName ?? "";
  try {
    if (oid(kind) === ED25519) return way === ED25519 && ed25519.verify(signature, data, bytes, { zip215: false });
    if (oid(kind) === EC) return way.startsWith("1.2.840.10045.4.3.") && ecdsa(CURVES[oid(curve)], HASHES[hash](data), signature, bytes);
    if (oid(kind) !== RSA) return false;
    if (way === PSS) return pss(bytes, signature, data, settings);
    return (way === RSA || way.startsWith("1.2.840.113549.1.1.")) && pkcs1(bytes, signature, HASHES[hash](data), hash);
  } catch {
    return false;
  }
}

/** @param {any} curve @param {Uint8Array} hashed @param {Uint8Array} signature @param {Uint8Array} key */
const ecdsa = (curve, hashed, signature, key) => curve.verify(signature, hashed, key, { prehash: false, lowS: false, format: "der" });

/** The message that an RSA signature holds. @param {Uint8Array} key @param {Uint8Array} signature @returns {{message: Uint8Array, bits: number}} */
function rsa(key, signature) {
  const [n, e] = many(demand(one(key), SEQUENCE).body).map((value) => toNumber(positive(value)));
  const size = n.toString(2).length;
  const value = toNumber(signature);
  if (size < 2048 || size > 8192 || e < 3n || e >= 1n << 32n || signature.length !== Math.ceil(size / 8) || value >= n) throw new Error("the key or the signature cannot be");
  let [result, base] = [1n, value];
  for (let rest = e; rest; rest >>= 1n) {
    if (rest & 1n) result = (result * base) % n;
    base = (base * base) % n;
  }
  const digits = result.toString(16).padStart(2 * signature.length, "0");
  return { message: Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)), bits: size };
}

/** RFC 8017, 8.2.2. @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} hashed @param {string} hash */
function pkcs1(key, signature, hashed, hash) {
  const last = [S256, S384, S512].indexOf(hash) + 1;
  const head = [0x30, 17 + hashed.length, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 5, 0, 4, hashed.length];
  const filled = signature.length - head.length - hashed.length - 3;
  return filled >= 8 && equal(rsa(key, signature).message, Uint8Array.from([0, 1, ...new Uint8Array(filled).fill(255), 0, ...head, ...hashed]));
}

/** RFC 8017, 8.1.2 and 9.1.2, with one hash for both uses. @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} data @param {import("./der.js").Value} settings */
function pss(key, signature, data, settings) {
  const fields = new Fields(settings);
  const [name, mask, salt] = [0, 1, 2].map((number) => fields.maybe(field(number)));
  if (!name || !mask || !salt) return false;
  const hashName = oid(many(one(name.body).body)[0]);
  const [generator, inner] = many(one(mask.body).body);
  if (oid(generator) !== MGF1 || oid(many(inner.body)[0]) !== hashName) return false;
  const hash = HASHES[hashName];
  const saltLength = Number(toNumber(positive(one(salt.body))));
  const { message, bits: size } = rsa(key, signature);
  const unused = 8 * message.length - (size - 1);
  const encoded = unused === 8 ? message.subarray(1) : message;
  const hashed = hash(data);
  const blockLength = encoded.length - hashed.length - 1;
  if (blockLength < saltLength + 1 || encoded[encoded.length - 1] !== 0xbc || encoded[0] & ~(0xff >> (unused % 8))) return false;
  const check = encoded.subarray(blockLength, -1);
  const block = encoded.slice(0, blockLength);
  for (let at = 0, counter = 0; at < blockLength; counter++) {
    for (const byte of hash(Uint8Array.from([...check, 0, 0, counter >> 8, counter & 255]))) if (at < blockLength) block[at++] ^= byte;
  }
  block[0] &= 0xff >> (unused % 8);
  const start = blockLength - saltLength;
  if (block[start - 1] !== 1 || block.subarray(0, start - 1).some(Boolean)) return false;
  return equal(check, hash(Uint8Array.from([...new Uint8Array(8), ...hashed, ...block.subarray(start)])));
}

/** A certificate's own name, letters only: it is whatever its maker wrote. @param {Certificate} certificate */
export function ownName(certificate) {
  for (const wanted of ["2.5.4.3", "2.5.4.10"]) {
    for (const set of many(one(certificate.subject).body)) {
      for (const attribute of many(demand(set, SET).body)) {
        const [kind, value] = many(attribute.body);
        if (oid(kind) !== wanted) continue;
        const text = new TextDecoder(value.tag === 0x1e ? "utf-16be" : "utf-8").decode(value.body);
        return [...text.replace(/(?! )[\p{C}\p{Z}]/gu, "")].slice(0, 100).join("");
      }
    }
  }
  return "?";
}

/** @param {Certificate} certificate */
export const fingerprint = (certificate) => hex(sha256(certificate.der));
