// The what-if page: connects its parts.

import { aboutOf, assessedOf, nameOf } from "./about.js";
import { decode, encode } from "./address.js";
import { Analyses } from "./analyses.js";
import { Controls, indicatorOf } from "./controls.js";
import { el, find, isTyping } from "./dom.js";
import { ExportMenu, stemOf } from "./export.js";
import { showModel, showSubject } from "./head.js";
import { get, send } from "./http.js";
import { Paste } from "./paste.js";
import { drawn, pictureChoice } from "./pictures.js";
import { Results } from "./results.js";
import { Series } from "./series.js";
import { Store } from "./state.js";
import { Subject } from "./subject.js";
import { Table } from "./table.js";
import { same } from "./values.js";
import { VIEWS, currentView, followLinks, reveal, showView } from "./views.js";

const OPENED = "Opened";
const store = new Store();
let model = null;
let problems = {};
/** The state of the opened link, and the fingerprint of its model. */
let link = {};
/** Number of opened situations; makes their keys unique, so that undo finds the right one. */
let openedCount = 0;

/** Return the other parts of a preset; undefined for opened files, which links cannot name. */
function aboutOfStart(key) {
  const start = model.starts.find((start) => start.key === key && start.kind !== OPENED);
  return start && aboutOf(start.situation);
}

function notice(text, retry = false) {
  find("notice").hidden = !text;
  const again = retry ? el("button", { type: "button", text: "Try again", click: () => results.refresh() }) : "";
  find("notice").replaceChildren(text || "", " ", again);
}

/** Show faults at the fields of the current side, above the scores of each side, and to screen readers. */
function showFaults() {
  const errors = problems[store.side]?.errors || [];
  controls.faults(errors);
  subject.faults(errors);
  const describe = (error) => {
    const name = indicatorOf(error);
    return `${name ? controls.title(name) : error.field || ""}: ${error.detail}`.replace(/^: /, "");
  };
  for (const side of ["a", "b"]) {
    const problem = problems[side];
    const doubt = side === store.side && controls.hasInvalidText ? ["a box does not contain a number"] : [];
    const faults = !problem || problem.isUnreachable ? doubt : problem.errors.length ? problem.errors.map(describe) : [problem.message];
    const element = find(`fault-${side}`);
    element.hidden = !faults.length;
    const before = find(`outcome-${side}`).childElementCount ? " The scores shown are the previous ones." : "";
    element.textContent = faults.length ? `${faults.join("; ")}.${before}` : "";
    if (faults.length) find("status").textContent = element.textContent;
  }
  const unreachable = Object.values(problems).find((problem) => problem.isUnreachable);
  notice(unreachable ? unreachable.message : "", Boolean(unreachable));
}

/** List the values that are still needed for every score, while there is one without. */
function showNeeded() {
  const needed = find(`scores-${store.side}`).querySelector("[data-needed]");
  const go = (name) => {
    const field = document.querySelector(`.field[data-name="${name}"]`);
    reveal(field, field.querySelector("input, select"));
  };
  const names = needed ? needed.dataset.needed.split(" ") : [];
  const items = names.map((name) => el("li", {}, el("button", { type: "button", text: controls.title(name), click: () => go(name) })));
  find("needed").hidden = !needed;
  find("needed").replaceChildren(el("p", { text: needed?.textContent ?? "" }), el("ul", {}, ...items));
}

function showSides() {
  const { now, side } = store;
  const two = Boolean(now.b);
  const wasTwo = !find("side-b").hidden;
  find("split").setAttribute("aria-pressed", String(two));
  for (const id of ["sides", "side-b", "comparison", "explained-difference"]) find(id).hidden = !two;
  find("side-a").querySelector("summary").hidden = !two;
  if (two !== wasTwo) find("side-a").open = !two;
  for (const radio of find("sides").querySelectorAll("input")) radio.checked = radio.value === side;
  for (const name of store.sides) find(`heading-${name}`).textContent = `${name.toUpperCase()}: ${nameOf(now[name])}`;
  if (!two) for (const part of ["scores-b", "outcome-b", "comparison", "differences"]) find(part).replaceChildren();
  // The scores of a single situation stand before the controls, those of two with what explains them.
  if (two) find("outcome-a").before(find("scores-a"));
  else find("single").append(find("scores-a"));
  showSubject(now, model.model);
}

function show() {
  const { now, situation } = store;
  find("undo").setAttribute("aria-disabled", String(!store.past.length));
  find("redo").setAttribute("aria-disabled", String(!store.future.length));
  showSides();
  if (find("title").value !== (situation.title || "")) find("title").value = situation.title || "";
  find("title").placeholder = situation.title ? "" : nameOf(situation);
  find("start").value = model.starts.some((start) => start.key === situation.start) ? situation.start : "";
  subject.show();
  controls.show();
  analyses.changed();
  if (now !== link.state) link = {};
  find("other-model").hidden = !link.isOther;
  showAddress();
  showFaults();
  results.refresh();
}

