// A table that was dropped, chosen or pasted: sent to the service to be scored, and shown while it is.

import { el, find, save } from "./dom.js";
import { lines, send } from "./http.js";
import { faultsOf, rejectsList } from "./rejects.js";
import { Rows } from "./rows.js";
import { Scored } from "./scored.js";
import { currentView, showView } from "./views.js";
import { inPageWords } from "./wording.js";

const ENDING = /(\.(csv|tsv|txt|parquet|pq|xlsx|ods|gz|zst))+$/i;
/** The controls of how a table is read, by the name of their parameter. */
const OPTIONS = ["decimal", "thousands", "missing", "flags", "sheet", "skip_rows"];
const LISTS = ["missing", "flags"];

const count = (number) => number.toLocaleString("en");

export class Table {
  /**
   * @param series the view of the table over time
   * @param on { open(situation), compare(first, second), openFile(file) }
   */
  constructor(model, series, on) {
    Object.assign(this, { model, series, on });
    find("file").addEventListener("change", () => this.load([...find("file").files]));
    for (const id of OPTIONS) find(id).addEventListener("change", () => this.#again());
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => this.#dragged(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dragging"));
    document.addEventListener("paste", (event) => this.#paste(event));
  }

  #dragged(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dragging", event.type === "dragover");
    if (event.type === "drop") this.load([...event.dataTransfer.files]);
  }

  /** Take cells that were copied in a spreadsheet for a table, while the table is in view. */
  #paste(event) {
    const isTyped = event.target instanceof Element && event.target.closest("input, textarea, select");
    const text = event.clipboardData.getData("text/plain");
    if (isTyped || currentView() !== "table" || text.trim().split("\n").length < 2) return;
    event.preventDefault();
    this.load([new File([text], "pasted table.csv", { type: "text/csv" })]);
  }

  #again() {
    this.load(this.files ?? []);
  }

  async load([file, ...more]) {
    if (!file) return;
    this.files = [file, ...more];
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const element = find("scored");
    const headline = el("p", { class: "headline", role: "status", text: `Scoring ${file.name} …` });
    element.hidden = false;
    element.replaceChildren(headline);
    this.series.hide();
    this.rows?.close();
    showView("table");
    try {
      if (/\.(ya?ml|json)$/i.test(file.name)) {
        await this.on.openFile(file);
        element.hidden = true;
        return;
      }
      const skipped = more.length ? el("p", { class: "fault", text: `One table at a time: ${more.map((other) => other.name).join(", ")} not scored.` }) : "";
      element.append(skipped);
      const table = await this.#score(file, signal, { headline, element });
      this.#finish(file, table, { headline, element });
    } catch (problem) {
      if (!signal.aborted) element.replaceChildren(...faultsOf(file.name, problem, () => this.#again()));
    } finally {
      find("file").value = "";
    }
  }

  /** How the table is read, as pairs. */
  get #options() {
    return OPTIONS.flatMap((id) => {
      const value = find(id).value;
      return (LISTS.includes(id) ? value.split(",").map((part) => part.trim()) : [value]).filter(Boolean).map((part) => [id, part]);
    });
  }

  /** Score a file; show its rows as they come, and return them with rejects and counts. */
  async #score(file, signal, { headline, element }) {
    const query = new URLSearchParams([["explain", "true"], ...this.#options]);
    const table = { rejects: [], done: null, rows: null };
    for await (const line of lines(await send(`api/batch?${query}`, file, signal))) {
      if (line.table) Object.assign(table, line.table, { scored: new Scored(line.table) });
      if (line.scored) {
        table.scored.append(line.scored);
        if (!table.rows) {
          this.rows = table.rows = new Rows(this.model, table.scored, this.on);
          element.append(...table.rows.parts);
        }
        if (table.scored.count) table.rows.grow();
      }
      if (line.rejected) for (const reject of line.rejected) table.rejects.push(reject);
      if (line.progress) headline.textContent = `Scoring ${file.name} … ${count(line.progress.rows)} rows`;
      if (line.problem) throw Object.assign(new Error(line.problem.detail), { errors: line.problem.errors });
      if (line.done) table.done = line.done;
    }
    if (!table.done) throw new Error("the response was cut off; try again");
    return table;
  }

  #finish(file, { scored, rows, rejects, done, row_unit: unit, remarks }, { headline, element }) {
    const stem = file.name.replace(ENDING, "");
    headline.textContent = `${file.name}: ${count(done.rows_in)} ${done.rows_in === 1 ? "row" : "rows"} in, ${count(done.rows_out)} out, ${count(done.rows_rejected)} rejected`;
    const notes = [...remarks, ...done.check.remarks].map((text) => el("p", { class: "quiet", text: inPageWords(text) }));
    const download = el("button", { type: "button", text: "Download the scored file", click: () => save(new Blob(scored.texts, { type: "text/csv" }), `${stem}.scored.csv`) });
    find("table").classList.add("loaded");
    const workbook = done.rows_in > this.model.series_rows ? null : el("button", { type: "button", text: "Download as a workbook", click: () => this.#workbook(file, workbook, stem) });
    headline.after(...notes, el("div", { class: "tools" }, download, workbook));
    rows.finish();
    if (!scored.count) for (const part of rows.parts) part.hidden = true;
    if (rejects.length) element.append(rejectsList(rejects, unit, stem, () => this.#again()));
    this.series.open(file, [...new Set(rows.others)], this.#options, done.rows_in);
  }

  /** Save the scored table as a workbook, which the service makes from the file. */
  async #workbook(file, button, stem) {
    button.setAttribute("aria-busy", "true");
    try {
      save(await (await send(`page/workbook?${new URLSearchParams(this.#options)}`, file)).blob(), `${stem}.scored.xlsx`);
    } catch (problem) {
      button.after(el("span", { class: "fault", role: "alert", text: `no workbook: ${inPageWords(problem.message)}` }));
    }
    button.removeAttribute("aria-busy");
  }
}
