// @ts-check
/**
 * Why an attempt at a file failed: refused, or not answered.
 *
 * @typedef {object} RefusalFacts
 * @property {boolean} [later]  "not now": it may be tried again
 * @property {boolean} [gone]   what was given is not there any more
 * @property {boolean} [soon]   tried again at once it may do, as a ticket had run out
 */
import { SealwireError } from "../errors.js";

export class FileRefusal extends SealwireError {
  /**
   * @param {import("../errors.js").Code} code
   * @param {string} text
   * @param {RefusalFacts} facts
   */
  constructor(code, text, { later = false, gone = false, soon = false }) {
    super(code, text);
    this.later = later;
    this.gone = gone;
    this.soon = soon;
  }
}
