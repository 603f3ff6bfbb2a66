// Live scores: requests for the current state, one at a time.

import { debounce, el, find, parsed, replace } from "./dom.js";
import { stemOf } from "./export.js";
import { post } from "./http.js";
import { drawn, pictureChoice } from "./pictures.js";

const SLOW = 300;

const partsOf = (side) => document.querySelectorAll(`[data-side="${side}"]`);

export class Results {
  /**
   * @param situationOf returns a side as the content of a situation file
   * @param on { faults(problems by side), shown() after every update }
   */
  constructor(store, situationOf, on) {
    Object.assign(this, { store, situationOf, on, pending: null, busy: false });
    this.announce = debounce(500, () => this.#announce());
    // The brief takes over once the numbers have left the window.
    new IntersectionObserver(([entry]) => {
      find("glance").hidden = entry.isIntersecting || entry.boundingClientRect.top >= 0 || find("situation").hidden;
    }).observe(find("glance-from"));
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
      else this.#show(side, outcomes[index].value);
      for (const part of partsOf(side)) part.classList.toggle("stale", side in problems);
    });
    this.#glance(sides);
    this.on.faults(problems);
    this.on.shown();
    if (!Object.keys(problems).length) this.announce();
  }

  /** Show the scores of a side in their place, and what explains them in another. */
  #show(side, html) {
    const explanation = parsed(html);
    replace(find(`scores-${side}`), explanation.querySelector(".gauges"));
    for (const account of explanation.querySelectorAll(".account")) account.append(this.#choiceOf(side, account.id));
    replace(find(`outcome-${side}`), explanation);
  }

  /** Return the choice of pictures of an account, whose id ends in the name of its score. */
  #choiceOf(side, id) {
    const score = id.split("account-").at(-1);
    const draw = drawn("account", () => ({ situations: [this.situationOf(this.store.now[side])] }), { score });
    return pictureChoice(draw, () => `${stemOf(this.store.now[side])}-${score}`, id);
  }

  /** Show titles, numbers and bands in brief. */
  #glance(sides) {
    const rows = sides.map((side) => {
      const mark = sides.length > 1 ? el("b", { class: "side", text: side.toUpperCase() }) : null;
      const scores = [...find(`scores-${side}`).querySelectorAll(".gauge")].map((gauge) => {
        const parts = [...gauge.querySelectorAll("h3, .number, .none, .badge")].map((part) => el("span", { class: part.localName === "h3" ? "" : part.className, text: part.textContent }));
        return el("span", {}, ...parts);
      });
      const stale = find(`scores-${side}`).matches(".stale") ? el("i", { text: "previous" }) : null;
      return el("p", {}, mark, ...scores, stale);
    });
    find("glance").replaceChildren(...rows);
  }

  #announce() {
    const summaries = [...document.querySelectorAll("#outcomes .outcome [data-summary]")].map((part) => part.dataset.summary);
    find("status").textContent = summaries.join(" ");
  }
}
