// What a situation has beside title and values: date, id, description, doubts and sources; and the names of two states.

import { withPart } from "./about.js";
import { el, find, markInvalid } from "./dom.js";
import { get } from "./http.js";
import { same } from "./values.js";

/** The parts that are texts, with the event that ends their change: half a date is none. */
const TEXTS = { date: "change", id: "input", description: "input" };
const LISTS = { doubts: "Doubt", sources: "Source" };

export class Subject {
  constructor(store) {
    this.store = store;
    this.shown = {};
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
    if (key === "date" && this.made) this.#resolve();
  }

  show() {
    const { situation, side } = this.store;
    const { about = {} } = situation;
    for (const key of Object.keys(TEXTS)) {
      const box = find(`about-${key}`);
      const text = about[key] ?? "";
      // A date that is being typed is not in the store yet, and stays while the names of states are looked up.
      const isNew = text !== this.shown[key];
      if (isNew && box.value !== text && (key === "description" || box.value.trim() !== text)) box.value = text;
      this.shown[key] = text;
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
      const boxes = key in LISTS ? find(`about-${key}`).querySelectorAll("textarea") : [find(`about-${key}`)];
      for (const box of boxes) markInvalid(box, own.length);
      if (own.length) find("situation-about").open = true;
    }
  }

  async #suggest() {
    if (find("state-names").childElementCount) return;
    const names = await get("page/state-names").catch(() => []);
    find("state-names").replaceChildren(...names.map((name) => el("option", { value: name })));
  }

  /** Look the states up, and name the situation by them where it has no other title or id. */
  async #resolve() {
    const [first, second] = this.states.map((box) => box.value);
    const { date = "" } = this.store.situation.about ?? {};
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
    this.states.forEach((box, index) => markInvalid(box, answer.faults[index]));
    if (!answer.about) return;
    // What was made before follows the states; what was typed stays.
    const { title, about: { id } = {} } = this.store.situation;
    const isFree = { title: !title || title === this.made?.title, id: !id || id === this.made?.id };
    const made = Object.entries(answer.about).filter(([key]) => isFree[key]);
    this.made = made.length ? Object.fromEntries(made) : null;
    const texts = { title, id, ...this.made };
    this.store.change({ title: texts.title, about: withPart(this.store.situation, "id", texts.id) });
  }

  #forgetStates() {
    this.made = null;
    for (const box of this.states) box.value = "";
    find("states-named").textContent = "";
    find("states-fault").hidden = true;
  }
}
