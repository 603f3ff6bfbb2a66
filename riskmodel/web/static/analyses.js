// Analyses on demand: levers and uncertainty.

import { debounce, el, find, parsed, replace } from "./dom.js";
import { stemOf } from "./export.js";
import { post, retryWhileBusy } from "./http.js";
import { drawn, pictureChoice } from "./pictures.js";
import { isRange } from "./values.js";
import { inPageWords } from "./wording.js";

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
    find("uncertainty").addEventListener("toggle", this.renew);
  }

  /** Clear the answer when its form changes; run the analysis on submit. */
  #form(name, run) {
    const form = find(`${name}-form`);
    form.addEventListener("input", () => this.#clear(name));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run();
    });
  }

  #clear(name) {
    this.pending.get(name)?.abort();
    this.pending.delete(name);
    const element = find(`${name}-answer`);
    element.replaceChildren();
    element.removeAttribute("aria-busy");
    if (name === "levers") find("levers-apply").hidden = true;
  }

  /** Clear the answers when their situation changes. */
  changed() {
    const { situation } = this.store;
    if (situation !== this.situation) for (const name of ["levers", "uncertainty"]) this.#clear(name);
    this.situation = situation;
    this.renew();
  }

  /** Run the uncertainty of ranges again, which follows the situation while it is open. */
  #renew() {
    const isOpen = find("uncertainty").open && !this.pending.has("uncertainty");
    if (isOpen && Object.values(this.situation.values).some(isRange)) this.#uncertainty();
  }

  async #run(name, content, show) {
    const abort = new AbortController();
    const element = find(`${name}-answer`);
    this.pending.get(name)?.abort();
    this.pending.set(name, abort);
    element.setAttribute("aria-busy", "true");
    element.textContent = "Working …";
    try {
      const answer = await retryWhileBusy(() => post(`page/${name}`, content, abort).then(read), abort.signal);
      if (abort.signal.aborted) return;
      show(answer, element);
      element.append(pictureChoice(drawn(name, () => content), () => `${stemOf(this.situation)}-${name}`, name));
      find("status").textContent = `${find(name).querySelector("summary").textContent} The answer is ready.`;
    } catch (problem) {
      if (abort.signal.aborted) return;
      const where = ({ detail, field, column }) => (field === "target" && column ? `${detail} (character ${column})` : detail);
      const messages = problem.errors?.length ? problem.errors.map(where) : [problem.message];
      element.replaceChildren(...[...new Set(messages)].map((text) => el("p", { class: "fault", role: "alert", text })));
    }
    element.removeAttribute("aria-busy");
  }

  #levers() {
    const content = { situation: this.situationOf(this.situation), target: find("target").value };
    find("levers-apply").hidden = true;
    return this.#run("levers", content, ({ html, changes }, element) => {
      replace(element, parsed(html));
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
      weight_uncertainty: find("vary-weights").checked ? Number(find("weight-uncertainty").value) / 100 : null,
      sample_missing: find("sample-missing").checked,
    };
    return this.#run("uncertainty", content, (html, element) => replace(element, parsed(inPageWords(html))));
  }
}
