// A table that was dropped on the page: sent to the service, which scores it, and then shown.

import { parse } from "./csv.js";
import { el, find } from "./dom.js";
import { lines, send } from "./http.js";
import { Rows } from "./rows.js";

export class Table {
  /**
   * @param open called with the title and the values of a row that becomes the situation
   * @param openFile called with a file of situations
   */
  constructor(model, open, openFile) {
    Object.assign(this, { model, open, openFile });
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
    const place = find("scored");
    const progress = el("p", { role: "status", text: `Scoring ${file.name} …` });
    place.hidden = false;
    place.replaceChildren(progress);
    find("table").scrollIntoView({ block: "start" });
    try {
      if (/\.(ya?ml|json)$/i.test(file.name)) {
        await this.openFile(file);
        place.hidden = true;
        return;
      }
      const onProgress = (rows) => (progress.textContent = `Scoring ${file.name} … ${rows.toLocaleString("en")} rows`);
      const table = await this.#scored(file, signal, onProgress);
      const left = more.length ? el("p", { class: "fault", text: `One table at a time: ${more.map((other) => other.name).join(", ")} not scored.` }) : "";
      place.replaceChildren(left, ...new Rows(this.model, table, this.open).parts);
    } catch (problem) {
      if (signal.aborted) return;
      const errors = problem.errors?.map((error) => [error.line && `line ${error.line}`, error.field, error.detail].filter(Boolean).join(": "));
      const messages = errors?.length ? errors : [problem.message];
      place.replaceChildren(...messages.map((text) => el("p", { class: "fault", role: "alert", text: `${file.name}: ${text}` })));
    } finally {
      find("file").value = "";
    }
  }

  /** The scored text, its rows, the rejects, and the counts. */
  async #scored(file, signal, onProgress) {
    const marks = ["decimal", "thousands"].map((id) => [id, find(id).value]).filter(([, mark]) => mark);
    const query = new URLSearchParams([["explain", "true"], ...marks]);
    const table = { name: file.name, text: [], rejects: [], done: null };
    for await (const line of lines(await send(`api/batch?${query}`, file, signal))) {
      if (line.scored) table.text.push(line.scored);
      if (line.rejected) for (const reject of line.rejected) table.rejects.push(reject);
      if (line.progress) onProgress(line.progress.rows);
      if (line.problem) throw new Error(line.problem.detail);
      if (line.done) table.done = line.done;
    }
    if (!table.done) throw new Error("the answer was cut off; try again");
    const [header = [], ...rows] = parse(table.text.join(""), table.done.delimiter);
    return { ...table, header, rows };
  }
}
