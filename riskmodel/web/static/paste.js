// One situation pasted from a spreadsheet; the service reads the cells as it reads those of tables.

import { withPart } from "./about.js";
import { el, find, isTyping } from "./dom.js";
import { send } from "./http.js";
import { inPageWords } from "./wording.js";

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export class Paste {
  /** @param model with its indicators */
  constructor(store, model) {
    Object.assign(this, { store, model });
    find("paste-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read();
    });
    document.addEventListener("paste", (event) => this.#pasted(event));
  }

  #pasted(event) {
    const text = event.clipboardData.getData("text/plain");
    if (isTyping(event.target) || find("situation").hidden || !text.trim()) return;
    event.preventDefault();
    find("paste").open = true;
    find("paste-text").value = text;
    this.#read();
  }

  async #read() {
    const marks = new URLSearchParams();
    for (const name of ["decimal", "thousands"]) if (find(`paste-${name}`).value) marks.set(name, find(`paste-${name}`).value);
    let answer;
    try {
      answer = await (await send(`page/row?${marks}`, find("paste-text").value)).json();
    } catch (problem) {
      find("paste-answer").replaceChildren(el("p", { class: "fault", text: inPageWords(problem.message) }));
      return;
    }
    this.#take(answer);
    find("paste-answer").replaceChildren(...this.#inWords(answer));
  }

  /** Make the cells the situation; what else is known of it stays, unless it is a preset. */
  #take({ values, about: { title, ...parts } }) {
    const old = this.store.situation;
    let about = old.start ? {} : old.about ?? {};
    for (const [key, part] of Object.entries(parts)) about = withPart({ about }, key, part);
    this.store.change({ values, title: title ?? (old.start ? "" : old.title), start: "", about });
  }

  #inWords({ values, about, left_out: leftOut, has_names: hasNames }) {
    const names = Object.keys(this.model.indicators);
    const absent = names.filter((name) => !Object.hasOwn(values, name)).length;
    const order = hasNames ? "" : ", in the order of the model, because the cells had no names";
    const taken = [count(Object.keys(values).length, "value") + order, ...Object.entries(about).map(([key, text]) => `${key} “${text}”`)];
    const unknown = absent ? ` ${count(absent, "other value")} ${absent === 1 ? "is" : "are"} unknown.` : "";
    const items = leftOut.map(({ column, value, reason }) => el("li", {}, el("b", { text: column }), ` (${value}): ${inPageWords(reason)}`));
    const list = items.length ? [el("p", { text: "Left out:" }), el("ul", {}, ...items)] : [];
    return [el("p", { text: `Taken: ${taken.join("; ")}.${unknown}` }), ...list];
  }
}
