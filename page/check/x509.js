/**
 * Certificates (RFC 5280), only as far as a time stamp needs: who signed whom, what for, from when to when.
 *
 * Nobody is asked whether a certificate was taken back. What is not known here is refused. Libraries read and reckon; what is believed is decided here.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { RSAPublicKey, RsaSaPssParams } from "@peculiar/asn1-rsa";
import { AlgorithmIdentifier, BasicConstraints, Certificate as Parts, ExtendedKeyUsage, KeyUsage, KeyUsageFlags } from "@peculiar/asn1-x509";
import { base64 } from "@scure/base";
import * as rsa from "micro-rsa-dsa-dh/rsa.js";
import { equal, hex, toNumber } from "../bytes.js";
import { ObjectName, bytes, read as readAs, write } from "./asn1.js";

/**
 * @typedef {{der: Uint8Array, signed: Uint8Array, signature: Uint8Array, algorithm: AlgorithmIdentifier, serial: Uint8Array, issuer: Uint8Array, subject: Uint8Array, names: any,
 *   from: number, until: number, key: import("@peculiar/asn1-x509").SubjectPublicKeyInfo, extensions: Map<string, {critical: boolean, value: Uint8Array}>}} Certificate
 */

/** @type {Record<string, any>} */
export const HASHES = { "2.16.840.1.101.3.4.2.1": sha256, "2.16.840.1.101.3.4.2.2": sha384, "2.16.840.1.101.3.4.2.3": sha512 };
const RSA = "1.2.840.113549.1.1.1";
const PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";
const [S256, S384, S512] = Object.keys(HASHES);
/** How each way of signing hashes. @type {Record<string, Record<string, string>>} */
const SIGNED = {
  [RSA]: { "1.2.840.113549.1.1.11": S256, "1.2.840.113549.1.1.12": S384, "1.2.840.113549.1.1.13": S512 },
  [EC]: { "1.2.840.10045.4.3.2": S256, "1.2.840.10045.4.3.3": S384, "1.2.840.10045.4.3.4": S512 },
};
/** @type {Record<string, any>} */
const PKCS1 = { [S256]: rsa.PKCS1_SHA256, [S384]: rsa.PKCS1_SHA384, [S512]: rsa.PKCS1_SHA512 };
/** @type {Record<string, any>} */
const CURVES = { "1.2.840.10045.3.1.7": p256, "1.3.132.0.34": p384, "1.3.132.0.35": p521 };
const [BASIC, USAGE, EXTENDED] = ["2.5.29.19", "2.5.29.15", "2.5.29.37"];
const STAMPING = "1.3.6.1.5.5.7.3.8";
/** What may be marked "must be understood": these three, other names, policies. */
const KNOWN = [BASIC, USAGE, EXTENDED, "2.5.29.17", "2.5.29.32"];
const NAMES = ["2.5.4.3", "2.5.4.10"];
const MAX_DEPTH = 8;
const MAX_CHECKS = 100;

/** @param {string} text @returns {Certificate[]} */
export function readPem(text) {
  const found = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g)];
  if (!found.length) throw new Error("these are no certificates");
  return found.map(([, body]) => read(base64.decode(body.replace(/\s/g, ""))));
}

/** @param {Uint8Array} der @returns {Certificate} */
export const read = (der) => understand(readAs(der, Parts), der);

