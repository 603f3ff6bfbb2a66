// The control of one indicator: slider, anchors of the guide, number box, kinds of ranges, labels, unknown.

import { make } from "./dom.js";

const KINDS = {
  one: ["one value", []],
  uniform: ["low, high", ["low", "high"]],
  pert: ["low, likely, high", ["low", "likely", "high"]],
  normal: ["mean, sd", ["mean", "sd"]],
  quantiles: ["p10, p50, p90", ["p10", "p50", "p90"]],
};

const isRange = (value) => value !== null && typeof value === "object";
const kindOf = (value) =>
  isRange(value) ? Object.keys(KINDS).find((kind) => KINDS[kind][1].join() === Object.keys(value).join()) || "uniform" : "one";

/** A number as people write it: without what floats leave behind. */
const tidy = (value) => Number(value.toPrecision(6));

export class Field {
  /**
   * @param name the indicator's id
   * @param indicator what the model says of it
   * @param on { change(name, value), settled() }: value is a number, label, range, or null for unknown
   */
  constructor(name, indicator, on) {
    Object.assign(this, { name, indicator, on, value: null });
    this.element = make("div", { class: "field", role: "group", "aria-labelledby": `${name}-title`, "data-name": name });
    this.error = make("p", { class: "fault", id: `${name}-fault`, hidden: true });
    this.meaning = make("p", { class: "meaning", id: `${name}-meaning` });
    this.other = make("span", { class: "other" });
    this.unknown = make("input", { type: "checkbox", change: () => this.#toggle() });
    this.element.append(
      make("div", { class: "heading" }, this.#head(), this.#unknownBox()),
      ...(indicator.labels ? [this.#labels()] : this.#numbers()),
      this.meaning,
      this.error,
    );
    this.show(null);
  }

  #head() {
    const { indicator, name } = this;
    const parts = [indicator.description, `Valid: ${indicator.valid}.`].filter(Boolean).map((text) => make("p", { text }));
    const guide = indicator.guide.flatMap((anchor) => [make("dt", { text: anchor.value }), make("dd", { text: anchor.text })]);
    if (guide.length) parts.push(make("dl", {}, ...guide));
    const title = make("span", { class: "name", id: `${name}-title`, text: indicator.title });
    const unit = make("span", { class: "unit", text: indicator.unit || "" });
    return make("details", { class: "about" }, make("summary", {}, title, " ", unit), ...parts);
  }

  #unknownBox() {
    return make("label", { class: "unknown" }, this.unknown, "unknown");
  }

  #labels() {
    const options = this.indicator.labels.map((label) => make("option", { value: label, text: label }));
    this.choice = make(
      "select",
      { "aria-labelledby": `${this.name}-title`, "aria-describedby": `${this.name}-meaning ${this.name}-fault`, change: () => this.#enter(this.choice.value || null) },
      make("option", { value: "", text: "unknown" }),
      ...options,
    );
    return make("div", { class: "entry" }, this.choice, this.other);
  }

  #numbers() {
    const { slider } = this.indicator;
    this.kind = make(
      "select",
      { class: "kind", "aria-label": `${this.indicator.title}: one value or a range`, change: () => this.#choose(this.kind.value) },
      ...Object.entries(KINDS).map(([kind, [text]]) => make("option", { value: kind, text })),
    );
    this.boxes = make("span", { class: "boxes" });
    this.box = this.#box("value", this.indicator.title);
    const entry = make("div", { class: "entry" }, this.boxes, this.kind, this.other);
    return slider ? [this.#slider(slider), entry] : [entry];
  }

  #box(key, label) {
    const box = make("input", {
      type: "number",
      step: "any",
      "aria-label": label,
      "aria-describedby": `${this.name}-meaning ${this.name}-fault`,
      placeholder: "?",
      input: () => this.#typed(),
      change: () => this.on.settled(),
    });
    box.dataset.key = key;
    return box;
  }

  #slider({ low, high, step, logarithmic }) {
    this.from = logarithmic ? (value) => Math.log10(Math.max(value, low)) : (value) => value;
    this.to = logarithmic ? (place) => Number((10 ** place).toPrecision(3)) : (place) => place;
    this.range = make("input", {
      type: "range",
      min: this.from(low),
      max: this.from(high),
      step,
      "aria-label": this.indicator.title,
      "aria-describedby": `${this.name}-meaning ${this.name}-fault`,
      input: () => this.#slid(this.to(Number(this.range.value))),
      change: () => this.on.settled(),
    });
    const anchors = this.indicator.guide
      .filter(({ value }) => value >= low && value <= high)
      .map(({ value, text }) => {
        const anchor = make("button", {
          type: "button",
          tabindex: "-1",
          title: text,
          "aria-label": `${value}: ${text}`,
          text: value,
          click: () => {
            this.#slid(value);
            this.on.settled();
          },
        });
        // The middle of a slider's thumb does not reach the ends of its track.
        const share = (this.from(value) - this.from(low)) / (this.from(high) - this.from(low) || 1);
        anchor.style.left = `calc(${share} * (100% - var(--thumb)) + var(--thumb) / 2)`;
        return anchor;
      });
    return make("div", { class: "slide" }, this.range, make("div", { class: "anchors", "aria-hidden": "true" }, ...anchors));
  }

  /** A slider moves a value, and a range as a whole. */
  #slid(place) {
    if (!isRange(this.value)) {
      this.#enter(place);
      return;
    }
    const by = place - this.#center();
    const moved = ([key, number]) => [key, key === "sd" ? number : this.#kept(tidy(number + by))];
    this.#enter(Object.fromEntries(Object.entries(this.value).map(moved)));
  }

  #toggle() {
    if (this.unknown.checked) this.#enter(null);
    else this.#enter(this.last ?? this.#middle());
    this.on.settled();
  }

  #middle() {
    if (this.indicator.labels) return this.indicator.labels[0];
    if (!this.range) return 0;
    return this.to((Number(this.range.min) + Number(this.range.max)) / 2);
  }

