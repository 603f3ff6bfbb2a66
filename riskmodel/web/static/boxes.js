// The number boxes of one indicator: one for a value, several for a range, and the choice between them.

import { el } from "./dom.js";
import { KINDS, center, clean, inWords, kindOf, numberIn, same } from "./values.js";

const LIST = Object.entries({ one: ["one value"], ...KINDS }).map(([kind, keys]) => [kind, keys.join(", ")]);

/** Convert a value to another kind, around a middle; a range extends a width to either side, as far as is valid. */
function converted(kind, middle, width, [lowest, highest]) {
  if (kind === "one") return middle;
  const start = clean(Math.max(middle - width, Math.min(lowest ?? -Infinity, middle)));
  const end = clean(Math.min(middle + width, Math.max(highest ?? Infinity, middle)));
  const parts = { low: start, likely: middle, high: end, mean: middle, sd: width, p10: start, p50: middle, p90: end };
  return Object.fromEntries(KINDS[kind].map((key) => [key, parts[key]]));
}

export class Boxes {
  /**
   * @param indicator its data
   * @param attributes of each box
   * @param on { entered(value), wrong(message), other(): a value for one that is unknown, open(): the range is wanted }
   */
  constructor(indicator, attributes, on) {
    Object.assign(this, { indicator, attributes, on, value: null });
    const { title } = indicator;
    const isEmpty = () => this.single.value.trim() === "";
    this.single = this.#box("value", title, () => (isEmpty() ? this.on.entered(null) : this.#typed([this.single])));
    this.text = el("button", { type: "button", class: "range-text", hidden: true, click: () => on.open() });
    this.line = el("span", { class: "boxes" }, this.single, this.text);
    const options = LIST.map(([kind, text]) => el("option", { value: kind, text }));
    const choose = () => this.#choose(this.kind.value);
    this.kind = el("select", { class: "kind", "aria-label": `${title}: one value or a range`, change: choose }, ...options);
    this.make = el("button", { type: "button", class: "make-range", text: "Give a range", click: () => this.#makeRange() });
    this.parts = el("span", { class: "boxes range" });
    this.range = el("div", { class: "entry" }, this.parts, this.kind, this.make);
  }

  #box(key, label, input) {
    const box = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": label, ...this.attributes, placeholder: "unknown", input });
    box.dataset.key = key;
    return box;
  }

  #makeRange() {
    this.#choose("pert");
    this.parts.querySelector("input").focus();
  }

  #choose(kind) {
    const { slider, valid } = this.indicator;
    const middle = typeof this.value === "string" ? this.on.other() : center(this.value) ?? this.on.other();
    const width = slider ? Number(((slider.high - slider.low) / 10).toPrecision(2)) : 1;
    this.on.entered(converted(kind, middle, width, valid));
    if (kind === "one") this.single.focus();
  }

  #typed(boxes) {
    const numbers = boxes.map((box) => numberIn(box.value));
    const wrong = boxes.find((box, index) => numbers[index] === null);
    if (wrong) {
      const text = wrong.value.trim();
      const message = text === "" ? `${wrong.dataset.key} is empty` : `${text} is not a number`;
      this.on.wrong(/^[^,]+,\d+$/.test(text) ? `${message}; the decimal mark is a point` : message);
    } else if (boxes[0] === this.single) this.on.entered(numbers[0]);
    else this.on.entered(Object.fromEntries(boxes.map((box, index) => [box.dataset.key, numbers[index]])));
  }

  /** Show a value in place of typed text. */
  show(value) {
    this.value = value;
    const kind = kindOf(value);
    const keys = KINDS[kind] ?? [];
    this.single.hidden = this.make.hidden = kind !== "one";
    this.text.hidden = kind === "one";
    this.kind.hidden = kind === "one";
    this.kind.value = kind;
    if (!same(keys, this.keys)) this.#makeParts(keys);
    for (const box of kind === "one" ? [this.single] : this.parts.querySelectorAll("input")) {
      const part = kind === "one" ? value : value[box.dataset.key];
      // A box keeps its text while typing, such as `1.` on the way to `1.5`.
      if (part === null ? box.value.trim() !== "" : numberIn(box.value) !== part) box.value = part ?? "";
    }
    if (kind === "one") return;
    this.text.textContent = inWords(value);
    this.text.setAttribute("aria-label", `${this.indicator.title}: ${inWords(value)}`);
  }

  #makeParts(keys) {
    this.keys = keys;
    const typed = () => this.#typed([...this.parts.querySelectorAll("input")]);
    const boxes = keys.map((key) => this.#box(key, `${this.indicator.title}: ${key}`, typed));
    this.parts.replaceChildren(...boxes.map((box) => el("label", {}, box.dataset.key, " ", box)));
  }
}
