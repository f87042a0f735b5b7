// Builds the pages: each one HTML file out of these modules. `node page/build.mjs [FIELD [CHECK]]`, where they are to be written; with
// one name only the field page, with none both where they belong. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const common = {
  bundle: true, minify: true, mangleProps: /^_[a-z]/, write: false, charset: "utf8", legalComments: "none", logLevel: "warning", absWorkingDir: here(".."),
  target: ["chrome94", "firefox98", "safari16"],
}; // prettier-ignore
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const bundle = async (name, more = {}) => (await build({ ...common, entryPoints: [here(name)], ...more })).outputFiles[0].text.trim();

/** Put a page together, and hold it to its size. */
async function page({ name, folder, out, most, script: how, notes }) {
  const script = await bundle(`${folder}/main.js`, { format: "iife", ...how });
  const style = await bundle(`${folder}/${name}.css`, { target: undefined });
  if (/<\/script|<!--/i.test(script)) throw new Error("the script would end its own element");
  const policy = [
    "default-src 'none'", `script-src ${hash(script)} 'wasm-unsafe-eval'`, `style-src ${hash(style)}`, "img-src data: blob:",
    "worker-src blob:", "base-uri 'none'", "form-action 'none'",
  ].join("; "); // prettier-ignore
  const parts = { POLICY: policy, STYLE: style, SCRIPT: script };
  const html = readFileSync(here(`${folder}/${name}.html`), "utf8").replace(/@@(\w+)@@/g, (_, part) => parts[part]) + `<!--\n${notes}-->\n`;
  const bytes = Buffer.from(html);
  if (bytes.length > most) throw new Error(`the ${name} page has ${bytes.length} bytes, more than ${most}`);
  writeFileSync(out, bytes);
  console.error(`${name === "page" ? "field" : name} page: ${bytes.length} bytes`);
}

const [field, check] = process.argv.slice(2);
const notes = readFileSync(here("licences.txt"), "utf8");
// The field page needs no curve but those of age, and no scrypt.
const alias = Object.fromEntries(["@noble/curves/nist.js", "@noble/hashes/scrypt.js"].map((name) => [name, here("absent.js")]));
await page({ name: "page", folder: ".", out: field ?? here("../src/tamizdat/newsroom/page/field.html"), most: 200_000, script: { alias }, notes });

// The verifier page has languages and words of its own.
const speech = { name: "speech", setup: ({ onResolve }) => onResolve({ filter: /\/language\.js$/ }, () => ({ path: here("check/speech.js") })) };
if (check || !field) {
  const how = { loader: { ".wasm": "binary" }, plugins: [speech] };
  const both = notes.split("\nage-encryption ")[0] + readFileSync(here("check/licences.txt"), "utf8");
  await page({ name: "check", folder: "check", out: check ?? here("../src/tamizdat/wire/assets/check.html"), most: 800_000, script: how, notes: both });
}
