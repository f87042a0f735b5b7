// Builds the field page: one HTML file out of these modules. `node page/build.mjs OUT`; the same sources give the same bytes.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const MOST = 200_000;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const common = { bundle: true, minify: true, mangleProps: /^_[a-z]/, write: false, charset: "utf8", legalComments: "none", logLevel: "warning", absWorkingDir: here("..") };

const alias = Object.fromEntries(["@noble/curves/nist.js", "@noble/hashes/scrypt.js"].map((name) => [name, here("absent.js")]));

const script = (await build({ ...common, alias, entryPoints: [here("main.js")], format: "iife", target: ["chrome94", "firefox98", "safari16"] })).outputFiles[0].text.trim();
const style = (await build({ ...common, entryPoints: [here("page.css")] })).outputFiles[0].text.trim();
if (/<\/script|<!--/i.test(script)) throw new Error("the script would end its own element");

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'", `script-src ${hash(script)} 'wasm-unsafe-eval'`, `style-src ${hash(style)}`, "img-src data: blob:",
  "worker-src blob:", "base-uri 'none'", "form-action 'none'",
].join("; ");
const parts = { POLICY: policy, STYLE: style, SCRIPT: script };
const notes = readFileSync(here("licences.txt"), "utf8");
const page = readFileSync(here("page.html"), "utf8").replace(/@@(\w+)@@/g, (_, name) => parts[name]) + `<!--\n${notes}-->\n`;
const bytes = Buffer.from(page);
if (bytes.length > MOST) throw new Error(`the page has ${bytes.length} bytes, more than ${MOST}`);
writeFileSync(process.argv[2] ?? here("../src/tamizdat/newsroom/page/field.html"), bytes);
console.error(`field page: ${bytes.length} bytes`);
