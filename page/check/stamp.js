/**
 * Time stamps (RFC 3161): an authority's word that some bytes existed by a time, up to a root that the newsroom names.
 *
 * A stamp proves an upper bound of the time, and only to those who believe the root. docs/spec/log.md.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { equal, hex } from "../bytes.js";
import { Flaw } from "../flaw.js";
import { sha256 } from "../hash.js";
import { Fields, INTEGER, OCTETS, OID, SEQUENCE, SET, TIME, demand, field, many, oid, one, seconds } from "./der.js";
import { HASHES, read, stamps, trusted, verifies } from "./x509.js";

const MAX_RESPONSE = 1 << 20;
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
  const answer = new Fields(one(response));
  const status = new Fields(answer.take(SEQUENCE)).take(INTEGER).body;
  if (!["00", "01"].includes(hex(status))) throw new Error("the authority refused");
  const token = new Fields(answer.take(SEQUENCE));
  answer.end();
  if (oid(token.take(OID)) !== SIGNED_DATA) throw new Error("it is not signed");
  const signed = new Fields(one(token.take(field(0)).body));
  token.end();
  signed.take(INTEGER);
  signed.take(SET);
  const content = new Fields(signed.take(SEQUENCE));
  if (oid(content.take(OID)) !== TST_INFO) throw new Error("it holds something else");
  const body = demand(one(content.take(field(0)).body), OCTETS).body;
  const certificates = many(signed.maybe(field(0))?.body ?? new Uint8Array()).map(({ whole }) => whole);
  signed.maybe(field(1));
  const signers = many(signed.take(SET).body);
  signed.end();
  return { granted: status[0] === 0, body, certificates, signers, ...takeInfo(body) };
}

/** @param {Uint8Array} body */
function takeInfo(body) {
  const info = new Fields(one(body));
  info.take(INTEGER);
  info.take(OID);
  const imprint = new Fields(info.take(SEQUENCE));
  const algorithm = oid(new Fields(imprint.take(SEQUENCE)).take(OID));
  const hashed = imprint.take(OCTETS).body;
  info.take(INTEGER);
  return { algorithm, hashed, time: seconds(info.take(TIME)) };
}

/** @param {Response} told @param {Uint8Array} data @param {Certificate[]} roots @returns {Stamp} */
function believe(told, data, roots) {
  if (!told.granted || told.signers.length !== 1) throw new Error("it is not granted as asked, or not signed once");
  const certificates = told.certificates.map(read);
  const signer = new Fields(told.signers[0]);
  signer.take(INTEGER);
  const [issuer, serial] = many(signer.take(SEQUENCE).body);
  const digest = oid(new Fields(signer.take(SEQUENCE)).take(OID));
  const attributes = signer.take(field(0));
  const algorithm = signer.take(SEQUENCE);
  const signature = signer.take(OCTETS).body;
  const leaf = certificates.find((one) => equal(one.issuer, issuer.whole) && equal(one.serial, demand(serial, INTEGER).body));
  if (!leaf || !HASHES[digest]) throw new Error("the certificate that signed is not in it, or its hash is not known");
  checkAttributes(attributes.body, leaf, HASHES[digest](told.body));
  // What is signed are the attributes as a set (RFC 5652, 5.4).
  const signed = Uint8Array.from(attributes.whole);
  signed[0] = SET;
  if (!verifies(leaf.key, algorithm, signature, signed, digest)) throw new Error("its signature is false");
  if (!stamps(leaf)) throw new Error("the certificate that signed is not for time stamps");
  if (!trusted(leaf, [...certificates, ...roots], roots, told.time)) throw new Error("no root that was given stands behind it");
  if (!HASHES[told.algorithm] || !equal(HASHES[told.algorithm](data), told.hashed)) throw new Error("it is over something else");
  return { time: told.time, until: leaf.until };
}

/** @param {Uint8Array} raw @param {Certificate} leaf @param {Uint8Array} hashed */
function checkAttributes(raw, leaf, hashed) {
  const values = new Map();
  for (const attribute of many(raw)) {
    const fields = new Fields(attribute);
    const name = oid(fields.take(OID));
    if (values.has(name)) throw new Error("an attribute stands there twice");
    values.set(name, one(fields.take(SET).body));
  }
  const [kind, digest] = [values.get(CONTENT_TYPE), values.get(DIGEST)];
  if (!kind || oid(kind) !== TST_INFO || !digest || !equal(demand(digest, OCTETS).body, hashed)) throw new Error("its attributes are of something else");
  // The certificate itself is signed for (RFC 2634 with SHA-1, RFC 5816 with others).
  const second = values.get(SIGNING_V2);
  if (second) {
    const fields = new Fields(demand(many(demand(many(second.body)[0], SEQUENCE).body)[0], SEQUENCE));
    const named = fields.maybe(SEQUENCE);
    const hash = named ? HASHES[oid(new Fields(named).take(OID))] : sha256;
    if (!hash || !equal(hash(leaf.der), fields.take(OCTETS).body)) throw new Error("it was signed for another certificate");
    return;
  }
  const first = values.get(SIGNING);
  if (!first) throw new Error("it does not say which certificate signed");
  const fields = new Fields(demand(many(demand(many(first.body)[0], SEQUENCE).body)[0], SEQUENCE));
  if (!equal(sha1(leaf.der), fields.take(OCTETS).body)) throw new Error("it was signed for another certificate");
}

/** @template T @param {() => T} doing @returns {T} */
function damaged(doing) {
  try {
    return doing();
  } catch (error) {
    throw new Flaw("stamp", `this is no time stamp: ${/** @type {Error} */ (error).message}`, "Ask the authority again.");
  }
}
