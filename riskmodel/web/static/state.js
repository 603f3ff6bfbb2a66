// What the page is about: one situation or two, which of them the controls are of, and what there was before.

import { nameOf } from "./about.js";
import { same } from "./values.js";

const MOST = 200;

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

  listen(act) {
    this.listeners.push(act);
  }

  /** Change to a new state. Changes with the same name one after the other (a slider on its way) are undone at once. */
  become(next, name = null) {
    if (same(next, this.now)) return;
    if (!name || name !== this.last) this.past = [...this.past, this.now].slice(-MOST);
    this.last = name;
    this.future = [];
    this.#settle(next);
  }

  /** Nothing that comes now belongs to the change before. */
  pause() {
    this.last = null;
  }

  #settle(next) {
    this.now = next;
    if (!next.b) this.side = "a";
    this.#tell();
  }

  #tell() {
    for (const act of this.listeners) act(this);
  }

  change(part, name = null) {
    this.become({ ...this.now, [this.side]: { ...this.situation, ...part } }, name && `${this.side}.${name}`);
  }

  /** Give an indicator another value; null takes it away. */
  set(name, value) {
    const others = Object.entries(this.situation.values).filter(([key]) => key !== name);
    const place = Object.keys(this.situation.values).indexOf(name);
    const entry = value === null ? [] : [[name, value]];
    others.splice(place < 0 ? others.length : place, 0, ...entry);
    this.change({ values: Object.fromEntries(others) }, name);
  }

  split(wanted) {
    // The id names the first alone.
    const { id, ...about } = this.now.a.about ?? {};
    const copy = { ...structuredClone(this.now.a), title: `${nameOf(this.now.a)} (B)`, about };
    this.become({ ...this.now, b: wanted ? copy : null });
    this.pick(wanted ? "b" : "a");
  }

  pick(side) {
    this.side = this.now[side] ? side : "a";
    this.pause();
    this.#tell();
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
