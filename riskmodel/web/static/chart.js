// The chart of one score of one unit over time, with the values of the time that is pointed at.

import { el, svg } from "./dom.js";

const HEIGHT = 190;
const [TOP, BOTTOM, LEFT] = [8, 24, 32];
const LETTER_WIDTH = 7;
const MIN_ZONE = 13;
const STEPS = { "1 month": [1, 2, 3, 6, 12, 24, 60, 120, 240], "1 quarter": [1, 2, 4, 8, 20, 40, 80] };
const OTHER_STEPS = [1, 2, 5];
let panelCount = 0;

/** Return the first of some numbers, continued by powers of ten, that is at least `least`. */
function roundStep(step, least) {
  const known = (STEPS[step] ?? []).find((number) => number >= least);
  if (known) return known;
  for (let power = 1; ; power *= 10) {
    const found = OTHER_STEPS.map((number) => number * power).find((number) => number >= least);
    if (found) return found;
  }
}

export class Chart {
  /**
   * @param series the data of all units
   * @param unit the position of the unit
   * @param rows its rows, in the order of time
   * @param score the data of the score
   * @param on { point(time), open(row), hold(row) }: called when a time is pointed at, opened, or held for comparison
   */
  constructor(series, unit, rows, score, on) {
    Object.assign(this, { series, rows, score, on, row: rows.at(-1), held: null });
    this.decimals = score.decimals;
    this.crossed = new Set(score.crossed);
    this.alerted = new Set(series.alerts.filter((alert) => alert.score === score.name).flatMap((alert) => alert.met));
    const id = `chart-${(panelCount += 1)}`;
    const title = el("figcaption", { id, text: score.statements[unit] });
    this.plot = el("div", {
      class: "series-plot", role: "slider", tabindex: "0", "aria-labelledby": id, "aria-describedby": "series-help",
      "aria-valuemin": 1, "aria-valuemax": rows.length, keydown: (event) => this.#key(event),
      pointermove: (event) => this.#point(event), pointerdown: (event) => this.#point(event), click: (event) => this.#click(event),
    });
    this.values = el("div", { class: "series-values" });
    this.openButton = el("button", { type: "button", click: () => on.open(this.row) });
    this.holdButton = el("button", { type: "button", click: () => on.hold(this.row) });
    this.actions = el("p", { class: "tools" }, this.openButton, this.holdButton);
    this.element = el("figure", { class: "series-chart", "data-unit": series.units[unit], "data-score": score.name }, title, this.plot, this.values, this.actions);
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.plot);
  }

  /** Show the values at a time. */
  show(time) {
    const row = this.rows.find((row) => this.series.time[row] === time);
    this.isAbsent = row === undefined;
    if (!this.isAbsent) this.row = row;
    const lines = this.isAbsent ? [[`${this.series.times[time]}: no row`]] : this.#lines(this.row);
    this.values.replaceChildren(...lines.map(([text, strong]) => el("p", {}, strong ? el("strong", { text: strong }) : null, text)));
    this.actions.hidden = this.isAbsent;
    this.plot.setAttribute("aria-valuenow", this.rows.indexOf(this.row) + 1);
    this.plot.setAttribute("aria-valuetext", lines.map(([text, strong]) => `${strong ?? ""}${text}`).join("; "));
    this.#label();
    this.#move();
  }

  /** Mark the row held for comparison; null for none. */
  hold(row, name) {
    Object.assign(this, { held: this.rows.includes(row) ? row : null, heldName: row === null ? null : name, heldRow: row });
    this.#label();
    this.#move();
  }

  #label() {
    const time = this.series.times[this.series.time[this.row]];
    this.openButton.textContent = `Open ${time}`;
    const text = this.heldName === null || this.heldName === undefined ? `Compare ${time} with …` : this.heldRow === this.row ? "Do not compare" : `Compare with ${this.heldName}`;
    this.holdButton.textContent = text;
  }

  #number(value) {
    return value.toFixed(this.decimals);
  }

  #range(low, high) {
    return low === high ? this.#number(low) : `${this.#number(low)} to ${this.#number(high)}`;
  }

  /** Return the values of a row as lines, each with what is emphasised before it. */
  #lines(row) {
    const { series, score } = this;
    const band = (at) => score.bands[score.band[at]]?.name;
    const lines = [];
    const value = score.value[row];
    const rank = score.rank[row] && series.units.length > 1 ? `rank ${score.rank[row]} of ${score.rankedAt(series.time[row])}` : null;
    lines.push([[value === null ? ": insufficient data" : `: ${[this.#number(value), band(row)].filter(Boolean).join(" ")}`, rank].filter(Boolean).join(", "), series.times[series.time[row]]]);
    const interval = value === null || !series.interval ? null : `${series.interval} interval ${this.#range(score.interval_low[row], score.interval_high[row])}`;
    const bounds = `bounds ${this.#range(score.low[row], score.high[row])}`;
    const known = `coverage ${Math.round(100 * score.coverage[row])}%`;
    lines.push([[interval, bounds, known].filter(Boolean).join("; ")]);
    const before = series.before[row];
    if (score.change[row] !== null) {
      const from = this.crossed.has(row) ? `, from ${band(before)}` : "";
      const drivers = score.drivers[row] ? `: ${score.drivers[row]}` : "";
      lines.push([` since ${series.times[series.time[before]]}${from}${drivers}`, score.change[row]]);
    } else lines.push([before < 0 ? "no row at the time before" : "no score at one of the two times"]);
    const met = series.alerts.filter((alert) => alert.score === score.name && alert.rows.has(row)).map((alert) => alert.condition);
    if (met.length) lines.push([met.join("; "), "Alert: "]);
    return lines;
  }

  #key(event) {
    const index = this.rows.indexOf(this.row);
    const moves = { ArrowLeft: index - 1, ArrowDown: index - 1, ArrowRight: index + 1, ArrowUp: index + 1, PageDown: index - 12, PageUp: index + 12, Home: 0, End: this.rows.length - 1 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) {
      const next = Math.min(Math.max(moves[event.key], 0), this.rows.length - 1);
      this.on.point(this.series.time[this.rows[next]]);
    } else if (event.key === "Enter") this.on[event.shiftKey ? "hold" : "open"](this.row);
    else return;
    event.preventDefault();
  }

  #point(event) {
    const at = event.clientX - this.plot.getBoundingClientRect().left;
    const away = (row) => Math.abs(this.#x(this.series.position[row]) - at);
    const nearest = this.rows.reduce((best, row) => (away(row) < away(best) ? row : best));
    this.on.point(this.series.time[nearest]);
  }

  /** Open the time that was clicked; a finger only points, since it cannot hover. */
  #click(event) {
    if (event.pointerType === "touch" || this.isAbsent) return;
    this.on[event.shiftKey ? "hold" : "open"](this.row);
  }

  #x(position) {
    const inside = this.width - LEFT - this.right - 12;
    return LEFT + 6 + (this.series.last ? (inside * position) / this.series.last : inside / 2);
  }

  #y(value) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / this.score.out_of);
  }

  #at(row, values) {
    return `${this.#x(this.series.position[row]).toFixed(1)},${this.#y(values[row]).toFixed(1)}`;
  }

  /** Return the rows with a number, in runs without a gap. */
  #runs(values) {
    const runs = [];
    this.rows.forEach((row) => {
      if (values[row] === null) return;
      const last = runs.at(-1);
      if (last && this.series.before[row] === last.at(-1)) last.push(row);
      else runs.push([row]);
    });
    return runs;
  }

  #draw() {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const { bands } = this.score;
    this.right = Math.max(8, ...bands.map(({ name }) => Math.min(name.length, 14) * LETTER_WIDTH + 8));
    this.cursor = svg("g", { class: "cursor" });
    const parts = [this.#zones(), this.#gaps(), this.#axis(), this.#bounds(), this.#ribbon(), this.#line(), this.#marks(), this.cursor];
    this.plot.replaceChildren(svg("svg", { width: this.width, height: HEIGHT, "aria-hidden": "true" }, ...parts));
    this.#move();
  }

  #zones() {
    const { bands, out_of } = this.score;
    const end = this.width - this.right;
    const zones = bands.flatMap(({ name, start, opacity }, index) => {
      const [top, bottom] = [this.#y(Math.min(bands[index + 1]?.start ?? out_of, out_of)), this.#y(Math.min(start, out_of))];
      const zone = svg("rect", { class: "zone", x: LEFT, width: Math.max(end - LEFT, 0), y: top, height: Math.max(bottom - top, 0), "fill-opacity": opacity });
      const label = bottom - top < MIN_ZONE ? null : svg("text", { class: "name", x: end + 4, y: (top + bottom) / 2 + 4, text: name.length > 14 ? `${name.slice(0, 13)}…` : name });
      return [zone, label].filter(Boolean);
    });
    return svg("g", {}, ...zones);
  }

  /** Clear the zones where the unit has no rows. */
  #gaps() {
    const { before, position } = this.series;
    const holes = this.rows.slice(1).flatMap((row, index) => {
      if (before[row] >= 0) return [];
      const [start, end] = [this.#x(position[this.rows[index]] + 0.5), this.#x(position[row] - 0.5)];
      return svg("rect", { class: "gap", x: start, width: Math.max(end - start, 1), y: TOP, height: HEIGHT - TOP - BOTTOM });
    });
    return svg("g", {}, ...holes);
  }

  #axis() {
    const { series, score } = this;
    const ends = [0, ...score.bands.map(({ start }) => start), score.out_of].filter((value) => value <= score.out_of);
    const values = [...new Set(ends)].sort((first, other) => other - first);
    let last = -Infinity;
    const scale = values.flatMap((value) => {
      const y = this.#y(value);
      if (y - last < MIN_ZONE) return [];
      last = y;
      return svg("text", { class: "tick", x: LEFT - 5, y: Math.max(y + 4, 12), "text-anchor": "end", text: value });
    });
    const longest = Math.max(...series.times.map((time) => Math.min(time.length, 20)));
    const room = Math.max(1, Math.floor((this.width - LEFT - this.right) / (longest * LETTER_WIDTH + 14)));
    const step = roundStep(series.step, (series.last + 1) / room);
    const labels = series.places.flatMap((position, time) => (position % step ? [] : this.#tick(position, series.times[time])));
    return svg("g", {}, ...scale, ...labels);
  }

  #tick(position, text) {
    const x = this.#x(position);
    const y = HEIGHT - BOTTOM;
    const shown = text.length > 20 ? `${text.slice(0, 19)}…` : text;
    const half = (shown.length * LETTER_WIDTH) / 2;
    const label = svg("text", { class: "tick", x: Math.min(Math.max(x, half), this.width - half), y: y + 17, "text-anchor": "middle", text: shown });
    return [svg("line", { class: "tick-line", x1: x, x2: x, y1: y, y2: y + 4 }), label];
  }

  #bounds() {
    const lines = [this.score.low, this.score.high].flatMap((values) => this.#runs(values).map((run) => this.#path("bounds", run, values)));
    return svg("g", {}, ...lines);
  }

  /** Draw a line through a run; a single row is a short dash. */
  #path(kind, run, values) {
    const x = this.#x(this.series.position[run[0]]);
    const points = run.length > 1 ? run.map((row) => this.#at(row, values)).join("L") : `${x - 3},${this.#y(values[run[0]])}h6`;
    return svg("path", { class: kind, d: `M${points}` });
  }

  #ribbon() {
    const { interval_low: low, interval_high: high } = this.score;
    const pieces = this.#runs(low).map((run) => {
      const [x, top, bottom] = [this.#x(this.series.position[run[0]]), this.#y(high[run[0]]), this.#y(low[run[0]])];
      if (run.length === 1) return svg("path", { class: "ribbon", d: `M${x - 3},${top}h6V${bottom}h-6Z` });
      const corners = [...run.map((row) => this.#at(row, high)), ...run.toReversed().map((row) => this.#at(row, low))];
      return svg("path", { class: "ribbon", d: `M${corners.join("L")}Z` });
    });
    return svg("g", {}, ...pieces);
  }

  #line() {
    const { value } = this.score;
    return svg("g", {}, ...this.#runs(value).map((run) => this.#path("line", run, value)));
  }

  #marks() {
    const { value, high } = this.score;
    const place = (row) => [this.#x(this.series.position[row]), this.#y(value[row] ?? high[row])];
    const crossings = this.rows.filter((row) => this.crossed.has(row)).map(place).map(([cx, cy]) => svg("circle", { class: "crossing", cx, cy, r: 4.5 }));
    const alerts = this.rows.filter((row) => this.alerted.has(row)).map((row) => {
      const [x, y] = place(row);
      return svg("path", { class: "alert", "data-time": this.series.times[this.series.time[row]], d: `M${x},${y - 5}l5,5l-5,5l-5,-5Z` });
    });
    return svg("g", {}, ...crossings, ...alerts);
  }

  /** Move the lines that mark the time pointed at, and the one held. */
  #move() {
    if (!this.cursor) return;
    const upright = (row, kind) => {
      const x = this.#x(this.series.position[row]);
      return svg("line", { class: kind, x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM });
    };
    const parts = this.held === null ? [] : [upright(this.held, "held")];
    if (!this.isAbsent) {
      parts.push(upright(this.row, "pointer"));
      const value = this.score.value[this.row];
      if (value !== null) parts.push(svg("circle", { class: "here", cx: this.#x(this.series.position[this.row]), cy: this.#y(value), r: 4 }));
    }
    this.cursor.replaceChildren(...parts);
  }
}
