// The scores, live: every state is asked about once, the newest first of all.

import { calm, find, replace } from "./dom.js";
import { post } from "./http.js";

export class Results {
  /**
   * @param situationOf a side's situation as a situation file has it
   * @param told { fault(problem or null), shown(): after every painting }
   */
  constructor(store, situationOf, told) {
    Object.assign(this, { store, situationOf, told, asked: null, busy: false });
    this.say = calm(500, () => this.#say());
    this.difference = calm(150, () => this.#explain());
    find("differences").addEventListener("toggle", () => this.difference());
  }

  refresh() {
    this.asked = this.store.now;
    find("results").dataset.busy = "true";
    if (!this.busy) this.#work();
  }

  /** One request at a time: what came meanwhile is asked about next, and only the last of it. */
  async #work() {
    this.busy = true;
    while (this.asked) {
      const state = this.asked;
      this.asked = null;
      try {
        await this.#paint(state);
        this.told.fault(null);
      } catch (problem) {
        if (!this.asked) this.told.fault(problem);
      }
    }
    this.busy = false;
    find("results").dataset.busy = "false";
  }

  async #paint(state) {
    const sides = state.b ? ["a", "b"] : ["a"];
    const painted = await Promise.all(
      sides.map((side) => post(`page/score?side=${side}`, this.situationOf(state[side])).then((answer) => answer.text())),
    );
    sides.forEach((side, place) => replace(find(`outcome-${side}`), painted[place]));
    find("outcome-b").hidden = !state.b;
    for (const side of ["a", "b"]) {
      find(`heading-${side}`).hidden = !state.b;
      find(`heading-${side}`).textContent = `${side.toUpperCase()}: ${state[side]?.title || "What if"}`;
    }
    find("differences").hidden = !state.b;
    find("outcomes").classList.toggle("two", Boolean(state.b));
    this.told.shown();
    this.say();
    this.difference();
  }

  #say() {
    const told = [...document.querySelectorAll("#outcomes [data-summary]")].map((part) => part.textContent);
    find("status").textContent = told.join(" ");
  }

  /** What explains the difference between the two, while somebody wants to see it. */
  async #explain() {
    const { now } = this.store;
    const place = find("difference");
    if (!now.b || !find("differences").open) {
      place.replaceChildren();
      return;
    }
    try {
      const answer = await post("page/difference", { situations: [now.a, now.b].map(this.situationOf) });
      const text = await answer.text();
      if (this.store.now === now) replace(place, text);
    } catch (problem) {
      place.textContent = problem.message;
    }
  }
}
