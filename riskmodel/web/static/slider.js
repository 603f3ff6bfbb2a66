// The slider of one indicator: integer steps, the first and last of which are exactly the ends of the range.

import { el } from "./dom.js";
import { center, clean, extent } from "./values.js";

const LOGARITHMIC_STEPS = 200;

export class Slider {
  /**
   * @param indicator with its default, and its slider { low, high, step, logarithmic }
   * @param attributes of the input
   * @param moved called with the new number
   */
  constructor(indicator, attributes, moved) {
    Object.assign(this, indicator.slider, { assumed: indicator.default });
    this.last = this.logarithmic ? LOGARITHMIC_STEPS : Math.max(1, Math.ceil((this.high - this.low) / this.step - 1e-9));
    const move = () => moved(this.number(Number(this.input.value)));
    // A click on the thumb fires no input event, but gives an unknown value its first number.
    const click = () => this.isUnknown && move();
    this.input = el("input", { type: "range", min: 0, max: this.last, step: 1, ...attributes, input: move, click });
    this.filled = el("span", { class: "filled" });
    this.tick = el("span", { class: "assumed", hidden: true });
    this.element = el("span", { class: "slide" }, this.filled, this.tick, this.input);
    if (this.assumed !== null) this.tick.style.left = this.#place(this.assumed);
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
  #share(number) {
    const clamped = Math.min(Math.max(number, this.low), this.high);
    const share = this.logarithmic ? Math.log(clamped / this.low) / Math.log(this.high / this.low) : (clamped - this.low) / (this.high - this.low);
    return Number.isFinite(share) ? share : 0;
  }

  /** Return the place of a number on the track; the centre of the thumb does not reach the ends. */
  #place(number) {
    return `calc(${this.#share(number)} * (100% - var(--thumb)) + var(--thumb) / 2)`;
  }

  /** Show a value and its text; one that is unknown, or no number, stands at the default or in the middle. */
  show(value, text) {
    const number = center(value);
    this.isUnknown = typeof number !== "number";
    const position = this.isUnknown ? this.assumed ?? this.middle() : number;
    this.input.value = Math.round(this.logarithmic ? this.#share(position) * this.last : (position - this.low) / this.step);
    this.input.setAttribute("aria-valuetext", text);
    this.tick.hidden = !this.isUnknown || this.assumed === null;
    this.filled.hidden = this.isUnknown;
    if (this.isUnknown) return;
    const [low, high] = extent(value);
    this.filled.style.left = low === high ? "0" : this.#place(low);
    this.filled.style.right = `calc(100% - ${this.#place(high).slice("calc".length)})`;
  }

  middle() {
    return this.number(Math.round(this.last / 2));
  }
}
