/** The page's languages: the words, numbers and direction of each. It knows nothing of what they are about. */
import ar from "./texts/ar.js";
import en from "./texts/en.js";

/**
 * The languages the page is meant for; one without words is not offered yet.
 * @type {{code: string, name: string, rtl?: boolean, words?: Record<string, string>}[]}
 */
const PLANNED = [
  { code: "en", name: "English", words: en },
  { code: "ar", name: "العربية", rtl: true, words: ar },
  { code: "az", name: "Azərbaycanca" },
  { code: "fa", name: "فارسی", rtl: true },
  { code: "fr", name: "Français" },
  { code: "ru", name: "Русский" },
  { code: "uk", name: "Українська" },
  { code: "zh", name: "中文" },
];
export const LANGUAGES = PLANNED.filter((one) => one.words);
let current = LANGUAGES[0];

/** @param {readonly string[]} wished as the browser says @returns {string} the code of the best at hand */
export const best = (wished) =>
  wished.map((wish) => wish.split("-")[0]).find((code) => LANGUAGES.some((one) => one.code === code)) ?? "en";

/** @param {string} code */
export function speak(code) {
  current = LANGUAGES.find((one) => one.code === code) ?? LANGUAGES[0];
  document.documentElement.lang = current.code;
  document.documentElement.dir = current.rtl ? "rtl" : "ltr";
}

/** @param {string} key */
export const has = (key) => key in en;

/** The words for *key*, numbers in it written as the language does. @param {string} key @param {Record<string, string | number>} [values] */
export function say(key, values = {}) {
  const text = current.words?.[key] ?? en[/** @type {keyof typeof en} */ (key)] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}

/** @param {number} value @param {number} [digits] after the point */
export const number = (value, digits = 0) => new Intl.NumberFormat(current.code, { maximumFractionDigits: digits }).format(value);

/** A length in bytes, in units of 1,000. @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  let power = 0;
  for (let rest = bytes; rest >= 999.5 && power < units.length - 1; rest /= 1000) power++;
  const value = bytes / 1000 ** power;
  const digits = power && value < 9.95 ? 1 : 0;
  return new Intl.NumberFormat(current.code, { style: "unit", unit: units[power], maximumFractionDigits: digits }).format(value);
}

/** @param {number} seconds */
export const time = (seconds) =>
  seconds > 90 ? say("time.minutes", { count: Math.round(seconds / 60) }) : say("time.seconds", { count: Math.ceil(seconds) });

/** A day in UTC. @param {number} seconds since 1970 */
export const day = (seconds) => new Intl.DateTimeFormat(current.code, { dateStyle: "long", timeZone: "UTC" }).format(seconds * 1000);
