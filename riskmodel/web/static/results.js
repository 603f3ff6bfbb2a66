// The scores, live: every state is asked about once, the newest first of all.

import { debounce, find, replace } from "./dom.js";
import { post } from "./http.js";

const SLOW = 300;

export class Results {
  /**
   * @param situationOf a side's situation as a situation file has it
   * @param on { faults(by side), shown() after every painting }
   */
  constructor(store, situationOf, on) {
    Object.assign(this, { store, situationOf, on, wanted: null, busy: false });
    this.say = debounce(500, () => this.#say());
  }

  refresh() {
    this.wanted = this.store.now;
    find("results").dataset.busy = "true";
    if (!this.busy) this.#work();
  }

  /** One request at a time: what came meanwhile is asked about next, and only the last of it. */
  async #work() {
    this.busy = true;
    const slow = setTimeout(() => (find("waiting").hidden = false), SLOW);
    while (this.wanted) {
      const state = this.wanted;
      this.wanted = null;
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
    const outcomes = await Promise.allSettled(answers);
    if (this.wanted) return;
    const problems = {};
    sides.forEach((side, index) => {
      if (outcomes[index].status === "rejected") problems[side] = outcomes[index].reason;
      else replace(find(`outcome-${side}`), outcomes[index].value);
      find(`outcome-${side}`).classList.toggle("stale", side in problems);
    });
    this.on.faults(problems);
    this.on.shown();
    if (!Object.keys(problems).length) this.say();
  }

  #say() {
    const summaries = [...document.querySelectorAll("#outcomes .outcome:not([hidden]) [data-summary]")].map((part) => part.dataset.summary);
    find("status").textContent = summaries.join(" ");
  }
}
