/**
 * What time stamps and certificates are made of (RFC 3161, 5652, 5280), read by a library, in their one spelling only.
 *
 * The library takes what DER (X.690) forbids and lets fields too many pass; so what was read is written anew, and must come out byte for byte.
 */
import { AsnArray, AsnConvert, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes, OctetString } from "@peculiar/asn1-schema";
import { Attribute } from "@peculiar/asn1-cms";
import { TSTInfo } from "@peculiar/asn1-tsp";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { Primitive } from "asn1js";
import { equal, latin } from "../bytes.js";

/** @typedef {Uint8Array | ArrayBuffer | {buffer: ArrayBuffer}} Bytes what the library gives */

/** A name of numbers where anything might stand. */
export class ObjectName {
  value = "";
}
AsnType({ type: AsnTypeTypes.Choice })(ObjectName);
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(ObjectName.prototype, "value");

/** What is signed of a signer's attributes (RFC 5652, 5.4). */
export class SignedAttributes extends AsnArray {}
AsnType({ type: AsnTypeTypes.Set, itemType: Attribute })(SignedAttributes);

/** A certificate by its hash (RFC 5035; without an algorithm also RFC 2634). */
export class CertificateId {
  /** @type {AlgorithmIdentifier | undefined} */
  hashAlgorithm;
  certHash = new OctetString();
}
AsnProp({ type: AlgorithmIdentifier, optional: true })(CertificateId.prototype, "hashAlgorithm");
AsnProp({ type: OctetString })(CertificateId.prototype, "certHash");
AsnProp({ type: AsnPropTypes.Any, optional: true })(CertificateId.prototype, "issuerSerial");

/** Which certificate signed: the first of these. */
export class SigningCertificate {
  /** @type {CertificateId[]} */
  certs = [];
}
AsnProp({ type: CertificateId, repeated: "sequence" })(SigningCertificate.prototype, "certs");
AsnProp({ type: AsnPropTypes.Any, optional: true })(SigningCertificate.prototype, "policies");

/** What is stamped. The library's dates end at thousandths of a second, and authorities write millionths: the time is kept as it stands. */
export class StampInfo extends TSTInfo {}
const written = {
  fromASN: (/** @type {any} */ value) => latin(value.valueBlock.valueHexView),
  toASN: (/** @type {string} */ text) => new Primitive({ idBlock: { tagClass: 1, tagNumber: 24 }, valueHex: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) }),
};
AsnProp({ type: AsnPropTypes.GeneralizedTime, converter: written })(StampInfo.prototype, "genTime");

/** @param {Bytes} value @returns {Uint8Array} */
export const bytes = (value) => (value instanceof Uint8Array ? value : new Uint8Array("buffer" in value ? value.buffer : value));

/** All of *raw*, one value of *type*. @template T @param {Bytes} raw @param {new () => T} type @returns {T} */
export function read(raw, type) {
  const value = AsnConvert.parse(bytes(raw), type);
  if (!equal(write(value), bytes(raw))) throw new Error("it is not written the one way it can be");
  return value;
}

/** @param {any} value @returns {Uint8Array} */
export const write = (value) => bytes(AsnConvert.serialize(value));

/** @param {string} text a GeneralizedTime @returns {number} seconds since 1970, fractions cut off */
export function seconds(text) {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d*[1-9])?Z$/.exec(text);
  if (!match) throw new Error("a time cannot be read");
  const plain = `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
  const time = Date.parse(`${plain}Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== plain) throw new Error("there is no such time");
  return time / 1000;
}
