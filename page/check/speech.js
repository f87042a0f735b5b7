/**
 * The page's languages: the words of findings (src/tamizdat/wire/texts/check) and of the page itself (texts), numbers, dates, directions.
 *
 * It stands in for ../language.js in this page's build (build.mjs): screen.js speaks through it.
 */
import ar from "./texts/ar.json";
import az from "./texts/az.json";
import en from "./texts/en.json";
import fa from "./texts/fa.json";
import fr from "./texts/fr.json";
import ru from "./texts/ru.json";
import uk from "./texts/uk.json";
import zh from "./texts/zh.json";
import arCheck from "../../src/tamizdat/wire/texts/check/ar.json";
import azCheck from "../../src/tamizdat/wire/texts/check/az.json";
import enCheck from "../../src/tamizdat/wire/texts/check/en.json";
import faCheck from "../../src/tamizdat/wire/texts/check/fa.json";
import frCheck from "../../src/tamizdat/wire/texts/check/fr.json";
import ruCheck from "../../src/tamizdat/wire/texts/check/ru.json";
import ukCheck from "../../src/tamizdat/wire/texts/check/uk.json";
import zhCheck from "../../src/tamizdat/wire/texts/check/zh.json";

/** @typedef {Record<string, string>} Words */
/** @type {{code: string, name: string, rtl?: boolean, words: Words}[]} */
export const LANGUAGES = [
  { code: "en", name: "English", words: { ...enCheck, ...en } },
  { code: "ar", name: "العربية", rtl: true, words: { ...arCheck, ...ar } },
  { code: "az", name: "Azərbaycanca", words: { ...azCheck, ...az } },
  { code: "fa", name: "فارسی", rtl: true, words: { ...faCheck, ...fa } },
  { code: "fr", name: "Français", words: { ...frCheck, ...fr } },
  { code: "ru", name: "Русский", words: { ...ruCheck, ...ru } },
  { code: "uk", name: "Українська", words: { ...ukCheck, ...uk } },
  { code: "zh", name: "中文", words: { ...zhCheck, ...zh } },
];
const [english] = LANGUAGES;
let current = english;

/** @param {readonly string[]} wished as the browser says @returns {string} the code of the best at hand */
export const best = (wished) =>
  wished.map((wish) => wish.toLowerCase().split("-")[0]).find((code) => LANGUAGES.some((one) => one.code === code)) ?? "en";

/** @param {string} code */
export function speak(code) {
  current = LANGUAGES.find((one) => one.code === code) ?? english;
  document.documentElement.lang = current.code;
  document.documentElement.dir = current.rtl ? "rtl" : "ltr";
  document.title = say("title");
}

/** @param {string} key */
export const has = (key) => key in english.words;

/** Its words, in English where this language lacks them; a number does not part from its sign. @param {string} key @returns {string} */
const words = (key) => (current.words[key] ?? english.words[key] ?? key).replace(/ (?=[%٪])/g, "\u00a0");

/** @param {string} key @param {Record<string, string | number>} [values] */
export const say = (key, values = {}) => words(key).replace(/\{(\w+)\}/g, (_, name) => shown(name, values[name] ?? ""));

/**
 * The same as nodes, foreign values each in an element of its own, so that none can pass for the page's words or turn their direction.
 * @param {string} key @param {Record<string, string | number>} [values] @returns {(Node | string)[]}
 */
export const phrase = (key, values = {}) =>
  words(key).split(/\{(\w+)\}/g).map((part, place) => (place % 2 ? value(part, values[part] ?? "") : part));

/** @param {string} name @param {string | number} held */
function value(name, held) {
  const latin = ["words", "fingerprint", "flaw", "where", "folder"].includes(name);
  const made = document.createElement(["fingerprint", "flaw"].includes(name) ? "code" : "bdi");
  if (latin) Object.assign(made, { dir: "ltr", lang: "en", translate: false });
  made.textContent = shown(name, held);
  return made;
}

/** @param {string} name @param {string | number} held */
function shown(name, held) {
  if (typeof held === "number") return number(held);
  if (name === "time") return moment(held, { dateStyle: "long", timeStyle: "medium", hourCycle: "h23" });
  return name === "day" ? moment(held, { dateStyle: "long" }) : held;
}

/** @param {number} held */
export const number = (held) => new Intl.NumberFormat(current.code).format(held);

/** A length in bytes, in units of 1,000. @param {number} bytes */
export function size(bytes) {
  const [unit, divisor] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  return new Intl.NumberFormat(current.code, { style: "unit", unit, maximumFractionDigits: 1 }).format(bytes / divisor);
}

/** Browsers without words for Azerbaijani write "M11" for November. */
const AZ_MONTHS = "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr".split(" ");

/** A time in UTC; where the language counts years otherwise, as it is written on the record too. @param {string} written @param {Intl.DateTimeFormatOptions} style */
function moment(written, style) {
  const time = new Date(written);
  if (Number.isNaN(time.getTime())) return written;
  const clock = style.timeStyle ? " UTC" : "";
  if (current.code === "az") {
    const day = `${time.getUTCDate()} ${AZ_MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
    return clock ? `${day}, ${written.slice(11, 19)}${clock}` : day;
  }
  const said = new Intl.DateTimeFormat(current.code, { ...style, timeZone: "UTC" }).format(time);
  return current.code === "fa" ? `${said}${clock} (\u2066${written.slice(0, 10)}\u2069)` : `${said}${clock}`;
}
