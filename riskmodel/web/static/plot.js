// The frame of a chart over time: bands as zones, axes, and lines and ribbons that are broken where numbers are missing.

import { el, svg } from "./dom.js";

const [TOP, BOTTOM, LEFT] = [8, 24, 32];
const LETTER_WIDTH = 7;
const MIN_ZONE = 13;
const [MAX_NAME, MAX_TIME] = [14, 20];
const STEPS = { "1 month": [1, 2, 3, 6, 12, 24, 60, 120, 240], "1 quarter": [1, 2, 4, 8, 20, 40, 80] };
const OTHER_STEPS = [1, 2, 5];
let plotCount = 0;

/** Return the first of some numbers, continued by powers of ten, that is at least `least`. */
function roundStep(step, least) {
  const known = (STEPS[step] ?? []).find((number) => number >= least);
  if (known) return known;
  for (let power = 1; ; power *= 10) {
    const found = OTHER_STEPS.map((number) => number * power).find((number) => number >= least);
    if (found) return found;
  }
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Return a triangle around a point. */
export function triangle(kind, x, y, size, isUp) {
  const tip = isUp ? -size : size;
  return svg("path", { class: kind, d: `M${x},${y + tip}L${x + size},${y - tip * 0.7}L${x - size},${y - tip * 0.7}Z` });
}

/** A chart that is a slider through its points, with their values below. */
export class Plot {
  /**
   * @param score { out_of, bands }
   * @param axis { times, places, step }: the times, and the position of each in steps
   * @param title of the chart
   * @param help id of the text that says what keys and clicks do
   */
  constructor(score, axis, title, help) {
    Object.assign(this, { score, axis, last: Math.max(...axis.places) });
    const id = `plot-${(plotCount += 1)}`;
    this.plot = el("div", {
      class: "series-plot", role: "slider", tabindex: "0", "aria-labelledby": id, "aria-describedby": help, "aria-valuemin": 1,
      keydown: (event) => this.pressed(event), click: (event) => this.clicked(event),
      pointermove: (event) => this.pointed(this.#inside(event)), pointerdown: (event) => this.pointed(this.#inside(event)),
    });
    this.values = el("div", { class: "series-values" });
    this.element = el("figure", { class: "series-chart" }, el("figcaption", { id, text: title }), this.plot, this.values);
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.plot);
  }

  /** Do nothing on a click, unless a chart says otherwise. */
  clicked() {}

  /** Return the place that a key leads to from one of `count` places; null for other keys. */
  moved(event, place, count) {
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    const places = { ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1, PageDown: place - 12, PageUp: place + 12, Home: 0, End: count - 1 };
    if (!Object.hasOwn(places, event.key)) return null;
    event.preventDefault();
    return Math.min(Math.max(places[event.key], 0), count - 1);
  }

  /** Show lines of text, each with what is emphasised before it, as those of one of `count` places. */
  tell(lines, place, count) {
    this.values.replaceChildren(...lines.map(([text, strong]) => el("p", {}, strong ? el("strong", { text: strong }) : null, text)));
    this.plot.setAttribute("aria-valuemax", count);
    this.plot.setAttribute("aria-valuenow", place + 1);
    this.plot.setAttribute("aria-valuetext", lines.map(([text, strong]) => `${strong ?? ""}${text}`).join("; "));
  }

  #inside(event) {
    return event.clientX - this.plot.getBoundingClientRect().left;
  }

  x(position) {
    const inside = this.width - LEFT - this.right - 12;
    return LEFT + 6 + (this.last ? (inside * position) / this.last : (inside * (1 + position)) / 2);
  }

  y(value) {
    return TOP + (this.height - TOP - BOTTOM) * (1 - value / this.score.out_of);
  }

  /** Return the place, of some positions, that is nearest to a distance from the left. */
  nearest(positions, at) {
    const away = (position) => Math.abs(this.x(position) - at);
    return positions.reduce((best, position, place) => (away(position) < away(positions[best]) ? place : best), 0);
  }

  #draw() {
    this.width = this.plot.clientWidth;
    this.height = this.plot.clientHeight;
    if (!this.width) return;
    this.right = Math.max(8, ...this.score.bands.map(({ name }) => Math.min(name.length, MAX_NAME) * LETTER_WIDTH + 8));
    this.cursor = svg("g");
    this.plot.classList.toggle("dense", this.markSize < 4);
    this.plot.replaceChildren(svg("svg", { width: this.width, height: this.height, "aria-hidden": "true" }, ...this.#zones(), ...this.#axes(), ...this.parts(), this.cursor));
    this.mark();
  }

  #zones() {
    const { bands, out_of } = this.score;
    const end = this.width - this.right;
    return bands.flatMap(({ name, start, fill, dark }, index) => {
      const [top, bottom] = [this.y(Math.min(bands[index + 1]?.start ?? out_of, out_of)), this.y(Math.min(start, out_of))];
      const zone = svg("rect", { class: "zone", x: LEFT, width: Math.max(end - LEFT, 0), y: top, height: Math.max(bottom - top, 0) });
      zone.style.setProperty("--light", fill);
      zone.style.setProperty("--dark", dark);
      return bottom - top < MIN_ZONE ? [zone] : [zone, svg("text", { x: end + 4, y: (top + bottom) / 2 + 4, text: short(name, MAX_NAME) })];
    });
  }

  /** The radius of marks, which are smaller where times are dense. */
  get markSize() {
    return Math.min(Math.max(1.5 * (this.x(1) - this.x(0)), 2.5), 4.5);
  }

  /** Clear the zones between two positions. */
  gap(start, end) {
    const [left, right] = [this.x(start), this.x(end)];
    return svg("rect", { class: "gap", x: left, width: Math.max(right - left, 1), y: TOP, height: this.height - TOP - BOTTOM });
  }

  #axes() {
    const { out_of, bands } = this.score;
    const { times, places, step } = this.axis;
    const values = [...new Set([0, ...bands.map(({ start }) => start), out_of])].filter((value) => value <= out_of).sort((first, other) => other - first);
    let last = -Infinity;
    const scale = values.flatMap((value) => {
      const y = this.y(value);
      if (y - last < MIN_ZONE) return [];
      last = y;
      return svg("text", { class: "tick", x: LEFT - 5, y: Math.max(y + 4, 12), "text-anchor": "end", text: value });
    });
    const longest = Math.max(...times.map((time) => Math.min(time.length, MAX_TIME)));
    const least = longest * LETTER_WIDTH + 14;
    const every = step && roundStep(step, least / (this.x(1) - this.x(0)));
    let end = -Infinity;
    const hasRoom = (position) => {
      if (this.x(position) - end < least) return false;
      end = this.x(position);
      return true;
    };
    const labelled = (position) => (step ? position % every === 0 : hasRoom(position));
    return [...scale, ...places.flatMap((position, time) => (labelled(position) ? this.#tick(position, short(times[time], MAX_TIME)) : []))];
  }

  #tick(position, text) {
    const [x, y, half] = [this.x(position), this.height - BOTTOM, (text.length * LETTER_WIDTH) / 2];
    const label = svg("text", { class: "tick", x: Math.min(Math.max(x, half), this.width - half), y: y + 17, "text-anchor": "middle", text });
    return [svg("line", { class: "tick-line", x1: x, x2: x, y1: y, y2: y + 4 }), label];
  }

  #corner([position, value]) {
    return `${this.x(position).toFixed(1)},${this.y(value).toFixed(1)}`;
  }

  /** Draw a line through [position, value] pairs; a single one is a short dash. */
  line(kind, points) {
    const [position, value] = points[0];
    const path = points.length > 1 ? points.map((point) => this.#corner(point)).join("L") : `${this.x(position) - 3},${this.y(value)}h6`;
    return svg("path", { class: kind, d: `M${path}` });
  }

  /** Draw the area between pairs, those of its upper and those of its lower edge. */
  ribbon(kind, upper, lower) {
    const corners = [...upper, ...lower.toReversed()].map((point) => this.#corner(point));
    if (upper.length > 1) return svg("path", { class: kind, d: `M${corners.join("L")}Z` });
    const x = this.x(upper[0][0]);
    return svg("path", { class: kind, d: `M${x - 3},${this.y(upper[0][1])}h6V${this.y(lower[0][1])}h-6Z` });
  }

  upright(kind, position) {
    const x = this.x(position);
    return svg("line", { class: kind, x1: x, x2: x, y1: TOP, y2: this.height - BOTTOM });
  }

  /** Draw a triangle that points up or down. */
  triangle(kind, position, value, isUp) {
    return triangle(kind, this.x(position), this.y(value), this.markSize + 1, isUp);
  }

  dot(kind, position, value, r) {
    return svg("circle", { class: kind, cx: this.x(position), cy: this.y(value), r });
  }
}
