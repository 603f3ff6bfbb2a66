// The control of one indicator: slider, anchors, number boxes, kinds of ranges, labels, unknown.

import { debounce, el } from "./dom.js";
import { Slider } from "./slider.js";
import { KINDS, center, clean, inWords, isRange, kindOf, numberIn, same } from "./values.js";

const SETTLE_MILLISECONDS = 800;
const LIST = Object.entries({ one: ["one value"], ...KINDS }).map(([kind, keys]) => [kind, keys.join(", ")]);

export class Field {
  /**
   * @param name the indicator's id
   * @param indicator its data
   * @param on { change(name, value), settled(), faulty() }: value is a number, label, range, or null for unknown;
   *   faulty is called when a box starts or stops containing invalid text
   */
  constructor(name, indicator, on) {
    Object.assign(this, { name, indicator, value: undefined, last: null, inputFault: null, serviceFault: null });
    this.on = { ...on, settled: debounce(SETTLE_MILLISECONDS, on.settled) };
    this.id = `field-${name}`;
    this.error = el("p", { class: "fault", id: `${this.id}-fault`, hidden: true });
    this.meaning = el("p", { class: "meaning", id: `${this.id}-meaning` });
    this.note = el("p", { class: "note", hidden: true });
    this.other = el("span", { class: "other" });
    this.unknown = el("input", { type: "checkbox", change: () => this.#toggle() });
    const heading = el("div", { class: "heading" }, this.#about(), el("label", { class: "unknown" }, this.unknown, "unknown"));
    this.element = el("div", { class: "field", role: "group", "aria-labelledby": `${this.id}-title`, "data-name": name });
    this.element.append(heading, ...(indicator.labels ? [this.#labels()] : this.#numbers()), this.meaning, this.note, this.error);
    this.show(null);
  }

  get described() {
    return { "aria-describedby": `${this.id}-meaning ${this.id}-fault` };
  }

  #about() {
    const { indicator } = this;
    const parts = [indicator.description, `Valid: ${indicator.valid_text}.`].filter(Boolean).map((text) => el("p", { text }));
    const guide = indicator.guide.flatMap(({ value, text }) => [
      el("dt", {}, el("button", { type: "button", "aria-label": `Enter ${value}`, text: value, click: () => this.#move(value) })),
      el("dd", { text }),
    ]);
    if (guide.length) parts.push(el("dl", {}, ...guide));
    const title = el("span", { class: "name", id: `${this.id}-title`, text: indicator.title });
    const unit = el("span", { class: "unit", text: indicator.unit || "" });
    return el("details", { class: "about" }, el("summary", {}, title, " ", unit), ...parts);
  }

  #labels() {
    const options = this.indicator.labels.map((label) => el("option", { value: label, text: label }));
    const change = () => this.#enter(this.choice.value || null);
    const unknown = el("option", { value: "", text: "unknown" });
    this.choice = el("select", { "aria-labelledby": `${this.id}-title`, ...this.described, change }, unknown, ...options);
    return el("div", { class: "entry" }, this.choice, this.other);
  }

  #numbers() {
    const { title } = this.indicator;
    const options = LIST.map(([kind, text]) => el("option", { value: kind, text }));
    const change = () => this.#choose(this.kind.value);
    this.kind = el("select", { class: "kind", "aria-label": `${title}: one value or a range`, change }, ...options);
    this.boxes = el("span", { class: "boxes" });
    const entry = el("div", { class: "entry" }, this.boxes, this.kind, this.other);
    return this.indicator.slider ? [this.#slide(), entry] : [entry];
  }

  #slide() {
    const { slider, title, guide } = this.indicator;
    this.slider = new Slider(slider, { "aria-label": title, ...this.described }, (number) => this.#move(number));
    const inside = guide.filter(({ value }) => value >= slider.low && value <= slider.high);
    const within = inside.length ? inside : [slider.low, slider.high].map((value) => ({ value, text: "" }));
    const anchors = within.map(({ value, text }) => {
      const anchor = el("button", { type: "button", tabindex: "-1", title: text, text: value, click: () => this.#move(value) });
      // The centre of the thumb does not reach the ends of the track.
      anchor.style.left = `calc(${this.slider.share(value)} * (100% - var(--thumb)) + var(--thumb) / 2)`;
      return anchor;
    });
    // Screen readers find the same anchors in the description.
    return el("div", { class: "slide" }, this.slider.input, el("div", { class: "anchors", "aria-hidden": "true" }, ...anchors));
  }

  #box(key) {
    const label = key === "value" ? this.indicator.title : `${this.indicator.title}: ${key}`;
    const box = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": label, ...this.described, placeholder: "?", input: () => this.#typed() });
    box.dataset.key = key;
    return box;
  }

  #toggle() {
    this.#enter(this.unknown.checked ? null : this.last ?? this.#someValue());
  }

  /** Return a valid value for an indicator without one. */
  #someValue() {
    if (this.indicator.labels) return this.indicator.labels[0];
    const [low, high] = this.indicator.valid;
    return this.slider ? this.slider.middle() : Math.min(Math.max(0, low ?? -Infinity), high ?? Infinity);
  }

  /** Move a value, or a range as a whole, without leaving the slider any further. */
  #move(target) {
    if (!isRange(this.value)) {
      this.#enter(target);
      return;
    }
    const parts = Object.entries(this.value).filter(([key]) => key !== "sd").map(([, number]) => number);
    const { low, high } = this.slider ?? { low: -Infinity, high: Infinity };
    const minShift = Math.min(low - Math.min(...parts), 0);
    const maxShift = Math.max(high - Math.max(...parts), 0);
    const shift = Math.min(Math.max(target - center(this.value), minShift), maxShift);
    this.#enter(Object.fromEntries(Object.entries(this.value).map(([key, number]) => [key, key === "sd" ? number : clean(number + shift)])));
  }

  /** Convert the value to another kind; a range extends a tenth of the slider to either side. */
  #choose(kind) {
    const middle = typeof this.value === "string" ? this.#someValue() : center(this.value) ?? this.#someValue();
    const width = this.slider ? Number(((this.slider.high - this.slider.low) / 10).toPrecision(2)) : 1;
    const [low, high] = [this.indicator.valid[0] ?? -Infinity, this.indicator.valid[1] ?? Infinity];
    const start = clean(Math.max(middle - width, Math.min(low, middle)));
    const end = clean(Math.min(middle + width, Math.max(high, middle)));
    const parts = { low: start, likely: middle, high: end, mean: middle, sd: width, p10: start, p50: middle, p90: end };
    this.#enter(kind === "one" ? middle : Object.fromEntries(KINDS[kind].map((key) => [key, parts[key]])));
  }

  #typed() {
    const boxes = [...this.boxes.querySelectorAll("input")];
    const numbers = boxes.map((box) => numberIn(box.value));
    const single = kindOf(this.value) === "one";
    const wrong = boxes.findIndex((box, index) => numbers[index] === null && !(single && box.value.trim() === ""));
    if (wrong >= 0) {
      const text = boxes[wrong].value.trim();
      const message = text === "" ? `${boxes[wrong].dataset.key} is empty` : `${text} is not a number`;
      this.#setInputFault(/^[^,]+,\d+$/.test(text) ? `${message}; the decimal mark is a point` : message);
      return;
    }
    this.#setInputFault(null);
    this.#enter(single ? numbers[0] : Object.fromEntries(boxes.map((box, index) => [box.dataset.key, numbers[index]])));
  }

  #enter(value) {
    const last = value ?? this.last;
    this.show(value);
    this.last = last;
    this.on.change(this.name, value);
    this.on.settled();
  }

  /** Show a value in place of typed text. */
  show(value) {
    this.value = this.last = value;
    this.unknown.checked = value === null;
    this.element.classList.toggle("is-unknown", value === null);
    if (this.indicator.labels) this.choice.value = value ?? "";
    else this.#showNumber(value);
    this.meaning.textContent = this.#meaning(value);
    this.#setInputFault(null);
  }

  #showNumber(value) {
    const kind = kindOf(value);
    const keys = kind === "one" ? ["value"] : KINDS[kind];
    this.kind.value = kind;
    if (!same(keys, this.keys)) {
      this.keys = keys;
      const boxes = keys.map((key) => this.#box(key));
      this.boxes.replaceChildren(...boxes.map((box) => (kind === "one" ? box : el("label", {}, box.dataset.key, " ", box))));
    }
    for (const box of this.boxes.querySelectorAll("input")) {
      const part = kind === "one" ? value : value[box.dataset.key];
      // A box keeps its text while typing, such as `1.` on the way to `1.5`.
      if (part === null ? box.value.trim() !== "" : numberIn(box.value) !== part) box.value = part ?? "";
    }
    const middle = typeof value === "string" ? null : center(value);
    const about = isRange(value) ? `, middle ${middle}` : "";
    this.slider?.show(middle, `${inWords(value)}${about} ${this.indicator.unit || ""}`.trim(), this.indicator.default);
  }

  #meaning(value) {
    const { guide, default: assumed, labels } = this.indicator;
    if (value === null) return assumed === null ? "" : `The model assumes ${assumed}.`;
    if (labels) return guide.find((anchor) => anchor.value === value)?.text || "";
    const middle = center(value);
    if (!guide.length || typeof middle !== "number") return "";
    const away = ({ value: anchor }) => Math.abs(anchor - middle);
    const near = guide.reduce((best, anchor) => (away(anchor) < away(best) ? anchor : best));
    return `${near.value === middle ? "" : "near "}${near.value}: ${near.text}`;
  }

  /** Record the fault of typed text, which is not a value. */
  #setInputFault(text) {
    const changed = text !== this.inputFault;
    this.inputFault = text;
    this.#showFault();
    if (changed) this.on.faulty();
  }

  /** Show the error of the service. */
  fault(text) {
    this.serviceFault = text;
    this.#showFault();
  }

  #showFault() {
    const text = this.inputFault || this.serviceFault;
    this.error.hidden = !text;
    this.error.textContent = text || "";
    for (const part of this.element.querySelectorAll("input, select")) {
      if (text) part.setAttribute("aria-invalid", "true");
      else part.removeAttribute("aria-invalid");
    }
  }

  /** Show the note of the value, if any. */
  annotate(text) {
    this.note.hidden = !text;
    this.note.textContent = text || "";
  }

  /** Show the value of the other situation; nothing without a side. */
  compare(side, value) {
    this.other.textContent = side ? `${side}: ${inWords(value)}` : "";
  }
}
