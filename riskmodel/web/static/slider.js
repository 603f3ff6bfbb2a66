// The slider of one indicator. It moves over whole steps, of which the first and the last are exactly the ends.

import { el } from "./dom.js";
import { clean } from "./values.js";

const LOGARITHMIC_STEPS = 200;

export class Slider {
  /**
   * @param range { low, high, step, logarithmic } of the model
   * @param attributes of the input
   * @param moved called with the number that it was moved to
   */
  constructor(range, attributes, moved) {
    Object.assign(this, range);
    this.last = this.logarithmic ? LOGARITHMIC_STEPS : Math.max(1, Math.ceil((this.high - this.low) / this.step - 1e-9));
    const move = () => moved(this.number(Number(this.input.value)));
    // A click on where the thumb stands moves nothing, and yet somebody means it who sees "unknown".
    const click = () => this.isUnknown && move();
    this.input = el("input", { type: "range", min: 0, max: this.last, step: 1, ...attributes, input: move, click });
  }

  /** The number at a step. */
  number(place) {
    if (place <= 0) return this.low;
    if (place >= this.last) return this.high;
    if (!this.logarithmic) return clean(this.low + place * this.step);
    const exact = this.low * (this.high / this.low) ** (place / this.last);
    return Math.min(Math.max(Number(exact.toPrecision(3)), this.low), this.high);
  }

  /** How far along a number is, in [0, 1]. */
  share(number) {
    const kept = Math.min(Math.max(number, this.low), this.high);
    const share = this.logarithmic ? Math.log(kept / this.low) / Math.log(this.high / this.low) : (kept - this.low) / (this.high - this.low);
    return Number.isFinite(share) ? share : 0;
  }

  /** Stand at a number, and say what that is; null is unknown, and stands at another number or at the middle. */
  show(number, words, otherwise = null) {
    this.isUnknown = number === null;
    const position = number ?? otherwise ?? this.middle();
    this.input.value = Math.round(this.logarithmic ? this.share(position) * this.last : (position - this.low) / this.step);
    this.input.setAttribute("aria-valuetext", words);
  }

  middle() {
    return this.number(Math.round(this.last / 2));
  }
}
