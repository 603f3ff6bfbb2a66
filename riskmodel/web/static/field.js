// The control of one indicator: a line with name, slider and value, and below it, while it is open, everything else.

import { Boxes } from "./boxes.js";
import { debounce, el, isTyping, markInvalid } from "./dom.js";
import { meaningOf } from "./guide.js";
import { Slider } from "./slider.js";
import { center, clean, inWords, isRange } from "./values.js";

const SETTLE_MILLISECONDS = 800;
const UNKNOWN_KEYS = ["Delete", "Backspace"];

export class Field {
  /**
   * @param name the indicator's id
   * @param indicator its data
   * @param on { change(name, value), note(name, text), settled(), faulty(), toggled(field) }: value is a number, label,
   *   range, or null for unknown; faulty is called when a box starts or stops containing invalid text, and toggled
   *   when the control is to be opened or closed
   */
  constructor(name, indicator, on) {
    Object.assign(this, { name, indicator, value: undefined, inputFault: null, serviceFault: null });
    this.on = { ...on, settled: debounce(SETTLE_MILLISECONDS, on.settled) };
    this.id = `field-${name}`;
    this.error = el("p", { class: "fault", id: `${this.id}-fault`, hidden: true });
    this.meaning = el("p", { class: "meaning", id: `${this.id}-meaning` });
    this.other = el("p", { class: "other", hidden: true });
    const parts = indicator.labels ? this.#labels() : this.#numbers();
    const detail = this.#detail(parts.detail);
    const line = el("div", { class: "row" }, this.#nameButton(), ...parts.line, this.#clearButton());
    const attributes = { class: "field", role: "group", "aria-labelledby": `${this.id}-title`, "data-name": name };
    this.element = el("div", { ...attributes, keydown: (event) => this.#key(event) }, line, this.other, this.error, detail);
    this.show(null);
  }

  get described() {
    return { "aria-describedby": `${this.id}-meaning ${this.id}-fault` };
  }

  #nameButton() {
    this.mark = el("span", { class: "mark", hidden: true, title: "has a note" }, el("span", { class: "unseen", text: ", has a note" }));
    const title = el("span", { id: `${this.id}-title`, text: this.indicator.title });
    this.button = el("button", { type: "button", class: "name", "aria-expanded": "false", "aria-controls": `${this.id}-detail`, click: () => this.on.toggled(this) }, title, this.mark);
    return this.button;
  }

  #clearButton() {
    const label = `${this.indicator.title}: make unknown`;
    // The key does the same, and keeps the way from control to control short. The focus, which would open the control, stays.
    const on = { click: () => this.#clear(), mousedown: (event) => event.preventDefault() };
    this.clear = el("button", { type: "button", class: "clear", tabindex: "-1", "aria-label": label, title: "make unknown (Delete)", text: "×", ...on });
    return this.clear;
  }

  #labels() {
    const options = this.indicator.labels.map((label) => el("option", { value: label, text: label }));
    const change = () => this.#enter(this.choice.value || null);
    const unknown = el("option", { value: "", text: "unknown" });
    this.choice = el("select", { class: "choice", "aria-labelledby": `${this.id}-title`, ...this.described, change }, unknown, ...options);
    return { line: [this.choice], detail: [] };
  }

  #numbers() {
    const { title, slider } = this.indicator;
    this.boxes = new Boxes(this.indicator, this.described, {
      entered: (value) => this.#typed(value),
      wrong: (message) => this.#setInputFault(message),
      other: () => this.#someValue(),
      open: () => this.boxes.parts.querySelector("input").focus(),
    });
    if (slider) {
      // Its text for screen readers has the meaning already.
      const attributes = { "aria-label": title, "aria-keyshortcuts": "Delete", "aria-describedby": `${this.id}-fault` };
      this.slider = new Slider(this.indicator, attributes, (number) => this.#move(number));
    }
    return { line: [this.slider?.element ?? el("span"), this.boxes.line], detail: [this.boxes.range] };
  }

  #detail(parts) {
    const { description, guide, unit, valid_text: valid } = this.indicator;
    const anchors = guide.flatMap(({ value, text }) => [
      el("dt", {}, el("button", { type: "button", tabindex: "-1", "aria-label": `Enter ${value}`, text: value, click: () => this.#move(value) })),
      el("dd", { text }),
    ]);
    const unitText = [unit, `valid: ${valid}`].filter(Boolean).join("; ");
    this.note = el("textarea", { class: "note", id: `${this.id}-note`, rows: "1", input: () => this.#noted() });
    this.noteOf = el("span", { class: "quiet note-of" });
    this.detail = el("div", { class: "detail", id: `${this.id}-detail`, hidden: true });
    this.detail.append(
      this.meaning,
      el("p", { class: "quiet unit", text: unitText }),
      ...parts,
      ...(anchors.length ? [el("dl", { class: "guide" }, ...anchors)] : []),
      ...(description ? [el("p", { class: "quiet", text: description })] : []),
      el("label", { class: "note-label", for: this.note.id }, "Note ", this.noteOf),
      this.note,
    );
    return this.detail;
  }

  get isOpen() {
    return !this.detail.hidden;
  }

  /** Show or hide what stands below the line. */
  open(isOpen) {
    this.detail.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.element.classList.toggle("is-open", isOpen);
  }

  #noted() {
    this.on.note(this.name, this.note.value);
    this.on.settled();
  }

  #key(event) {
    if (isTyping(event.target) || !UNKNOWN_KEYS.includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (this.value !== null) this.#enter(null);
  }

  #clear() {
    const hasFocus = document.activeElement === this.clear;
    this.#enter(null);
    if (hasFocus) (this.choice ?? this.slider?.input ?? this.boxes.single).focus();
  }

  /** Return a valid value for an indicator without one. */
  #someValue() {
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

  #typed(value) {
    this.#setInputFault(null);
    this.#enter(value);
  }

  #enter(value) {
    this.show(value);
    this.on.change(this.name, value);
    this.on.settled();
  }

  /** Show a value in place of typed text. */
  show(value) {
    this.value = value;
    this.element.classList.toggle("is-unknown", value === null);
    this.clear.hidden = value === null;
    const meaning = meaningOf(this.indicator, value);
    if (this.choice) this.choice.value = value ?? "";
    else this.boxes.show(value);
    const spoken = [inWords(value), value === null ? "" : this.indicator.unit].filter(Boolean).join(" ");
    this.slider?.show(value, [spoken, meaning].filter(Boolean).join(", "));
    const shown = value === null ? ["unknown", meaning].filter(Boolean).join("; ") : meaning;
    this.meaning.textContent = shown && `${shown[0].toUpperCase()}${shown.slice(1)}.`;
    this.#setInputFault(null);
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
    for (const part of this.element.querySelectorAll("input, select")) markInvalid(part, text);
  }

  /** Show the note of the value, if any, and the value that it was written for, where that is another one. */
  annotate(text, of) {
    if (this.note.value !== text) this.note.value = text;
    this.mark.hidden = !text;
    this.noteOf.textContent = of === undefined ? "" : `written for ${inWords(of)}, and left out of the assessment`;
  }

  /** Show the value of the other situation; nothing without a side. */
  compare(side, value) {
    this.other.hidden = !side;
    this.other.textContent = side ? `${side}: ${inWords(value)}` : "";
  }
}
