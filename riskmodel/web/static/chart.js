// The chart of one score of one unit over time, with the values of the time that is pointed at.

import { el, svg } from "./dom.js";
import { Plot } from "./plot.js";

export class Chart extends Plot {
  /**
   * @param series the data of all units
   * @param unit the position of the unit
   * @param score the data of the score
   * @param on { point(time, chart), open(row), hold(row), outlook(chart) }: called when a time is pointed at, opened, or held for
   *   comparison, and when the outlook of the unit is wanted
   */
  constructor(series, unit, score, on) {
    super(score, series, score.statements[unit], "series-help");
    const rows = series.rows[unit];
    Object.assign(this, { series, unit, rows, on, row: rows.at(-1), held: null, heldName: null });
    this.positions = rows.map((row) => series.position[row]);
    this.crossed = new Set(score.crossed);
    this.alerts = series.alerts.filter((alert) => alert.score === score.name);
    this.openButton = el("button", { type: "button", click: () => on.open(this.row) });
    this.holdButton = el("button", { type: "button", click: () => on.hold(this.row) });
    this.times = el("span", { class: "tools" }, this.openButton, this.holdButton);
    const outlook = score.is_sub_score || !series.step ? null : el("button", { type: "button", text: "Outlook", click: () => on.outlook(this) });
    this.ahead = el("div", { class: "series-outlook" });
    Object.assign(this.element.dataset, { unit: series.units[unit], score: score.name });
    this.element.append(el("div", { class: "tools" }, this.times, outlook), this.ahead);
  }

  #time(row) {
    return this.series.times[this.series.time[row]];
  }

  /** Show the values at a time. */
  show(time) {
    const row = this.rows.find((row) => this.series.time[row] === time);
    this.isAbsent = row === undefined;
    if (!this.isAbsent) this.row = row;
    const lines = this.isAbsent ? [[`${this.series.times[time]}: no row`]] : this.#lines(this.row);
    this.tell(lines, this.rows.indexOf(this.row), this.rows.length);
    this.times.hidden = this.isAbsent;
    this.#label();
    this.mark();
  }

  /** Mark the row held for comparison; null for none. */
  hold(row, name) {
    Object.assign(this, { held: row, heldName: name });
    this.#label();
    this.mark();
  }

  #label() {
    const time = this.#time(this.row);
    this.openButton.textContent = `Open ${time}`;
    const comparison = this.held === this.row ? "Do not compare" : `Compare with ${this.heldName}`;
    this.holdButton.textContent = this.held === null ? `Compare ${time} with …` : comparison;
  }

  #range(low, high) {
    return [...new Set([low, high].map((value) => value.toFixed(this.score.decimals)))].join(" to ");
  }

  /** Return the values of a row as lines, each with what is emphasised before it. */
  #lines(row) {
    const { series, score } = this;
    const band = (at) => score.bands[score.band[at]]?.name;
    const value = score.value[row];
    const reading = value === null ? "insufficient data" : [value.toFixed(score.decimals), band(row)].filter(Boolean).join(" ");
    const rank = score.rank[row] && series.units.length > 1 ? `, rank ${score.rank[row]} of ${score.rankedAt(series.time[row])}` : "";
    const interval = value === null || !series.interval ? null : `${series.interval} interval ${this.#range(score.interval_low[row], score.interval_high[row])}`;
    const bounds = `bounds ${this.#range(score.low[row], score.high[row])}`;
    const known = [interval, bounds, `coverage ${Math.round(100 * score.coverage[row])}%`].filter(Boolean).join("; ");
    const met = this.alerts.filter((alert) => alert.rows.has(row)).map((alert) => alert.condition);
    return [[`: ${reading}${rank}`, this.#time(row)], [known], this.#change(row, band), ...(met.length ? [[met.join("; "), "Alert: "]] : [])];
  }

  #change(row, band) {
    const { change, drivers } = this.score;
    const before = this.series.before[row];
    if (change[row] === null) return [before < 0 ? "no row at the time before" : "no score at one of the two times"];
    const from = this.crossed.has(row) ? `, from ${band(before)}` : "";
    const word = this.score.direction[row] && `, ${this.score.direction[row]},`;
    return [`${word} since ${this.#time(before)}${from}${drivers[row] ? `: ${drivers[row]}` : ""}`, change[row]];
  }

  pressed(event) {
    const place = this.moved(event, this.rows.indexOf(this.row), this.rows.length);
    if (place !== null) this.on.point(this.series.time[this.rows[place]], this);
    else if (event.key === "Enter") this.on[event.shiftKey ? "hold" : "open"](this.row);
  }

  pointed(at) {
    this.on.point(this.series.time[this.rows[this.nearest(this.positions, at)]], this);
  }

  /** Open the time that was clicked; a finger only points, since it cannot hover. */
  clicked(event) {
    if (event.pointerType !== "touch" && !this.isAbsent) this.on[event.shiftKey ? "hold" : "open"](this.row);
  }

  /** Return the rows with a number as pairs of position and value, in runs without a gap. */
  #runs(values) {
    const runs = [];
    let last = -1;
    for (const row of this.rows) {
      if (values[row] === null) continue;
      if (last < 0 || this.series.before[row] !== last) runs.push([]);
      runs.at(-1).push([this.series.position[row], values[row]]);
      last = row;
    }
    return runs;
  }

  parts() {
    const { low, high, interval_low, interval_high, value } = this.score;
    const upper = this.#runs(interval_high);
    return [
      ...this.#gaps(),
      ...[low, high].flatMap((values) => this.#runs(values).map((run) => this.line("bounds", run))),
      ...this.#runs(interval_low).map((run, index) => this.ribbon("ribbon", upper[index], run)),
      ...this.#runs(value).map((run) => this.line("line", run)),
      ...this.#marks(),
    ];
  }

  #gaps() {
    const { before, position } = this.series;
    return this.rows.slice(1).flatMap((row, index) => (before[row] < 0 ? this.gap(position[this.rows[index]] + 0.5, position[row] - 0.5) : []));
  }

  #marks() {
    const { value } = this.score;
    const { position } = this.series;
    const crossings = this.rows.filter((row) => this.crossed.has(row)).map((row) => this.triangle(`crossing ${this.score.direction[row]}`, position[row], value[row], this.score.change[row] > 0));
    const alerted = this.rows.filter((row) => this.alerts.some((alert) => alert.rows.has(row)));
    const size = this.markSize + 0.5;
    const path = `l${size},${size}l${-size},${size}l${-size},${-size}Z`;
    const diamond = (row) => svg("path", { class: "alert", "data-time": this.#time(row), d: `M${this.x(position[row])},${this.y(value[row]) - size}${path}` });
    return [...crossings, ...alerted.map(diamond)];
  }

  /** Mark the time pointed at, and the one held. */
  mark() {
    if (!this.cursor) return;
    const { position } = this.series;
    const value = this.score.value[this.row];
    const held = this.rows.includes(this.held) ? [this.upright("held", position[this.held])] : [];
    const here = this.isAbsent ? [] : [this.upright("pointer", position[this.row])];
    const dot = this.isAbsent || value === null ? [] : [this.dot("here", position[this.row], value, 4)];
    this.cursor.replaceChildren(...held, ...here, ...dot);
  }
}
