// The controls of all indicators, in the groups of the model.

import { el, find } from "./dom.js";
import { Field } from "./field.js";
import { isCurrent, withNote } from "./about.js";
import { same, valueOf } from "./values.js";

/** Return the indicator of an error; undefined if it has none. */
export const indicatorOf = (error) => /^(?:values|notes)\.([^.[]+)/.exec(error.field || "")?.[1];

export class Controls {
  /** @param faulty called when a box starts or stops containing invalid text */
  constructor(model, store, faulty) {
    this.store = store;
    this.fields = new Map();
    const note = (name, text) => store.change({ about: withNote(store.situation, name, text) }, `.note.${name}`);
    const toggled = (field) => this.#open(field.isOpen ? null : field);
    const on = { change: (name, value) => store.set(name, value), note, settled: () => store.pause(), faulty, toggled };
    for (const { title, indicators } of model.groups) {
      const fields = indicators.map((name) => {
        this.fields.set(name, new Field(name, model.indicators[name], on));
        return this.fields.get(name).element;
      });
      const heading = el("summary", {}, el("h3", { text: title }));
      find("controls").append(el("details", { class: "group", open: true }, heading, ...fields));
    }
    this.#openWithFocus(find("controls"));
  }

  /** Open the control that has the focus; with the mouse only after the click, so that nothing moves below it. */
  #openWithFocus(element) {
    let pressed = false;
    const open = (target) => {
      const field = target.closest(".field");
      if (field && !target.closest(".name")) this.#open(this.fields.get(field.dataset.name));
    };
    element.addEventListener("pointerdown", () => (pressed = true));
    element.addEventListener("focusin", (event) => pressed || open(event.target));
    for (const end of ["pointerup", "pointercancel"]) {
      document.addEventListener(end, () => {
        const { activeElement } = document;
        if (pressed && element.contains(activeElement)) setTimeout(() => open(activeElement));
        pressed = false;
      });
    }
  }

  /** Open one control and close the others; the one that is opened stays where it is on the screen. */
  #open(field) {
    const top = () => field?.element.getBoundingClientRect().top ?? 0;
    const before = top();
    for (const other of this.fields.values()) other.open(other === field);
    find("inputs").scrollTop += top() - before;
    if (top() !== before) window.scrollBy(0, top() - before);
  }

  /** Whether a box contains invalid text, so that the scores are not those of the boxes. */
  get hasInvalidText() {
    return [...this.fields.values()].some((field) => field.inputFault);
  }

  show() {
    const { now, side, situation } = this.store;
    const other = now.b ? now[side === "a" ? "b" : "a"] : null;
    // Invalid text in a box belongs to one state of one situation.
    const isOther = this.seen !== situation;
    const typing = this.seen && isOther && this.side === side ? document.activeElement.closest?.(".field")?.dataset.name : null;
    for (const [name, field] of this.fields) {
      const value = valueOf(situation, name);
      if (!same(value, field.value) || (isOther && field.inputFault && name !== typing) || this.side !== side) field.show(value);
      const { notes = {}, of } = situation.about ?? {};
      const hasNote = Object.hasOwn(notes, name);
      field.annotate(hasNote ? notes[name] : "", hasNote && !isCurrent(situation, name) ? of[name] : undefined);
      const differs = other && !same(valueOf(other, name), value);
      field.compare(differs ? (side === "a" ? "B" : "A") : "", differs && valueOf(other, name));
    }
    [this.seen, this.side] = [situation, side];
    this.#showUnknownNames(situation);
  }

  /** List values that have no indicator in the model, with buttons to remove them. */
  #showUnknownNames(situation) {
    const names = Object.keys(situation.values).filter((name) => !this.fields.has(name));
    const items = names.map((name) => el("li", {}, `${name} is not an indicator of this model `, el("button", { type: "button", text: "Remove", click: () => this.store.set(name, null) })));
    find("unknown-names").replaceChildren(...items);
  }

  /** Show errors of the service at their fields. */
  faults(errors) {
    const messages = new Map(errors.map((error) => [indicatorOf(error), error.detail]));
    for (const [name, field] of this.fields) field.fault(messages.get(name) || null);
  }

  title(name) {
    return this.fields.get(name)?.indicator.title ?? name;
  }
}
