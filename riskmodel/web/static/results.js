// The scores, live: every state is asked about once, the newest first of all.

import { calm, find, replace } from "./dom.js";
import { post } from "./http.js";

const SLOW = 300;

export class Results {
  /**
   * @param situationOf a side's situation as a situation file has it
   * @param told { faults(by side), shown() after every painting }
   */
  constructor(store, situationOf, told) {
    Object.assign(this, { store, situationOf, told, asked: null, busy: false });
    this.say = calm(500, () => this.#say());
  }

  refresh() {
    this.asked = this.store.now;
    find("results").dataset.busy = "true";
    if (!this.busy) this.#work();
  }

  /** One request at a time: what came meanwhile is asked about next, and only the last of it. */
  async #work() {
    this.busy = true;
    const slow = setTimeout(() => (find("waiting").hidden = false), SLOW);
    while (this.asked) {
      const state = this.asked;
      this.asked = null;
      await this.#paint(state);
    }
    clearTimeout(slow);
    find("waiting").hidden = true;
    this.busy = false;
    find("results").dataset.busy = "false";
  }

  async #paint(state) {
    const sides = state.b ? ["a", "b"] : ["a"];
    const answers = sides.map((side) => post(`page/score?side=${side}`, this.situationOf(state[side])).then((answer) => answer.text()));
    const found = await Promise.allSettled(answers);
    if (this.asked) return;
    const problems = {};
    sides.forEach((side, place) => {
      if (found[place].status === "rejected") problems[side] = found[place].reason;
      else replace(find(`outcome-${side}`), found[place].value);
      find(`outcome-${side}`).classList.toggle("stale", side in problems);
    });
    this.told.faults(problems);
    this.told.shown();
    if (!Object.keys(problems).length) this.say();
  }

  #say() {
    const told = [...document.querySelectorAll("#outcomes .outcome:not([hidden]) [data-summary]")].map((part) => part.dataset.summary);
    find("status").textContent = told.join(" ");
  }
}
