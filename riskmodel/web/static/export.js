// The menu of what the page can hand out.

import { assessedOf, nameOf, situationOf } from "./about.js";
import { el, find, save } from "./dom.js";
import { post, retryWhileBusy } from "./http.js";
import { confirm, copyPicture, drawn } from "./pictures.js";

/** Entries by heading: `file` is a download of the service, `run` is called with the button and the store. */
const ENTRIES = {
  Link: [{ id: "link", text: "Copy link", run: copyLink }],
  Situation: [
    { text: "YAML", file: "situation.yaml" },
    { text: "JSON", file: "situation.json" },
  ],
  Scores: [
    { text: "JSON", file: "assessment.json" },
    { text: "CSV", file: "scored.csv" },
  ],
  Picture: [
    { text: "Copy", run: async (button, store) => confirm(button, await copyPicture(card(store), stemOf(store.now.a))) },
    { text: "PNG", run: (_, store) => saveCard(store, "png") },
    { text: "SVG", run: (_, store) => saveCard(store, "svg") },
  ],
  Report: [
    { text: "HTML", file: "report.html" },
    { text: "PDF", file: "report.pdf" },
    { text: "Word", file: "brief.docx" },
  ],
};

const card = (store) => drawn("card", () => ({ situations: store.sides.map((side) => assessedOf(store.now[side])) }));

const saveCard = async (store, kind) => save(await card(store)(kind), `${stemOf(store.now.a)}.${kind}`);

async function copyLink(button) {
  try {
    await navigator.clipboard.writeText(location.href);
    confirm(button, "Copied");
  } catch {
    confirm(button, "Copy it from the address bar");
  }
}

async function download(file, store) {
  const contentOf = file.startsWith("situation.") ? situationOf : assessedOf;
  const situations = store.sides.map((side) => contentOf(store.now[side]));
  const answer = await retryWhileBusy(() => post(`page/download/${file}`, { situations }));
  save(await answer.blob(), `${stemOf(store.now.a)}.${file}`);
}

/** Return the start of the names of a situation's files. */
export function stemOf(situation) {
  const words = nameOf(situation).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return words.replace(/^-|-$/g, "").slice(0, 60) || "what-if";
}

export class ExportMenu {
  /** @param notice called with the message of a failure, empty after a success */
  constructor(store, notice) {
    Object.assign(this, { store, notice, menu: find("export"), list: find("export-list") });
    this.button = this.menu.querySelector("button");
    for (const [heading, entries] of Object.entries(ENTRIES)) {
      const id = `export-${heading.toLowerCase()}`;
      const items = entries.map((entry) => el("li", {}, this.#item(entry)));
      this.list.append(el("h2", { id, text: heading }), el("ul", { "aria-labelledby": id }, ...items));
    }
    this.button.addEventListener("click", () => this.#open(this.list.hidden));
    this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave());
    for (const kind of ["pointerdown", "focusin"]) {
      document.addEventListener(kind, (event) => this.menu.contains(event.target) || this.#open(false));
    }
  }

  #item({ id, text, file, run }) {
    const act = run ? () => run(button, this.store) : () => download(file, this.store);
    const click = async () => {
      button.setAttribute("aria-busy", "true");
      try {
        await act();
        this.notice("");
        // What was done with the others is shown on their buttons.
        if (file) this.#leave();
      } catch (problem) {
        this.notice(`export failed: ${problem.message}`);
      }
      button.removeAttribute("aria-busy");
    };
    const button = el("button", { type: "button", id, "data-download": file, text, click });
    return button;
  }

  #open(isOpen) {
    this.list.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
  }

  #leave() {
    if (this.list.hidden) return;
    this.#open(false);
    this.button.focus();
  }
}
