// Live scores: requests for the current state, one at a time.

import { debounce, find, replace } from "./dom.js";
import { post } from "./http.js";

const SLOW = 300;

export class Results {
  /**
   * @param situationOf returns a side as the content of a situation file
   * @param on { faults(problems by side), shown() after every update }
   */
  constructor(store, situationOf, on) {
    Object.assign(this, { store, situationOf, on, pending: null, busy: false });
    this.announce = debounce(500, () => this.#announce());
  }

  refresh() {
    this.pending = this.store.now;
    find("results").dataset.busy = "true";
    if (!this.busy) this.#run();
  }

  /** Send one request at a time; of the states that arrive meanwhile, only the last is sent. */
  async #run() {
    this.busy = true;
    const slow = setTimeout(() => (find("waiting").hidden = false), SLOW);
    while (this.pending) {
      const state = this.pending;
      this.pending = null;
      await this.#update(state);
    }
    clearTimeout(slow);
    find("waiting").hidden = true;
    this.busy = false;
    find("results").dataset.busy = "false";
  }

  async #update(state) {
    const sides = state.b ? ["a", "b"] : ["a"];
    const answers = sides.map((side) => post(`page/score?side=${side}`, this.situationOf(state[side])).then((answer) => answer.text()));
    const outcomes = await Promise.allSettled(answers);
    if (this.pending) return;
    const problems = {};
    sides.forEach((side, index) => {
      if (outcomes[index].status === "rejected") problems[side] = outcomes[index].reason;
      else replace(find(`outcome-${side}`), outcomes[index].value);
      find(`outcome-${side}`).classList.toggle("stale", side in problems);
    });
    this.on.faults(problems);
    this.on.shown();
    if (!Object.keys(problems).length) this.announce();
  }

  #announce() {
    const summaries = [...document.querySelectorAll("#outcomes .outcome:not([hidden]) [data-summary]")].map((part) => part.dataset.summary);
    find("status").textContent = summaries.join(" ");
  }
}
