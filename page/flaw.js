/**
 * One clear error: its lasting code, what is wrong, what the person can do now. The codes are those of docs/spec.
 */
export class Flaw extends Error {
  /**
   * @param {string} code lower case and hyphens, as docs/spec names it
   * @param {string} what with the value in it, no capital, no full stop
   * @param {string} [mend] one sentence: what to do now
   */
  constructor(code, what, mend = "") {
    super(what);
    this.name = "Flaw";
    this.code = code;
    this.mend = mend;
  }
}
