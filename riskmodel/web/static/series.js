// The series of a table: the columns of units and times, the units and scores that are shown, and their charts.

import { Chart } from "./chart.js";
import { write } from "./csv.js";
import { debounce, el, find, parsed, replace, svg } from "./dom.js";
import { Fan } from "./fan.js";
import { send } from "./http.js";
import { drawnSeries, pictureChoice } from "./pictures.js";
import { triangle } from "./plot.js";

const MAX_LISTED = 100;
const FIRST_SHOWN = 2;
const MAX_CHARTS = 60;
/** Enough for intervals that are looked at. */
const DRAWS = 256;
/** Steps ahead of an outlook. */
const HORIZON = 12;
const FAN_HELP = "Half of the draws are in the inner part of the fan, nine in ten in all of it; the median is dashed.";

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const messageOf = (problem) => (problem.errors?.length ? problem.errors.map((error) => [error.line && `line ${error.line}`, error.field, error.detail].filter(Boolean).join(": ")) : [problem.message]).join(" ");

/** Complete the data of the service with what all charts need. */
function complete(data, scores) {
  const series = { ...data, rows: data.units.map(() => []), position: data.time.map((time) => data.places[time]) };
  data.unit.forEach((unit, row) => series.rows[unit].push(row));
  series.alerts = data.alerts.map((alert) => ({ ...alert, rows: new Set(alert.met) }));
  for (const score of scores) {
    const ranked = new Map();
    data.time.forEach((time, row) => score.rank[row] && ranked.set(time, (ranked.get(time) ?? 0) + 1));
    score.rankedAt = (time) => ranked.get(time);
  }
  return series;
}