/** @param {Parts} parts a certificate in its one spelling @param {Uint8Array} der the same in bytes @returns {Certificate} */
export function understand({ tbsCertificate: told, tbsCertificateRaw: signed, signatureAlgorithm: algorithm, signatureValue: signature }, der) {
  if (!equal(write(told.signature), write(algorithm))) throw new Error("a certificate names two ways of signing");
  if (told.extensions && told.version !== 2) throw new Error("a certificate has another version than it says");
  const extensions = new Map();
  for (const { extnID: name, critical, extnValue } of told.extensions ?? []) {
    if (extensions.has(name)) throw new Error("an extension stands there twice");
    extensions.set(name, { critical, value: bytes(extnValue) });
  }
  const [from, until] = [told.validity.notBefore, told.validity.notAfter].map((one) => Math.floor(one.getTime().getTime() / 1000));
  return {
    der, signed: bytes(/** @type {ArrayBuffer} */ (signed)), signature: bytes(signature), algorithm, serial: bytes(told.serialNumber), issuer: write(told.issuer),
    subject: write(told.subject), names: told.subject, from, until, key: told.subjectPublicKeyInfo, extensions,
  }; // prettier-ignore
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

/** At its last second it is over, as others have it too. @param {Certificate} one @param {number} time */
const held = (one, time) => one.from <= time && time < one.until && [...one.extensions].every(([name, { critical }]) => !critical || KNOWN.includes(name));

/** Whether it may sign certificates, with so many between it and the leaf. @param {Certificate} one @param {number} below */
function authority(one, below) {
  const basic = one.extensions.get(BASIC);
  const { cA, pathLenConstraint: most = MAX_DEPTH } = basic ? readAs(basic.value, BasicConstraints) : { cA: false };
  return cA && below <= most && (usage(one) & KeyUsageFlags.keyCertSign) !== 0;
}

/** What a key is for; everything where nothing is named. @param {Certificate} one */
function usage(one) {
  const named = one.extensions.get(USAGE);
  return named ? readAs(named.value, KeyUsage).toNumber() : ~0;
}

/** Whether a certificate may sign time stamps and nothing else (RFC 3161, 2.3). @param {Certificate} one */
export function stamps(one) {
  const extended = one.extensions.get(EXTENDED);
  const signs = KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation;
  const uses = one.extensions.has(USAGE) ? usage(one) : signs;
  return extended?.critical && (uses & signs) !== 0 && (uses & ~signs) === 0 && String(readAs(extended.value, ExtendedKeyUsage)) === STAMPING;
}

/**
 * Whether a signature is right. @param {Certificate["key"]} key as a certificate has it @param {AlgorithmIdentifier} algorithm
 * @param {Uint8Array} signature @param {Uint8Array} data @param {string} [wanted] the hash that it has to name, where it names one @returns {boolean}
 */
export function verifies(key, algorithm, signature, data, wanted) {
  try {
    const { algorithm: kind, parameters } = key.algorithm;
    const way = algorithm.algorithm;
    const word = bytes(key.subjectPublicKey);
    // RFC 5758, 3.2 and RFC 8410, 3: nothing stands beside the name; RFC 4055, 5: NULL or nothing.
    const beside = algorithm.parameters;
    if (way !== PSS && (kind === RSA ? (beside ?? null) !== null : beside !== undefined)) return false;
    if (kind === ED25519) return way === ED25519 && ed25519.verify(signature, data, word, { zip215: false });
    if (kind === RSA && way === PSS) return pss(word, beside, signature, data, wanted);
    const hash = SIGNED[kind]?.[way] ?? (kind === RSA && way === RSA && wanted);
    if (!hash || (wanted && hash !== wanted)) return false;
    if (kind === RSA) return PKCS1[hash].verify(rsaKey(word, signature), data, signature);
    const curve = CURVES[readAs(/** @type {ArrayBuffer} */ (parameters), ObjectName).value];
    return curve.verify(signature, HASHES[hash](data), word, { prehash: false, lowS: false, format: "der" });
  } catch {
    return false;
  }
}

/** @param {Uint8Array} raw @param {Uint8Array} signature */
function rsaKey(raw, signature) {
  const { modulus, publicExponent } = readAs(raw, RSAPublicKey);
  const [n, e] = [modulus, publicExponent].map((one) => toNumber(bytes(one)));
  const size = n.toString(2).length;
  // A negative number has its first bit set, and a modulus of such a length does not.
  if (bytes(modulus)[0] & 128 || size < 2048 || size > 8192 || e < 3n || e >= 1n << 32n || signature.length !== Math.ceil(size / 8)) throw new Error("the key or the signature cannot be");
  return { n, e };
}

/** RFC 8017, 8.1.2 with one hash for both uses. @param {Uint8Array} key @param {any} settings @param {Uint8Array} signature @param {Uint8Array} data @param {string} [wanted] */
function pss(key, settings, signature, data, wanted) {
  const { hashAlgorithm, maskGenAlgorithm, saltLength } = readAs(settings, RsaSaPssParams);
  const name = hashAlgorithm.algorithm;
  if (maskGenAlgorithm.algorithm !== MGF1 || readAs(/** @type {ArrayBuffer} */ (maskGenAlgorithm.parameters), AlgorithmIdentifier).algorithm !== name) return false;
  return (!wanted || name === wanted) && rsa.PSS(HASHES[name], rsa.mgf1(HASHES[name]), saltLength).verify(rsaKey(key, signature), data, signature);
}

/** A certificate's own name, letters only: it is whatever its maker wrote. @param {Certificate} certificate */
export function ownName(certificate) {
  const all = certificate.names.flat();
  const found = NAMES.map((name) => all.find((/** @type {any} */ one) => one.type === name)).find(Boolean);
  return found ? [...String(found.value).replace(/(?! )[\p{C}\p{Z}]/gu, "")].slice(0, 100).join("") : "?";
}

/** @param {Certificate} certificate */
export const fingerprint = (certificate) => hex(sha256(certificate.der));
