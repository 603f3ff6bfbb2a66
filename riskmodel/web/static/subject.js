// What a situation has beside title and values: date, id, description, doubts and sources; and the names of two states.

import { withPart } from "./about.js";
import { el, find } from "./dom.js";
import { get } from "./http.js";
import { same } from "./values.js";

/** The parts that are texts, with the event that ends their change: half a date is none. */
const TEXTS = { date: "change", id: "input", description: "input" };
const LISTS = { doubts: "Doubt", sources: "Source" };

export class Subject {
  constructor(store) {
    this.store = store;
    for (const [key, event] of Object.entries(TEXTS)) {
      const box = find(`about-${key}`);
      box.addEventListener(event, () => this.#change(key, key === "description" ? box.value : box.value.trim()));
    }
    this.states = [find("state-first"), find("state-second")];
    for (const box of this.states) {
      box.addEventListener("focus", () => this.#suggest(), { once: true });
      box.addEventListener("change", () => this.#resolve());
    }
  }

  #change(key, part) {
    this.store.change({ about: withPart(this.store.situation, key, part) }, `.about.${key}`);
  }

  show() {
    const { situation, side } = this.store;
    const { about = {} } = situation;
    for (const key of Object.keys(TEXTS)) {
      const box = find(`about-${key}`);
      const text = about[key] ?? "";
      if (box.value !== text && (key === "description" || box.value.trim() !== text)) box.value = text;
    }
    for (const key of Object.keys(LISTS)) this.#showList(key, about[key] ?? []);
    // The names belong to one situation.
    const isOther = this.side !== undefined && (this.side !== side || this.start !== situation.start);
    const isGone = this.made && situation.title !== this.made.title && about.id !== this.made.id;
    if (isOther || isGone) this.#forgetStates();
    [this.side, this.start] = [side, situation.start];
  }

  /** Show a box for each text of a list, and one more for another. */
  #showList(key, texts) {
    const list = find(`about-${key}`);
    const boxes = () => [...list.querySelectorAll("textarea")].map((box) => box.value);
    if (!same(boxes().filter((text) => text.trim()), texts)) list.replaceChildren(...texts.map((text) => this.#item(key, text)));
    if (boxes().at(-1) !== "") list.append(this.#item(key, ""));
  }

  #item(key, text) {
    const list = find(`about-${key}`);
    const changed = () => this.#change(key, [...list.querySelectorAll("textarea")].map((box) => box.value).filter((text) => text.trim()));
    const box = el("textarea", { rows: "1", "aria-label": LISTS[key], "aria-describedby": `about-${key}-fault`, input: changed });
    box.value = text;
    return el("div", {}, box);
  }

  /** Show errors of the service at their fields. */
  faults(errors) {
    for (const key of [...Object.keys(TEXTS), ...Object.keys(LISTS)]) {
      const own = errors.filter(({ field }) => field === key || field?.startsWith(`${key}.`));
      const fault = find(`about-${key}-fault`);
      fault.hidden = !own.length;
      fault.textContent = own.map((error) => error.detail).join("; ");
      find(`about-${key}`).toggleAttribute("aria-invalid", own.length > 0);
      if (own.length) find("situation-about").open = true;
    }
  }

  async #suggest() {
    if (find("state-names").childElementCount) return;
    const names = await get("page/state-names").catch(() => []);
    find("state-names").replaceChildren(...names.map((name) => el("option", { value: name })));
  }

  /** Look the states up, and name the situation by them where it has no title or id. */
  async #resolve() {
    const [first, second] = this.states.map((box) => box.value);
    const { title, about: { id, date = "" } = {} } = this.store.situation;
    let answer;
    try {
      answer = await get(`page/states?${new URLSearchParams({ first, second, date })}`);
    } catch (problem) {
      answer = { names: [], faults: [problem.message], about: null };
    }
    if (!same([first, second], this.states.map((box) => box.value))) return;
    find("states-named").textContent = answer.names.filter(Boolean).join(" and ");
    find("states-fault").textContent = answer.faults.filter(Boolean).join("; ");
    find("states-fault").hidden = !find("states-fault").textContent;
    this.states.forEach((box, index) => box.toggleAttribute("aria-invalid", Boolean(answer.faults[index])));
    this.made = answer.about;
    if (!answer.about || (title && id)) return;
    const about = id ? this.store.situation.about : withPart(this.store.situation, "id", answer.about.id);
    this.store.change({ title: title || answer.about.title, about });
  }

  #forgetStates() {
    this.made = null;
    for (const box of this.states) box.value = "";
    find("states-named").textContent = "";
    find("states-fault").hidden = true;
  }
}
