// The analyses on demand: levers for a target, uncertainty of the scores, differences.

import { debounce, el, find, replace } from "./dom.js";
import { post } from "./http.js";
import { isRange } from "./values.js";

const TRIES = 8;
const PAUSE = 700;

/** Retry while the service is busy: it may still be at what was asked a moment ago. */
async function retryWhileBusy(send, signal) {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await send();
    } catch (problem) {
      if (!problem.isBusy || !left || signal.aborted) throw problem;
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }
}

const read = (answer) => (answer.headers.get("Content-Type").includes("json") ? answer.json() : answer.text());

export class Analyses {
  constructor(model, store, situationOf) {
    Object.assign(this, { store, situationOf, pending: new Map() });
    const score = model.scores.find((score) => !score.is_sub_score);
    const bands = Object.values(score.bands);
    find("target").value = `${score.name} <= ${bands[Math.floor(bands.length / 2)] ?? score.out_of / 2}`;
    find("target-help").append(` The scores are ${model.scores.map((score) => score.name).join(", ")}.`);
    this.#form("levers", () => this.#levers());
    this.#form("uncertainty", () => this.#uncertainty());
    find("levers-apply").addEventListener("click", () => this.#apply());
    this.renew = debounce(300, () => this.#renew());
    for (const name of ["uncertainty", "differences"]) find(name).addEventListener("toggle", this.renew);
  }

  /** An answer is about what it was asked: it goes when the question changes. */
  #form(name, ask) {
    const form = find(`${name}-form`);
    form.addEventListener("input", () => this.#forget(name));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask();
    });
  }

  #forget(name) {
    this.pending.get(name)?.abort();
    this.pending.delete(name);
    const place = find(`${name}-answer`);
    place.replaceChildren();
    place.removeAttribute("aria-busy");
    if (name === "levers") find("levers-apply").hidden = true;
  }

  /** An answer is about the situation that it was asked of, too. */
  changed() {
    const { now, situation } = this.store;
    if (situation !== this.situation) for (const name of ["levers", "uncertainty"]) this.#forget(name);
    if (now !== this.now) this.#forget("differences");
    [this.situation, this.now] = [situation, now];
    this.renew();
  }

  /** What follows the situation by itself while it stands open: the difference, and how sure scores of ranges are. */
  #renew() {
    const isOpen = (name) => find(name).open && !this.pending.has(name);
    if (this.now.b && isOpen("differences")) this.#difference();
    if (isOpen("uncertainty") && Object.values(this.situation.values).some(isRange)) this.#uncertainty();
  }

  async #ask(name, content, show) {
    const abort = new AbortController();
    const place = find(`${name}-answer`);
    this.pending.get(name)?.abort();
    this.pending.set(name, abort);
    place.setAttribute("aria-busy", "true");
    place.textContent = "Working …";
    try {
      const answer = await retryWhileBusy(() => post(`page/${name}`, content, abort).then(read), abort.signal);
      if (abort.signal.aborted) return;
      show(answer, place);
      find("status").textContent = `${find(name).querySelector("summary").textContent} The answer is there.`;
    } catch (problem) {
      if (abort.signal.aborted) return;
      const where = ({ detail, field, column }) => (field === "target" && column ? `${detail} (character ${column})` : detail);
      const messages = problem.errors?.length ? problem.errors.map(where) : [problem.message];
      place.replaceChildren(...[...new Set(messages)].map((text) => el("p", { class: "fault", role: "alert", text })));
    }
    place.removeAttribute("aria-busy");
  }

  #difference() {
    const situations = [this.now.a, this.now.b].map(this.situationOf);
    return this.#ask("differences", { situations }, (html, place) => replace(place, html));
  }

  #levers() {
    const content = { situation: this.situationOf(this.situation), target: find("target").value };
    find("levers-apply").hidden = true;
    return this.#ask("levers", content, ({ html, changes }, place) => {
      replace(place, html);
      this.changes = changes;
      find("levers-apply").hidden = !changes;
    });
  }

  #apply() {
    find("target").focus();
    this.store.change({ values: { ...this.situation.values, ...this.changes } });
  }

  #uncertainty() {
    const content = {
      situation: this.situationOf(this.situation),
      weight_uncertainty: find("draw-weights").checked ? Number(find("draw-spread").value) / 100 : null,
      missing: find("draw-missing").checked,
    };
    return this.#ask("uncertainty", content, (html, place) => replace(place, html));
  }
}
