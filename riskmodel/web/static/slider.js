// The slider of one indicator: integer steps, the first and last of which are exactly the ends of the range.

import { el } from "./dom.js";
import { clean } from "./values.js";

const LOGARITHMIC_STEPS = 200;

export class Slider {
  /**
   * @param range { low, high, step, logarithmic } of the model
   * @param attributes of the input
   * @param moved called with the new number
   */
  constructor(range, attributes, moved) {
    Object.assign(this, range);
    this.last = this.logarithmic ? LOGARITHMIC_STEPS : Math.max(1, Math.ceil((this.high - this.low) / this.step - 1e-9));
    const move = () => moved(this.number(Number(this.input.value)));
    // A click on the thumb fires no input event, but gives an unknown value its first number.
    const click = () => this.isUnknown && move();
    this.input = el("input", { type: "range", min: 0, max: this.last, step: 1, ...attributes, input: move, click });
  }

  /** Return the number at a step. */
  number(step) {
    if (step <= 0) return this.low;
    if (step >= this.last) return this.high;
    if (!this.logarithmic) return clean(this.low + step * this.step);
    const exact = this.low * (this.high / this.low) ** (step / this.last);
    return Math.min(Math.max(Number(exact.toPrecision(3)), this.low), this.high);
  }

  /** Return the relative position of a number, in [0, 1]. */
  share(number) {
    const clamped = Math.min(Math.max(number, this.low), this.high);
    const share = this.logarithmic ? Math.log(clamped / this.low) / Math.log(this.high / this.low) : (clamped - this.low) / (this.high - this.low);
    return Number.isFinite(share) ? share : 0;
  }

  /** Show a number and its text; null (unknown) is shown at a default number or at the middle. */
  show(number, text, otherwise = null) {
    this.isUnknown = number === null;
    const position = number ?? otherwise ?? this.middle();
    this.input.value = Math.round(this.logarithmic ? this.share(position) * this.last : (position - this.low) / this.step);
    this.input.setAttribute("aria-valuetext", text);
  }

  middle() {
    return this.number(Math.round(this.last / 2));
  }
}
