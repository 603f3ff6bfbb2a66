// The state of the page: one situation or two, the side that the controls change, and the undo history.

import { nameOf } from "./about.js";
import { same } from "./values.js";

const MAX_UNDO = 200;

export class Store {
  constructor() {
    this.now = { a: { values: {} }, b: null };
    this.side = "a";
    this.past = [];
    this.future = [];
    this.listeners = [];
  }

  get situation() {
    return this.now[this.side];
  }

  get sides() {
    return this.now.b ? ["a", "b"] : ["a"];
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  /** Change to a new state. Consecutive changes with the same name, such as those of a moving slider, are one undo step. */
  replace(next, name = null) {
    if (same(next, this.now)) return;
    if (!name || name !== this.last) this.past = [...this.past, this.now].slice(-MAX_UNDO);
    this.last = name;
    this.future = [];
    this.#settle(next);
  }

  /** Start a new undo step. */
  pause() {
    this.last = null;
  }

  #settle(next) {
    this.now = next;
    if (!next.b) this.side = "a";
    this.#notify();
  }

  #notify() {
    for (const listener of this.listeners) listener(this);
  }

  change(part, name = null) {
    this.replace({ ...this.now, [this.side]: { ...this.situation, ...part } }, name && `${this.side}.${name}`);
  }

  /** Set the value of an indicator; null removes it. */
  set(name, value) {
    const others = Object.entries(this.situation.values).filter(([key]) => key !== name);
    const index = Object.keys(this.situation.values).indexOf(name);
    const entry = value === null ? [] : [[name, value]];
    others.splice(index < 0 ? others.length : index, 0, ...entry);
    this.change({ values: Object.fromEntries(others) }, name);
  }

  split(isSplit) {
    // The id belongs to the first situation.
    const { id, ...about } = this.now.a.about ?? {};
    const copy = { ...structuredClone(this.now.a), title: `${nameOf(this.now.a)} (B)`, about };
    this.replace({ ...this.now, b: isSplit ? copy : null });
    this.select(isSplit ? "b" : "a");
  }

  select(side) {
    this.side = this.now[side] ? side : "a";
    this.pause();
    this.#notify();
  }

  undo() {
    this.#step("past", "future");
  }

  redo() {
    this.#step("future", "past");
  }

  #step(from, to) {
    if (!this[from].length) return;
    this[to].push(this.now);
    this.last = null;
    this.#settle(this[from].pop());
  }
}