export class Series {
  /**
   * @param on { open(situation), compare(first, second) }: called with titles and values of rows
   */
  constructor(model, on) {
    Object.assign(this, { model, on, file: null, held: null });
    const score = model.scores.find((score) => !score.is_sub_score);
    const bands = Object.values(score.bands);
    find("series-alert-example").textContent = `${score.name} >= ${bands.at(-1) ?? score.out_of / 2}`;
    find("series-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#load(this.#chosen());
    });
  }

  hide() {
    this.stop?.abort();
    this.#reveal(false);
  }

  /**
   * Show the series of a scored table, with the columns that the service proposes.
   * @param names the columns that are neither indicators nor scores
   * @param options how the table is read, as pairs
   * @param rows their number
   */
  open(file, names, options, rows) {
    Object.assign(this, { file, options, units: null, scores: null, time: undefined });
    find("series-time").replaceChildren(el("option", { value: "", text: "choose a column …" }), ...names.map((name) => el("option", { value: name, text: name })));
    find("series-by").replaceChildren(...names.map((name) => el("label", {}, el("input", { type: "checkbox", value: name }), ` ${name}`)));
    find("series-options").open = false;
    if (!names.length) return;
    if (rows <= this.model.series_rows) return this.#load([]);
    this.#reveal();
    this.#fail(`No view over time: it takes at most ${count(this.model.series_rows, "row")}.`, false);
  }

  #reveal(isShown = true) {
    find("series-view").hidden = !isShown;
    find("series-none").hidden = isShown;
  }

  /** The columns of units that are ticked. */
  get #by() {
    return [...find("series-by").querySelectorAll("input:checked")].map((box) => box.value);
  }

  #chosen() {
    return [["time", find("series-time").value], ...this.#by.map((name) => ["by", name])];
  }

  async #load(columns) {
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const alerts = find("series-alert").value.split(";").map((text) => text.trim()).filter(Boolean).map((text) => ["alert", text]);
    const weights = find("series-vary").checked ? [["weight_uncertainty", Number(find("series-weights").value) / 100]] : [];
    this.#reveal();
    this.#say(`Reading the series of ${this.file.name} …`);
    try {
      const query = new URLSearchParams([["draws", DRAWS], ...columns, ...alerts, ...weights, ...this.options]);
      const { by, time, series } = await (await send(`page/series?${query}`, this.file, signal)).json();
      find("series-time").value = time ?? "";
      for (const box of find("series-by").querySelectorAll("input")) box.checked = by.includes(box.value);
      this.asked = [["draws", DRAWS], ["time", time], ...by.map((name) => ["by", name]), ...alerts, ...weights, ...this.options];
      if (series) this.#show(series);
      else this.#fail("No column has several dates or years; choose the column of times for a view over time.", false);
    } catch (problem) {
      if (signal.aborted) return;
      this.#fail(columns.length ? messageOf(problem) : `No view over time: ${messageOf(problem)}`, true);
    }
  }

  #say(text, isFault = false) {
    const state = find("series-state");
    state.className = isFault ? "fault" : "quiet";
    state.textContent = text;
  }

  #fail(text, isFault) {
    this.#say(text, isFault);
    find("series-answer").replaceChildren();
    this.charts = [];
  }

  #show(data) {
    this.series = complete(data, data.scores);
    this.held = null;
    const kept = data.units.filter((unit) => this.units?.has(unit));
    this.units = new Set(kept.length ? kept : data.units.slice(0, FIRST_SHOWN));
    const main = data.scores.filter((score) => !score.is_sub_score).map((score) => score.name);
    this.scores ??= new Set(data.units.length > 1 ? main.slice(0, 1) : main);
    const { times, step } = this.series;
    const span = times.length > 1 ? `${times[0]} to ${times.at(-1)}, ${step ? `each ${step.replace(/^1 /, "")}` : "irregular"}` : times[0];
    this.#say(`${count(data.units.length, "unit")}, ${count(times.length, "time")}: ${span}.`);
    this.panels = el("div", { class: "series-charts" });
    this.notes = el("p", { class: "quiet", role: "status" });
    const skipped = data.skipped.map(({ unit, reason }) => el("p", { class: "fault", text: `${unit} has no series: ${reason}` }));
    find("series-answer").replaceChildren(...skipped, ...this.#alerts(), this.#pickers(), this.#legend(), this.notes, this.panels);
    this.#draw();
  }

  #alerts() {
    const listed = (units) => `${units.slice(0, 5).join(", ")}${units.length > 5 ? ` and ${units.length - 5} more` : ""}`;
    return this.series.alerts.map(({ condition, time, units, undecided, met }) => {
      const now = units.length ? listed(units) : "no unit";
      const rest = undecided.length ? `; cannot be decided for ${listed(undecided)} ` : " ";
      const text = el("span", {}, el("strong", { text: condition }), `: met by ${now} at ${time}; by ${count(met.length, "row")} in all${rest}`);
      const select = () => this.#choose(new Set(met.map((row) => this.series.units[this.series.unit[row]])));
      return el("p", { class: "series-alert" }, text, met.length ? el("button", { type: "button", text: "Show these units", click: select }) : null);
    });
  }

  #choose(units) {
    this.units = units;
    this.#list();
    this.#draw();
  }

  #pickers() {
    const { series } = this;
    const scores = series.scores.length < 2 ? null : el("fieldset", { class: "names" }, el("legend", { text: "Scores" }), ...series.scores.map((score) => this.#box(score.title, this.scores, score.name)));
    if (series.units.length < 2) return el("div", { class: "series-pickers" }, scores);
    this.search = el("input", { type: "search", autocomplete: "off", "aria-label": "Search units", placeholder: "search …" });
    this.search.addEventListener("input", debounce(150, () => this.#list()));
    this.list = el("div", { class: "series-units", role: "group", "aria-label": "Units" });
    this.more = el("span", { class: "quiet" });
    const all = el("button", { type: "button", text: "All", click: () => this.#choose(new Set([...this.units, ...this.#matches()])) });
    const none = el("button", { type: "button", text: "None", click: () => this.#choose(new Set()) });
    this.#list();
    const units = el("fieldset", { class: "names" }, el("legend", { text: "Units" }), el("div", { class: "tools" }, this.search, all, none, this.more), this.list);
    return el("div", { class: "series-pickers" }, scores, units);
  }

  #box(text, chosen, key) {
    const change = () => {
      chosen[box.checked ? "add" : "delete"](key);
      this.#draw();
    };
    const box = el("input", { type: "checkbox", checked: chosen.has(key), change });
    return el("label", {}, box, ` ${text}`);
  }

  #matches() {
    const words = this.search.value.toLowerCase();
    return this.series.units.filter((unit) => unit.toLowerCase().includes(words));
  }

  #list() {
    const matches = this.#matches();
    this.list.replaceChildren(...matches.slice(0, MAX_LISTED).map((unit) => this.#box(unit, this.units, unit)));
    this.more.textContent = matches.length > MAX_LISTED ? `the first ${MAX_LISTED} of ${count(matches.length, "unit")}` : "";
  }

  /** Is a change of band of this direction in some series? */
  #crosses(word) {
    return this.series.scores.some((score) => score.crossed.some((row) => score.direction[row] === word));
  }

  #legend() {
    const key = (text, ...parts) => el("span", {}, svg("svg", { width: 24, height: 12, "aria-hidden": "true" }, ...parts), ` ${text}`);
    const items = [
      key("score", svg("path", { class: "line", d: "M1,6H23" })),
      this.series.interval && key(`${this.series.interval} interval`, svg("path", { class: "ribbon", d: "M1,1H23V11H1Z" })),
      key("bounds", svg("path", { class: "bounds", d: "M1,6H23" })),
      ...["worse", "better", ""].filter((word) => this.#crosses(word)).map((word) => key(`into ${word ? `a ${word}` : "another"} band`, ...[6, 18].map((x) => triangle(`crossing ${word}`, x, 6, 5, x < 12)))),
      this.series.alerts.length ? key("alert", svg("path", { class: "alert", d: "M12,1l5,5l-5,5l-5,-5Z" })) : null,
    ];
    const help = "Arrow keys move through time. A click or Enter opens a time as the situation; Shift and either holds it, to be compared with another.";
    return el("div", {}, el("p", { class: "series-legend quiet" }, ...items.filter(Boolean)), el("p", { class: "quiet", id: "series-help", text: help }), el("span", { id: "outlook-help", hidden: true, text: "Arrow keys move through the times ahead." }));
  }

  #draw() {
    for (const chart of this.charts ?? []) chart.observer.disconnect();
    const { series } = this;
    const units = series.units.flatMap((unit, index) => (this.units.has(unit) ? [index] : []));
    const scores = series.scores.filter((score) => this.scores.has(score.name));
    const pairs = units.flatMap((unit) => scores.map((score) => [unit, score]));
    const on = {
      point: (time, chart) => this.#point(time, chart),
      open: (row) => this.on.open(this.#situation(row)),
      hold: (row) => this.#hold(row),
      outlook: (chart) => this.#outlook(chart),
    };
    this.charts = pairs.slice(0, MAX_CHARTS).map(([unit, score]) => new Chart(series, unit, score, on));
    for (const chart of this.charts) chart.element.append(this.#choiceOf(chart.element.dataset));
    this.panels.replaceChildren(...this.charts.map((chart) => chart.element));
    this.notes.textContent = pairs.length ? (pairs.length > MAX_CHARTS ? `The first ${MAX_CHARTS} of ${pairs.length} charts.` : "") : "Choose a unit and a score.";
    this.time = Math.min(this.time ?? Infinity, series.times.length - 1);
    for (const chart of this.charts) chart.show(this.time);
    this.#hold(this.held, true);
  }

  #choiceOf({ unit, score }) {
    const draw = drawnSeries(this.file, [...this.asked, ["unit", unit], ["score", score], ["file", this.file.name.slice(-200)]]);
    return pictureChoice(draw, () => `${unit}-${score}`, `${unit}-${score}`);
  }

  /** Show the values of a time in the chart that was pointed at, and soon in the others. */
  #point(time, pointed) {
    if (time === this.time) return;
    this.time = time;
    pointed.show(time);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      for (const chart of this.charts) if (chart !== pointed || time !== this.time) chart.show(this.time);
    });
  }

  #name(row) {
    const { times, time, units, unit } = this.series;
    return units.length > 1 ? `${units[unit[row]]}, ${times[time[row]]}` : times[time[row]];
  }

  /** Return title and values of a row. */
  #situation(row) {
    const { units, unit, times, time, values } = this.series;
    const given = Object.entries(values).map(([name, column]) => [name, column[row]]).filter(([, value]) => value !== null);
    return { title: `${units[unit[row]]}, ${times[time[row]]}`, values: Object.fromEntries(given) };
  }

  /** Hold a row for comparison; with another one, compare both. */
  #hold(row, isRedrawn = false) {
    if (!isRedrawn && this.held !== null && row !== this.held) {
      const pair = [this.held, row].map((each) => this.#situation(each));
      this.held = null;
      this.on.compare(...pair);
    } else if (!isRedrawn) this.held = this.held === row ? null : row;
    for (const chart of this.charts) chart.hold(this.held, this.held === null ? null : this.#name(this.held));
  }

  /** Return the rows of a unit as a table of its own. */
  #tableOf(unit) {
    const { rows, times, time, units, values } = this.series;
    const lines = rows[unit].map((row) => [units[unit], times[time[row]], ...Object.values(values).map((column) => column[row] ?? "")]);
    return write([["id", "time", ...Object.keys(values)], ...lines]);
  }

  /** @param influences whether those that the model states are added */
  async #outlook(chart, influences = false) {
    const { units } = this.series;
    const hadFocus = chart.ahead.contains(document.activeElement);
    chart.ahead.replaceChildren(el("p", { class: "quiet", role: "status", text: "Looking ahead …" }));
    chart.stop?.abort();
    chart.stop = new AbortController();
    const query = new URLSearchParams({ by: "id", time: "time", score: chart.score.name, horizon: HORIZON, influences, delimiter: "," });
    try {
      const data = await (await send(`page/outlook?${query}`, new Blob([this.#tableOf(chart.unit)]), chart.stop.signal)).json();
      const fan = new Fan(data, units[chart.unit]);
      const report = el("div", { class: "answer riskmodel" });
      replace(report, parsed(data.html));
      const all = el("details", {}, el("summary", { text: "How it did in the past, and what it is made of" }), report);
      const box = el("input", { type: "checkbox", checked: influences, change: () => this.#outlook(chart, box.checked) });
      const theory = data.influences === null ? null : el("p", {}, el("label", {}, box, " with the influences that the model states, which are theory"));
      const parts = [el("p", { role: "status", text: data.verdict }), fan.element, el("p", { class: "quiet", text: FAN_HELP }), theory, all];
      chart.ahead.replaceChildren(...parts.filter(Boolean));
      if (hadFocus) box.focus();
    } catch (problem) {
      if (!chart.stop.signal.aborted) chart.ahead.replaceChildren(el("p", { class: "fault", role: "alert", text: messageOf(problem) }));
    }
  }
}
