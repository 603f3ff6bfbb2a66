// The menu of columns, whose choice is remembered in this browser for each model.

import { el } from "./dom.js";

export class Menu {
  /**
   * @param model its id names what is remembered
   * @param changed called when another column is chosen
   */
  constructor(model, changed) {
    this.key = `riskmodel.columns.${model.model.id}`;
    this.changed = changed;
    try {
      this.chosen = new Map(Object.entries(JSON.parse(localStorage.getItem(this.key)) ?? {}));
    } catch {
      this.chosen = new Map();
    }
    this.list = el("div", { class: "column-list" });
    const usual = el("button", { type: "button", text: "The usual ones", click: () => this.#choose(new Map()) });
    const all = el("button", { type: "button", text: "All", click: () => this.#choose(new Map(this.names.map((name) => [name, true]))) });
    this.element = el("details", { class: "column-menu" }, el("summary", { text: "Columns" }), el("div", { class: "column-panel" }, el("div", { class: "tools" }, usual, all), this.list));
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.element.open = false;
      this.element.querySelector("summary").focus();
    });
  }

  /** @param usual the columns that are shown unless others are chosen */
  setNames(names, usual) {
    Object.assign(this, { names, usual: new Set(usual) });
    this.#show();
  }

  /** Tell whether a column is shown. */
  has(name) {
    return this.chosen.get(name) ?? this.usual.has(name);
  }

  #show() {
    this.list.replaceChildren(...this.names.map((name) => {
      const box = el("input", { type: "checkbox", checked: this.has(name), change: () => this.#choose(new Map(this.chosen).set(name, box.checked), false) });
      return el("label", {}, box, ` ${name}`);
    }));
  }

  #choose(chosen, isListed = true) {
    this.chosen = chosen;
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(chosen)));
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    if (isListed) this.#show();
    this.changed();
  }
}