  #choose(kind) {
    const around = typeof this.value === "number" ? this.value : isRange(this.value) ? this.#center() : this.#middle();
    const width = this.range ? tidy((this.indicator.slider.high - this.indicator.slider.low) / 10) : 1;
    const parts = {
      low: tidy(around - width), high: tidy(around + width), likely: around,
      mean: around, sd: width, p10: tidy(around - width), p50: around, p90: tidy(around + width),
    };
    const bounded = (key) => (key === "sd" || !this.indicator.slider ? parts[key] : this.#kept(parts[key]));
    this.#enter(kind === "one" ? around : Object.fromEntries(KINDS[kind][1].map((key) => [key, bounded(key)])));
    this.on.settled();
  }

  #kept(value) {
    return Math.min(Math.max(value, this.indicator.slider.low), this.indicator.slider.high);
  }

  #center() {
    const { likely, mean, p50, low, high } = this.value;
    return likely ?? mean ?? p50 ?? tidy((low + high) / 2);
  }

  #typed() {
    const boxes = [...this.boxes.querySelectorAll("input")];
    const strange = boxes.find((box) => box.validity.badInput);
    if (strange) {
      this.fault("is not a number");
      return;
    }
    this.fault(null);
    if (kindOf(this.value) === "one") {
      this.#enter(boxes[0].value === "" ? null : Number(boxes[0].value));
      return;
    }
    const empty = boxes.find((box) => box.value === "");
    if (empty) this.fault(`${empty.dataset.key} is empty`);
    else this.#enter(Object.fromEntries(boxes.map((box) => [box.dataset.key, Number(box.value)])));
  }

  #enter(value) {
    this.show(value);
    this.on.change(this.name, value);
  }

  /** Show a value: a number, label, range, null for unknown; or a text that is none of these. */
  show(value) {
    this.value = value;
    if (value !== null) this.last = value;
    const isUnknown = value === null;
    this.unknown.checked = isUnknown;
    this.element.classList.toggle("is-unknown", isUnknown);
    if (this.indicator.labels) this.choice.value = isUnknown ? "" : String(value);
    else this.#showNumber(value);
    this.meaning.textContent = this.#meaning(value);
  }

  #showNumber(value) {
    const kind = kindOf(value);
    this.kind.value = kind;
    const keys = kind === "one" ? ["value"] : Object.keys(value);
    if (this.shown !== keys.join()) {
      this.shown = keys.join();
      const label = (key) => (kind === "one" ? this.indicator.title : `${this.indicator.title}: ${key}`);
      const boxes = keys.map((key) => (kind === "one" ? this.box : this.#box(key, label(key))));
      this.boxes.replaceChildren(...boxes.map((box) => (kind === "one" ? box : make("label", {}, box.dataset.key, " ", box))));
    }
    for (const box of this.boxes.querySelectorAll("input")) {
      const number = kind === "one" ? value : value[box.dataset.key];
      // A box that is being typed into keeps what stands there, as `1.` on the way to `1.5`.
      if (document.activeElement !== box || Number(box.value) !== number) box.value = typeof number === "number" ? number : "";
    }
    if (!this.range) return;
    const place = typeof value === "number" ? value : isRange(value) ? this.#center() : this.indicator.slider.low;
    if (typeof place === "number") this.range.value = this.from(place);
    this.range.setAttribute("aria-valuetext", value === null ? "unknown" : `${place} ${this.indicator.unit || ""}`);
  }

  #meaning(value) {
    const { guide, default: assumed } = this.indicator;
    if (value === null) return assumed === null ? "" : `The model assumes ${assumed}.`;
    if (this.indicator.labels) return guide.find((anchor) => anchor.value === value)?.text || "";
    const place = isRange(value) ? this.#center() : value;
    if (!guide.length || typeof place !== "number") return "";
    const away = ({ value: at }) => Math.abs(at - place);
    const near = guide.reduce((best, anchor) => (away(anchor) < away(best) ? anchor : best));
    return `${near.value === place ? "" : "near "}${near.value}: ${near.text}`;
  }

  fault(text) {
    this.error.hidden = !text;
    this.error.textContent = text || "";
    for (const part of this.element.querySelectorAll("input, select")) {
      if (text) part.setAttribute("aria-invalid", "true");
      else part.removeAttribute("aria-invalid");
    }
  }

  /** What the other situation has here, where two stand side by side. */
  compare(side, value) {
    const text = value === undefined ? "unknown" : isRange(value) ? Object.values(value).join(" to ") : value;
    this.other.textContent = side ? `${side}: ${text}` : "";
  }
}
