// What is asked for on demand: what it would take to reach a target, how sure the scores are, what explains a difference.

import { calm, find, make, replace } from "./dom.js";
import { post } from "./http.js";
import { isRange } from "./values.js";

const TRIES = 8;
const PAUSE = 700;

/** Ask again while the service has too much to do: it may still be at what was asked a moment ago. */
async function patiently(ask, signal) {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await ask();
    } catch (problem) {
      if (!problem.isBusy || !left || signal.aborted) throw problem;
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }
}

const read = (answer) => (answer.headers.get("Content-Type").includes("json") ? answer.json() : answer.text());

export class Asks {
  constructor(model, store, situationOf) {
    Object.assign(this, { store, situationOf, asked: new Map() });
    const score = model.scores.find((one) => !one.is_sub_score);
    const bands = Object.values(score.bands);
    find("target").value = `${score.name} <= ${bands[Math.floor(bands.length / 2)] ?? score.out_of / 2}`;
    find("target-help").append(` The scores are ${model.scores.map((one) => one.name).join(", ")}.`);
    this.#form("levers", () => this.#levers());
    this.#form("uncertainty", () => this.#uncertainty());
    find("levers-apply").addEventListener("click", () => this.#apply());
    this.renew = calm(300, () => this.#renew());
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
    this.asked.get(name)?.abort();
    this.asked.delete(name);
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
    const isOpen = (name) => find(name).open && !this.asked.has(name);
    if (this.now.b && isOpen("differences")) this.#difference();
    if (isOpen("uncertainty") && Object.values(this.situation.values).some(isRange)) this.#uncertainty();
  }

  async #ask(name, content, show) {
    const abort = new AbortController();
    const place = find(`${name}-answer`);
    this.asked.get(name)?.abort();
    this.asked.set(name, abort);
    place.setAttribute("aria-busy", "true");
    place.textContent = "Working …";
    try {
      const answer = await patiently(() => post(`page/${name}`, content, abort).then(read), abort.signal);
      if (abort.signal.aborted) return;
      show(answer, place);
      find("status").textContent = `${find(name).querySelector("summary").textContent} The answer is there.`;
    } catch (problem) {
      if (abort.signal.aborted) return;
      const where = ({ detail, field, column }) => (field === "target" && column ? `${detail} (character ${column})` : detail);
      const told = problem.errors?.length ? problem.errors.map(where) : [problem.message];
      place.replaceChildren(...[...new Set(told)].map((text) => make("p", { class: "fault", role: "alert", text })));
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
      weights: find("draw-weights").checked ? Number(find("draw-spread").value) / 100 : null,
      missing: find("draw-missing").checked,
    };
    return this.#ask("uncertainty", content, (html, place) => replace(place, html));
  }
}
