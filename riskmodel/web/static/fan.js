// The outlook of a score of a unit: its past, and the draws ahead as a fan.

import { Plot } from "./plot.js";

export class Fan extends Plot {
  /** @param data of the service: the times, past scores, and quantiles and texts of the times ahead */
  constructor(data, unit) {
    const axis = { times: data.times, places: data.times.map((_, place) => place), step: data.step };
    super(data, axis, `Outlook of ${unit}: ${data.title}`, "outlook-help");
    Object.assign(this, { data, start: data.past.length, place: data.texts.length - 1 });
    this.ahead = data.texts.map((_, step) => this.start + step);
    this.#show(this.place);
  }

  #show(place) {
    this.place = place;
    this.tell([[`: ${this.data.texts[place]}`, this.data.times[this.start + place]]], place, this.ahead.length);
    this.mark();
  }

  pressed(event) {
    const place = this.moved(event, this.place, this.ahead.length);
    if (place !== null) this.#show(place);
  }

  pointed(at) {
    this.#show(this.nearest(this.ahead, at));
  }

  parts() {
    const { past, quantiles } = this.data;
    const known = past.map((value, place) => [place, value]).filter(([, value]) => value !== null);
    const runs = known.reduce((parts, point) => {
      if (parts.at(-1)?.at(-1)[0] === point[0] - 1) parts.at(-1).push(point);
      else parts.push([point]);
      return parts;
    }, []);
    // The fan opens at the last score.
    const edge = (values) => [known.at(-1), ...values.map((value, step) => [this.start + step, value])].filter((point) => point && point[1] !== null);
    const [p05, p25, p50, p75, p95] = quantiles.map(edge);
    if (p50.length < 2) return runs.map((run) => this.line("line", run));
    return [this.ribbon("ribbon", p95, p05), this.ribbon("ribbon", p75, p25), ...runs.map((run) => this.line("line", run)), this.line("median", p50)];
  }

  /** Mark the time pointed at. */
  mark() {
    if (!this.cursor) return;
    const median = this.data.quantiles[2][this.place];
    const dot = median === null ? [] : [this.dot("here", this.start + this.place, median, 4)];
    this.cursor.replaceChildren(this.upright("pointer", this.start + this.place), ...dot);
  }
}
