// What is asked for on demand: what it would take to reach a target, and how sure the scores are.

import { calm, find, make, replace } from "./dom.js";
import { post } from "./http.js";

const read = (answer) => (answer.headers.get("Content-Type").includes("json") ? answer.json() : answer.text());
const isRange = (value) => value !== null && typeof value === "object";

export class Asks {
  constructor(model, store, situationOf) {
    Object.assign(this, { store, situationOf, asked: new Map() });
    const score = model.scores[0];
    const bands = Object.values(score.bands);
    find("target").value = `${score.name} <= ${bands[Math.floor(bands.length / 2)] ?? score.out_of / 2}`;
    find("levers-form").addEventListener("submit", (event) => this.#submit(event, () => this.#levers()));
    find("uncertainty-form").addEventListener("submit", (event) => this.#submit(event, () => this.#uncertainty()));
    find("levers-apply").addEventListener("click", () => this.#apply());
    find("uncertainty").addEventListener("toggle", () => this.changed());
    this.redraw = calm(400, () => this.#uncertainty());
  }

  #submit(event, act) {
    event.preventDefault();
    act();
  }

  /** An answer is about the situation that it was asked of: it goes when that changes. */
  changed() {
    const { situation } = this.store;
    if (situation === this.seen) {
      if (!find("uncertainty-answer").childElementCount) this.#drawRanges();
      return;
    }
    this.seen = situation;
    this.asked.clear();
    find("levers-apply").hidden = true;
    for (const place of [find("levers-answer"), find("uncertainty-answer")]) {
      place.replaceChildren();
      place.removeAttribute("aria-busy");
    }
    this.#drawRanges();
  }

  #drawRanges() {
    if (find("uncertainty").open && Object.values(this.store.situation.values).some(isRange)) this.redraw();
  }

  async #ask(place, path, content, show) {
    const asked = {};
    this.asked.set(place, asked);
    place.setAttribute("aria-busy", "true");
    place.textContent = "Working …";
    try {
      const answer = await read(await post(path, content));
      if (asked === this.asked.get(place)) {
        show(answer);
        find("status").textContent = "The answer is there.";
      }
    } catch (problem) {
      if (asked === this.asked.get(place)) {
        const told = [...new Set(problem.errors?.length ? problem.errors.map((error) => error.detail) : [problem.message])];
        place.replaceChildren(...told.map((text) => make("p", { class: "fault", text })));
      }
    }
    if (asked === this.asked.get(place)) place.removeAttribute("aria-busy");
  }

  #levers() {
    const content = { situation: this.situationOf(this.store.situation), target: find("target").value };
    find("levers-apply").hidden = true;
    return this.#ask(find("levers-answer"), "page/levers", content, (answer) => {
      replace(find("levers-answer"), answer.html);
      this.changes = answer.changes;
      find("levers-apply").hidden = !answer.changes;
    });
  }

  #apply() {
    this.store.change({ values: { ...this.store.situation.values, ...this.changes } });
  }

  #uncertainty() {
    const content = {
      situation: this.situationOf(this.store.situation),
      weights: find("draw-weights").checked ? Number(find("draw-spread").value) / 100 : null,
      missing: find("draw-missing").checked,
    };
    return this.#ask(find("uncertainty-answer"), "page/uncertainty", content, (html) => replace(find("uncertainty-answer"), html));
  }
}
