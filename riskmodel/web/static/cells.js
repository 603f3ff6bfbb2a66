// The columns of the table view: names of rows, dates, scores on a small gauge, and all other cells.

import { bandIn } from "./choice.js";
import { el } from "./dom.js";

const WIDTHS = { label: 230, date: 110, number: 110, text: 190, score: 300, list: 380 };
/** Longer cells show their text on hover, too. */
const MAX_SHORT = 20;
const NEUTRAL = "var(--line)";

/** Set the text of an element by the text node that it has, which is cheaper than a new one. */
function say(element, text) {
  if (!element.firstChild) element.append(text);
  else if (element.firstChild.data !== text) element.firstChild.data = text;
}

/** Set an attribute if it is another one. */
function attribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Return the colours of the bands of a score, by name. */
function coloursOf(score) {
  return new Map(Object.keys(score.bands).map((band, index) => {
    const { fill, text, dark_fill, dark_text } = score.colours[index];
    return [band, { fill: `light-dark(${fill}, ${dark_fill})`, text: `light-dark(${text}, ${dark_text})` }];
  }));
}

/** Return the bands of a score as the background of a gauge. */
function trackOf(score, colours) {
  const starts = Object.entries(score.bands);
  if (!starts.length) return NEUTRAL;
  const place = (value) => `${(100 * value) / score.out_of}%`;
  const stops = starts.map(([band, start], index) => `${colours.get(band).fill} ${place(start)} ${place(starts[index + 1]?.[1] ?? score.out_of)}`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** The column of a score: number, band, and a gauge with its bounds; the mean in a row of a group. */
export function scoreColumn(scored, score, position) {
  const at = (part) => scored.indices.get(score.name + part);
  const [value, band, low, high] = ["", "_band", "_low", "_high"].map(at);
  const colours = coloursOf(score);
  const track = trackOf(score, colours);
  const share = (number) => `${Math.min(100, Math.max(0, (100 * number) / score.out_of))}%`;

  function make() {
    const [number, badge, bounds, mark, words] = [el("span", { class: "number" }), el("span", { class: "band" }), el("i", { class: "track-bounds" }), el("i", { class: "track-mark" }), el("span", { class: "unseen" })];
    const meter = el("span", { class: "track", "aria-hidden": "true" }, bounds, mark);
    meter.style.background = track;
    const name = el("span", { class: "card-name", "aria-hidden": "true", text: score.title });
    const element = el("div", { role: "gridcell", class: "cell score" }, name, number, badge, meter, words);

    function show(text, exact, bandText, colour, range) {
      say(number, text);
      say(badge, bandText);
      if (badge.colour !== colour) {
        badge.colour = colour;
        badge.style.background = colour?.fill ?? "none";
        badge.style.color = colour?.text ?? "";
      }
      mark.hidden = exact === null;
      if (exact !== null) mark.style.left = share(exact);
      bounds.hidden = !range;
      say(words, range ? `, bounds ${range.texts.join(" to ")}` : "");
      meter.title = range ? `bounds ${range.texts.join(" to ")}` : "";
      if (!range) return;
      bounds.style.left = share(range.low);
      bounds.style.right = `${100 - parseFloat(share(range.high))}%`;
    }

    function fill(item) {
      if (item.group) {
        const average = item.group.means[position];
        show(average === null ? "" : average.toFixed(1), average, average === null ? "no score" : "mean", null, null);
        return;
      }
      const { cells } = item;
      const texts = [cells[low] ?? "", cells[high] ?? ""];
      const [lowest, highest] = texts.map((text) => scored.number(text));
      const range = lowest === null || highest === null || lowest === highest ? null : { low: lowest, high: highest, texts };
      const name = band === undefined ? "" : bandIn(cells[band]);
      show(cells[value], scored.number(cells[value]), name, colours.get(name), range);
    }
    return { element, fill };
  }
  return { key: score.name, index: value, title: score.title, width: WIDTHS.score, class: "score", make };
}

/** The first column, which stays in view: the name of a row, its box to select it, and the name of a group. */
export function labelColumn(title, index) {
  function make() {
    const box = el("input", { type: "checkbox", tabindex: "-1", "data-select": true, click: (event) => event.preventDefault() });
    const name = el("button", { type: "button", tabindex: "-1", "data-open": true });
    const note = el("span", { class: "quiet" });
    const date = el("span", { class: "card-date quiet" });
    const fill = (item) => {
      say(name, item.name);
      box.hidden = !item.isSelectable;
      if (item.group) {
        const { rows, isOpen } = item.group;
        attribute(name, "aria-expanded", String(isOpen));
        attribute(name, "aria-label", null);
        say(note, `${rows.length.toLocaleString("en")} ${rows.length === 1 ? "row" : "rows"}`);
      } else {
        attribute(name, "aria-expanded", null);
        attribute(name, "aria-label", `Open ${item.name} as the situation`);
        attribute(box, "aria-label", `Select ${item.name}`);
        box.checked = item.isSelected;
        say(note, "");
      }
      say(date, item.date ?? "");
    };
    return { element: el("div", { role: "rowheader", class: "cell label" }, box, name, note, date), fill };
  }
  return { key: "", index, title, width: WIDTHS.label, class: "label", make };
}

/** A column of the file as it is, unless `format` changes its cells. */
export function plainColumn(scored, name, { isNumber, isDate, isList, title = name, format = (text) => text }) {
  const index = scored.indices.get(name);
  const className = `cell ${isNumber ? "num" : ""}`;
  const width = isDate ? WIDTHS.date : isList ? WIDTHS.list : isNumber ? Math.max(WIDTHS.number, 9 * title.length + 30) : Math.max(WIDTHS.text, 9 * title.length + 30);
  function make() {
    const element = el("div", { role: "gridcell", class: className });
    const fill = ({ cells, group }) => {
      const text = group ? "" : format(cells[index]);
      say(element, text);
      attribute(element, "title", text.length > MAX_SHORT ? text : null);
    };
    return { element, fill };
  }
  return { key: name, index, title, width: Math.min(width, WIDTHS.list), class: isNumber ? "num" : "", make };
}
