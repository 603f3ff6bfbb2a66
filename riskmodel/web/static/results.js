// Live scores, and what explains them: requests for the current state, one at a time.

import { nameOf } from "./about.js";
import { debounce, el, find, parsed, replace } from "./dom.js";
import { stemOf } from "./export.js";
import { post } from "./http.js";
import { drawn, pictureChoice } from "./pictures.js";

const SLOW = 300;
/** Milliseconds for which the explanation waits for the next move of a slider, after which it waits no longer, and after which it is given up. */
const [PAUSE, OVERDUE, LATE] = [100, 400, 1500];

/** The start of the id of the element of each part of a side, by the request for it. */
const PLACES = { score: "scores", explanation: "outcome" };

const sidesOf = (state) => (state.b ? ["a", "b"] : ["a"]);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Results {
  /**
   * @param situationOf returns a side as the content of a situation file
   * @param on { faults(problems by side), shown() after every update }
   */
  constructor(store, situationOf, on) {
    Object.assign(this, { store, situationOf, on, pending: null, isScoring: false, unexplained: null, isExplaining: false, accounts: null });
    // The situation of each side whose scores are shown, and of each whose explanation is.
    this.shown = { score: {}, explanation: {} };
    this.announce = debounce(500, () => this.#announce());
    for (const side of ["a", "b"]) find(`side-${side}`).addEventListener("toggle", () => this.#catchUp(this.store.now));
    // The brief takes over once the numbers have left the window.
    new IntersectionObserver(([entry]) => {
      find("glance").hidden = entry.isIntersecting || entry.boundingClientRect.top >= 0 || find("situation").hidden;
    }).observe(find("glance-from"));
  }

  refresh() {
    this.pending = this.store.now;
    find("results").dataset.busy = "true";
    if (!this.isScoring) this.#run();
  }

  /** Send one request at a time; of the states that arrive meanwhile, only the last is sent. */
  async #run() {
    this.isScoring = true;
    const slow = setTimeout(() => (find("waiting").hidden = false), SLOW);
    while (this.pending) {
      const state = this.pending;
      this.pending = null;
      await this.#score(state);
      this.#catchUp(state);
    }
    clearTimeout(slow);
    find("waiting").hidden = true;
    this.isScoring = false;
    this.#settle();
  }

  /** Explain a state, after the one that is being explained; one that takes too long is given up. */
  #catchUp(state) {
    this.unexplained = state;
    find("results").dataset.busy = "true";
    if (!this.isExplaining) this.#explain();
    else if (performance.now() - this.asked > LATE) this.abort.abort();
  }

  /** Explain the scores shown, where the explanation is open, once a slider rests or has moved for some time. */
  async #explain() {
    this.isExplaining = true;
    while (this.unexplained) {
      const since = performance.now();
      do await wait(PAUSE);
      while (this.isScoring && performance.now() - since < OVERDUE);
      const state = this.unexplained;
      this.unexplained = null;
      Object.assign(this, { asked: performance.now(), abort: new AbortController() });
      if (this.accounts) replace(find("differences"), this.accounts);
      this.accounts = null;
      const scores = state.b ? await this.#update("score", state, sidesOf(state), this.abort) : {};
      const sides = sidesOf(state).filter((side) => find(`side-${side}`).open && this.shown.score[side] === state[side]);
      const problems = { ...scores, ...(await this.#update("explanation", state, sides, this.abort)) };
      if (!this.abort.signal.aborted && Object.keys(problems).length) this.#report(state, problems);
    }
    this.isExplaining = false;
    this.#settle();
  }

  #settle() {
    if (this.isScoring || this.isExplaining) return;
    find("results").dataset.busy = "false";
    if (!document.querySelector(".stale")) this.announce();
  }

  /** Ask for a part of the sides that have changed, show it, and return the problems by side. */
  async #update(part, state, sides, abort) {
    const changed = sides.filter((side) => this.shown[part][side] !== state[side]);
    const ask = (side) => post(`page/${part}?side=${side}`, this.situationOf(state[side]), abort).then((answer) => answer.text());
    const answers = await Promise.allSettled(changed.map(ask));
    const problems = {};
    changed.forEach((side, index) => {
      const { status, value, reason } = answers[index];
      if (status === "rejected") problems[side] = reason;
      else if (side === "a" || this.store.now.b) this.#show(part, side, state, value);
      if (problems[side]) this.shown[part][side] = null;
    });
    return problems;
  }

  #show(part, side, state, html) {
    const content = parsed(html);
    for (const account of content.querySelectorAll(".account[id]")) account.append(this.#choiceOf(side, account.id));
    replace(find(`${PLACES[part]}-${side}`), content);
    this.shown[part][side] = state[side];
  }

  /** Return the choice of pictures of an account, whose id ends in the name of its score. */
  #choiceOf(side, id) {
    const score = id.split("account-").at(-1);
    const draw = drawn("account", () => ({ situations: [this.situationOf(this.store.now[side])] }), { score });
    return pictureChoice(draw, () => `${stemOf(this.store.now[side])}-${score}`, id);
  }

  /** Show the scores of a single situation, or the difference of two; the scores of either are folded, and follow. */
  async #score(state) {
    if (!state.b) for (const part of Object.values(this.shown)) part.b = null;
    if (state.b && (await this.#compare(state))) this.#report(state, {});
    else this.#report(state, await this.#update("score", state, sidesOf(state)));
  }

  /** Mark the sides whose scores are not those of the state, and report why. */
  #report(state, problems) {
    for (const side of sidesOf(state)) {
      for (const element of document.querySelectorAll(`[data-side="${side}"]`)) element.classList.toggle("stale", side in problems);
    }
    this.#glance();
    this.on.faults(problems);
    this.on.shown();
  }

  /** Show the difference between the two situations, whose accounts follow with the explanation; return whether there is one. */
  async #compare(state) {
    const place = find("comparison");
    try {
      const situations = [state.a, state.b].map((side) => ({ ...this.situationOf(side), title: nameOf(side) }));
      const difference = parsed(await (await post("page/comparison", { situations })).text());
      const accounts = [...difference.querySelectorAll(".change")].flatMap((change) => [change.querySelector("h3").cloneNode(true), ...change.querySelectorAll(".account")]);
      this.accounts = el("div", { class: "riskmodel comparison" }, ...accounts, difference.querySelector("section.rules"));
      replace(place, difference);
      place.classList.remove("stale");
    } catch {
      // The requests for the scores have the same problem, by side.
      place.classList.add("stale");
    }
    return !place.matches(".stale");
  }

  /** Show titles, numbers and bands in brief; of two situations the differences. */
  #glance() {
    const { b } = this.store.now;
    const isStale = document.querySelector(b ? "#comparison.stale" : ".scores.stale") !== null;
    const copy = (part) => el("span", { class: part.localName === "h3" ? "" : part.className, text: part.textContent });
    const scores = [...document.querySelectorAll(b ? "#comparison .change" : "#scores-a .gauge")].map((score) => {
      return el("span", {}, ...[...score.querySelectorAll("h3, .number, .none, .word, .badge")].map(copy));
    });
    find("glance").replaceChildren(el("p", {}, ...scores, isStale ? el("i", { text: "previous" }) : null));
  }

  #announce() {
    const { now } = this.store;
    const summaries = find(now.b ? "comparison" : "outcome-a").querySelectorAll("[data-summary]");
    find("status").textContent = [...summaries].map((part) => part.dataset.summary).join(" ");
  }
}
