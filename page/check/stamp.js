/**
 * Time stamps (RFC 3161): an authority's word that some bytes existed by a time, up to a root that the newsroom names.
 *
 * A stamp proves an upper bound of the time, and only to those who believe the root. docs/spec/log.md.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { SignedData } from "@peculiar/asn1-cms";
import { OctetString } from "@peculiar/asn1-schema";
import { TimeStampResp } from "@peculiar/asn1-tsp";
import { compare, equal } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { ObjectName, SignedAttributes, SigningCertificate, StampInfo, bytes, read, seconds, write } from "./asn1.js";
import { HASHES, stamps, trusted, understand, verifies } from "./x509.js";

const MAX_RESPONSE = 1 << 20;
const MAX_CERTIFICATES = 50;
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const [CONTENT_TYPE, DIGEST, SIGNING, SIGNING_V2] = ["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"];

/** @typedef {import("./x509.js").Certificate} Certificate */
/** *until* is when the certificate ends that signed it. @typedef {{time: number, until: number}} Stamp */

/** @param {Uint8Array} response @param {Uint8Array} data @param {Certificate[]} roots @returns {Stamp} */
export function verifyStamp(response, data, roots) {
  const told = damaged(() => take(response));
  try {
    return believe(told, data, roots);
  } catch (error) {
    throw new Flaw("stamp-false", `the time stamp does not hold: ${/** @type {Error} */ (error).message}`);
  }
}

/** @typedef {ReturnType<typeof take>} Response */

/** Take a response apart (RFC 3161, 2.4.2; RFC 5652). @param {Uint8Array} response */
function take(response) {
  if (response.length > MAX_RESPONSE) throw new Error("it is too long");
  const { status, timeStampToken: token } = read(response, TimeStampResp);
  if (![0, 1].includes(status.status) || !token) throw new Error("the authority refused");
  if (token.contentType !== SIGNED_DATA) throw new Error("it is not signed");
  const signed = read(token.content, SignedData);
  const { eContentType, eContent } = signed.encapContentInfo;
  if (eContentType !== TST_INFO || !eContent?.single) throw new Error("it holds something else");
  const body = bytes(eContent.single);
  const info = read(body, StampInfo);
  return { granted: status.status === 0, body, signed, imprint: info.messageImprint, time: seconds(String(info.genTime)) };
}

/** @param {Response} told @param {Uint8Array} data @param {Certificate[]} roots @returns {Stamp} */
function believe({ granted, body, signed, imprint, time }, data, roots) {
  if (!granted || signed.signerInfos.length !== 1) throw new Error("it is not granted as asked, or not signed once");
  const [signer] = signed.signerInfos;
  const digest = hashOf(signer.digestAlgorithm);
  if (!signed.digestAlgorithms.map(hashOf).includes(digest)) throw new Error("its hash is not named beforehand");
  const certificates = inside(signed);
  const leaf = signerOf(signer.sid.issuerAndSerialNumber, certificates);
  const attributes = new SignedAttributes(signer.signedAttrs ?? []);
  checkAttributes(attributes, leaf, HASHES[digest](body));
  if (!verifies(leaf.key, signer.signatureAlgorithm, bytes(signer.signature), write(attributes), digest)) throw new Error("its signature is false");
  if (!stamps(leaf)) throw new Error("the certificate that signed is not for time stamps");
  if (!trusted(leaf, [...certificates, ...roots], roots, time)) throw new Error("no root that was given stands behind it");
  const hash = HASHES[imprint.hashAlgorithm.algorithm];
  if (!hash || !equal(hash(data), bytes(imprint.hashedMessage))) throw new Error("it is over something else");
  return { time, until: leaf.until };
}

/** @param {import("@peculiar/asn1-x509").AlgorithmIdentifier} algorithm @returns {string} */
function hashOf({ algorithm, parameters }) {
  if (!HASHES[algorithm] || (parameters ?? null) !== null) throw new Error("its hash is not known");
  return algorithm;
}

/** @param {SignedData} signed @returns {Certificate[]} */
function inside(signed) {
  const held = [...(signed.certificates ?? [])];
  if (held.length > MAX_CERTIFICATES) throw new Error("there are too many certificates");
  let last = new Uint8Array();
  return held.map(({ certificate }) => {
    if (!certificate) throw new Error("there is something else among its certificates");
    const raw = write(certificate);
    // A set has one order (X.690, 11.6).
    if (compare(last, raw) > 0) throw new Error("its certificates do not stand in order");
    last = raw;
    return understand(certificate, raw);
  });
}

/** Where two claim to have signed, one of them is false. @param {import("@peculiar/asn1-cms").IssuerAndSerialNumber | undefined} name @param {Certificate[]} certificates */
function signerOf(name, certificates) {
  if (!name) throw new Error("it does not name the certificate that signed");
  const issuer = write(name.issuer);
  const [leaf, ...more] = certificates.filter((one) => equal(one.issuer, issuer) && equal(one.serial, bytes(name.serialNumber)));
  if (!leaf || more.length) throw new Error("the certificate that signed is not in it, once");
  return leaf;
}

/** @param {SignedAttributes} attributes @param {Certificate} leaf @param {Uint8Array} hashed */
function checkAttributes(attributes, leaf, hashed) {
  const values = new Map();
  for (const { attrType: name, attrValues } of attributes) {
    if (values.has(name) || attrValues.length !== 1) throw new Error("an attribute stands there twice, or not with one value");
    values.set(name, attrValues[0]);
  }
  const [kind, digest] = [values.get(CONTENT_TYPE), values.get(DIGEST)];
  const right = kind && digest && read(kind, ObjectName).value === TST_INFO && equal(bytes(read(digest, OctetString)), hashed);
  if (!right) throw new Error("its attributes are of something else");
  // The certificate itself is signed for (RFC 2634 with SHA-1, RFC 5816 with others).
  const [first, second] = [values.get(SIGNING), values.get(SIGNING_V2)];
  if (!first && !second) throw new Error("it does not say which certificate signed");
  const [named] = read(second ?? first, SigningCertificate).certs;
  const algorithm = named?.hashAlgorithm?.algorithm;
  const hash = second ? (algorithm ? HASHES[algorithm] : sha256) : algorithm ? null : sha1;
  if (!hash || !equal(hash(leaf.der), bytes(named.certHash))) throw new Error("it was signed for another certificate");
}

/** @template T @param {() => T} doing @returns {T} */
function damaged(doing) {
  try {
    return doing();
  } catch (error) {
    throw new Flaw("stamp", `this is no time stamp: ${/** @type {Error} */ (error).message}`, "Ask the authority again.");
  }
}
