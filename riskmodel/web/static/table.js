// A table that was dropped on the page: sent to the service, which scores it, and then shown.

import { parse } from "./csv.js";
import { find, make } from "./dom.js";
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
    const progress = make("p", { role: "status", text: `Scoring ${file.name} …` });
    place.hidden = false;
    place.replaceChildren(progress);
    find("table").scrollIntoView({ block: "start" });
    try {
      if (/\.(ya?ml|json)$/i.test(file.name)) {
        await this.openFile(file);
        place.hidden = true;
        return;
      }
      const told = (rows) => (progress.textContent = `Scoring ${file.name} … ${rows.toLocaleString("en")} rows`);
      const found = await this.#scored(file, signal, told);
      const left = more.length ? make("p", { class: "fault", text: `One table at a time: ${more.map((one) => one.name).join(", ")} not scored.` }) : "";
      place.replaceChildren(left, ...new Rows(this.model, found, this.open).parts);
    } catch (problem) {
      if (signal.aborted) return;
      const errors = problem.errors?.map((error) => [error.line && `line ${error.line}`, error.field, error.detail].filter(Boolean).join(": "));
      const told = errors?.length ? errors : [problem.message];
      place.replaceChildren(...told.map((text) => make("p", { class: "fault", role: "alert", text: `${file.name}: ${text}` })));
    } finally {
      find("file").value = "";
    }
  }

  /** The scored text, its rows, the rejects, and the counts. */
  async #scored(file, signal, told) {
    const marks = ["decimal", "thousands"].map((id) => [id, find(id).value]).filter(([, mark]) => mark);
    const query = new URLSearchParams([["explain", "true"], ...marks]);
    const found = { name: file.name, text: [], rejects: [], done: null };
    for await (const line of lines(await send(`api/batch?${query}`, file, signal))) {
      if (line.scored) found.text.push(line.scored);
      if (line.rejected) for (const reject of line.rejected) found.rejects.push(reject);
      if (line.progress) told(line.progress.rows);
      if (line.problem) throw new Error(line.problem.detail);
      if (line.done) found.done = line.done;
    }
    if (!found.done) throw new Error("the answer was cut off; try again");
    const [header = [], ...rows] = parse(found.text.join(""), found.done.delimiter);
    return { ...found, header, rows };
  }
}
