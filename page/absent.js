/**
 * In the page this stands for modules that typage and noble bring and a card can never ask for: the curves P-256 and P-384 of
 * hardware recipients, and scrypt of passphrases. Without them the page is a tenth smaller.
 */
const absent = () => {
  throw new Error("left out of the page");
};
const lengths = { seed: 48, secretKey: 32, publicKey: 33, publicKeyUncompressed: 65, signature: 64 };
const curve = { lengths, Point: { Fn: {} }, keygen: absent, getPublicKey: absent, getSharedSecret: absent, utils: { randomSecretKey: absent } };
export { curve as p256, curve as p384, curve as p521, absent as scrypt, absent as scryptAsync };
