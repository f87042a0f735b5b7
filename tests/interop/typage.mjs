// npm age-encryption, driven by tests/interop/test_age.py: one JSON line in, one out.
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const job = JSON.parse(Buffer.concat(chunks).toString());
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const answer = {};

if (job.verb === "generate") {
  answer.identity = await generateHybridIdentity();
  answer.recipient = await identityToRecipient(answer.identity);
} else if (job.verb === "seal") {
  const encrypter = new Encrypter();
  if (job.passphrase) {
    encrypter.setScryptWorkFactor(10);
    encrypter.setPassphrase(job.passphrase);
  } else {
    encrypter.addRecipient(job.recipient);
  }
  answer.data = Buffer.from(await encrypter.encrypt(bytes(job.data))).toString("base64");
} else {
  const decrypter = new Decrypter();
  if (job.passphrase) decrypter.addPassphrase(job.passphrase);
  else decrypter.addIdentity(job.identity);
  answer.data = Buffer.from(await decrypter.decrypt(bytes(job.data))).toString("base64");
}
process.stdout.write(JSON.stringify(answer));
