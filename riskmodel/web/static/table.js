// A dropped table: sent to the service to be scored, and shown.

import { parse } from "./csv.js";
import { el, find } from "./dom.js";
import { lines, send } from "./http.js";
import { Rows } from "./rows.js";
import { showView } from "./views.js";

export class Table {
  /**
   * @param series the view of the table over time
   * @param open called with title and values of an opened row
   * @param openFile called with a situation file
   */
  constructor(model, series, open, openFile) {
    Object.assign(this, { model, series, open, openFile });
    find("file").addEventListener("change", () => this.load([...find("file").files]));
    for (const id of ["decimal", "thousands"]) find(id).addEventListener("change", () => this.load(this.files ?? []));
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => this.#dragged(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dragging"));
  }

  #dragged(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dragging", event.type === "dragover");
    if (event.type === "drop") this.load([...event.dataTransfer.files]);
  }

  async load([file, ...more]) {
    if (!file) return;
    this.files = [file, ...more];
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const element = find("scored");
    const progress = el("p", { role: "status", text: `Scoring ${file.name} …` });
    element.hidden = false;
    element.replaceChildren(progress);
    this.series.hide();
    showView("table");
    try {
      if (/\.(ya?ml|json)$/i.test(file.name)) {
        await this.openFile(file);
        element.hidden = true;
        return;
      }
      const onProgress = (rows) => (progress.textContent = `Scoring ${file.name} … ${rows.toLocaleString("en")} rows`);
      const table = await this.#score(file, signal, onProgress);
      const skipped = more.length ? el("p", { class: "fault", text: `One table at a time: ${more.map((other) => other.name).join(", ")} not scored.` }) : "";
      const rows = new Rows(this.model, table, this.open);
      element.replaceChildren(skipped, ...rows.parts);
      this.series.open(file, [...new Set(rows.others)], this.#options, table.done.rows_in);
    } catch (problem) {
      if (signal.aborted) return;
      const errors = problem.errors?.map((error) => [error.line && `line ${error.line}`, error.field, error.detail].filter(Boolean).join(": "));
      const messages = errors?.length ? errors : [problem.message];
      element.replaceChildren(...messages.map((text) => el("p", { class: "fault", role: "alert", text: `${file.name}: ${text}` })));
    } finally {
      find("file").value = "";
    }
  }

  /** How the table is read, as pairs. */
  get #options() {
    return ["decimal", "thousands"].map((id) => [id, find(id).value]).filter(([, value]) => value);
  }

  /** Score a file; return its text, rows, rejects and counts. */
  async #score(file, signal, onProgress) {
    const query = new URLSearchParams([["explain", "true"], ...this.#options]);
    const table = { name: file.name, text: [], rejects: [], done: null };
    for await (const line of lines(await send(`api/batch?${query}`, file, signal))) {
      if (line.scored) table.text.push(line.scored);
      if (line.rejected) for (const reject of line.rejected) table.rejects.push(reject);
      if (line.progress) onProgress(line.progress.rows);
      if (line.problem) throw new Error(line.problem.detail);
      if (line.done) table.done = line.done;
    }
    if (!table.done) throw new Error("the response was cut off; try again");
    const [header = [], ...rows] = parse(table.text.join(""), table.done.delimiter);
    return { ...table, header, rows };
  }
}