/** Write the state and the view into the address; another view is another step of the browser's history. */
function showAddress(isStep = false) {
  const address = encode(store.now, link.fingerprint ?? model.model.fingerprint.slice(0, 12), aboutOfStart, currentView());
  if (location.hash !== address) history[isStep ? "pushState" : "replaceState"](null, "", address);
}

/** Return the state of a side that begins with a preset. */
function stateOfStart({ key, situation }) {
  return { values: situation.values, title: situation.title || "", start: key, about: aboutOf(situation) };
}

function startFrom(key) {
  const start = model.starts.find((start) => start.key === key);
  if (start) store.change(stateOfStart(start), ".start");
}

/** Open a file with one situation or two. */
async function openFile(file) {
  const opened = await (await send("page/open", file)).json();
  const old = model.starts.filter((start) => start.kind !== OPENED);
  const added = opened.map((situation) => ({ kind: OPENED, key: `opened-${(openedCount += 1)}`, title: situation.title || situation.id || file.name, situation }));
  model.starts = [...old, ...added];
  listStarts();
  const [a, b = null] = added.map(stateOfStart);
  store.replace({ a, b });
  store.select("a");
  showView(VIEWS[0]);
  window.scrollTo({ top: 0 });
}

/** Replace the state and the view by those of the address, if it has them. */
function openLink() {
  const linked = decode(location.hash, model.indicators, aboutOfStart);
  if (!linked) {
    const view = VIEWS.find((name) => location.hash === `#${name}`);
    if (view) showView(view, false);
    return false;
  }
  link = { state: linked.state, fingerprint: linked.fingerprint, isOther: Boolean(linked.fingerprint) && !model.model.fingerprint.startsWith(linked.fingerprint) };
  showView(linked.view, false);
  if (same(linked.state, store.now)) {
    link.state = store.now;
    show();
  } else store.replace(linked.state);
  return true;
}

function listStarts() {
  for (const group of find("start").querySelectorAll("optgroup")) group.remove();
  for (const kind of new Set(model.starts.map((start) => start.kind))) {
    const options = model.starts.filter((start) => start.kind === kind).map(({ key, title }) => el("option", { value: key, text: title }));
    find("start").append(el("optgroup", { label: kind }, ...options));
  }
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  const act = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
  if (!act) return;
  event.preventDefault();
  store[act]();
}

function wire() {
  find("start").addEventListener("change", () => startFrom(find("start").value));
  find("undo").addEventListener("click", () => store.undo());
  find("redo").addEventListener("click", () => store.redo());
  find("clear").addEventListener("click", () => store.change({ values: {}, title: "", start: "", about: {} }));
  find("split").addEventListener("click", () => store.split(!store.now.b));
  find("sides").addEventListener("change", (event) => store.select(event.target.value));
  find("title").addEventListener("input", () => store.change({ title: find("title").value }, ".title"));
  followLinks();
  document.addEventListener("keydown", keys);
  document.addEventListener("model", ({ detail }) => (find("new-model").hidden = detail === model.model.fingerprint));
  document.addEventListener("view", ({ detail }) => {
    // A failure of another view is no longer of use.
    showFaults();
    if (detail.isStep) showAddress(true);
  });
  window.addEventListener("hashchange", () => openLink() || show());
}

try {
  model = await get("page/model");
} catch (problem) {
  notice(problem.message);
  throw problem;
}
showModel(model);
listStarts();
const results = new Results(store, assessedOf, {
  faults: (bySide) => {
    problems = bySide;
    showFaults();
  },
  shown: showNeeded,
});
const controls = new Controls(model, store, () => showFaults());
const subject = new Subject(store);
new Paste(store, model);
new ExportMenu(store, notice);
const compared = () => ({ situations: store.sides.map((side) => ({ ...assessedOf(store.now[side]), title: nameOf(store.now[side]) })) });
find("differences").after(pictureChoice(drawn("differences", compared), () => `${stemOf(store.now.a)}-difference`, "differences"));
const analyses = new Analyses(model, store, assessedOf);
const sideOf = ({ title, values }) => ({ values, title, start: "", about: {} });
const open = (situation) => {
  store.change(sideOf(situation));
  showView(VIEWS[0]);
  window.scrollTo({ top: 0 });
  find("title").focus({ preventScroll: true });
  find("status").textContent = `${situation.title} is now the situation.`;
};
const compare = (a, b) => {
  store.replace({ a: sideOf(a), b: sideOf(b) });
  reveal(find("results"));
};
new Table(model, new Series(model, { open, compare }), { open, compare, openFile });
wire();
store.listen(show);
if (!openLink()) startFrom(model.first);
store.past = [];
show();
document.body.dataset.ready = "true";
