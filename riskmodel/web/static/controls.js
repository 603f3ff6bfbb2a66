// The controls of all indicators, in the groups of the model.

import { find, make } from "./dom.js";
import { Field } from "./field.js";

export class Controls {
  constructor(model, store) {
    this.store = store;
    this.fields = new Map();
    const on = { change: (name, value) => store.set(name, value), settled: () => store.pause() };
    for (const { title, indicators } of model.groups) {
      const fields = indicators.map((name) => {
        this.fields.set(name, new Field(name, model.indicators[name], on));
        return this.fields.get(name).element;
      });
      const heading = make("summary", {}, make("h3", { text: title }));
      find("controls").append(make("details", { class: "group", open: true }, heading, ...fields));
    }
  }

  show() {
    const { now, side, situation } = this.store;
    const other = now.b ? now[side === "a" ? "b" : "a"] : null;
    for (const [name, field] of this.fields) {
      const value = situation.values[name] ?? null;
      if (JSON.stringify(value) !== JSON.stringify(field.value)) field.show(value);
      const differs = other && JSON.stringify(other.values[name] ?? null) !== JSON.stringify(value);
      field.compare(differs ? (side === "a" ? "B" : "A") : "", other?.values[name]);
    }
  }

  /** Show what is wrong at the fields it is about; what is about none of them comes back. */
  faults(errors) {
    const told = new Map();
    const rest = [];
    for (const error of errors) {
      const name = (error.field || "").split(".").slice(0, 2).join(".").replace(/^values\./, "");
      if (this.fields.has(name)) told.set(name, error.detail);
      else rest.push(error);
    }
    for (const [name, field] of this.fields) field.fault(told.get(name) || null);
    return rest;
  }
}
