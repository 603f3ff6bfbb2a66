// The what-if page: connects its parts.

import { aboutOf, assessedOf, nameOf, situationOf } from "./about.js";
import { decode, encode } from "./address.js";
import { Analyses } from "./analyses.js";
import { Controls, indicatorOf } from "./controls.js";
import { el, find, save } from "./dom.js";
import { get, post, send } from "./http.js";
import { Results } from "./results.js";
import { Series } from "./series.js";
import { Store } from "./state.js";
import { Table } from "./table.js";
import { same } from "./values.js";

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
  controls.faults(problems[store.side]?.errors || []);
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

function glance() {
  const summaries = [...document.querySelectorAll("#outcomes [data-glance]")].map((part) => {
    const mark = store.now.b ? el("b", { class: "side", text: part.dataset.glance.toUpperCase() }) : null;
    const stale = part.closest(".stale") ? el("i", { text: "previous" }) : null;
    return el("p", {}, ...[mark, ...part.cloneNode(true).childNodes, stale].filter(Boolean));
  });
  find("glance").replaceChildren(...summaries);
}

function showSides() {
  const { now, side } = store;
  const two = Boolean(now.b);
  find("split").setAttribute("aria-pressed", String(two));
  find("sides").hidden = find("second").hidden = find("heading-a").hidden = find("differences").hidden = !two;
  find("outcomes").classList.toggle("two", two);
  for (const radio of find("sides").querySelectorAll("input")) radio.checked = radio.value === side;
  for (const name of store.sides) find(`heading-${name}`).textContent = `${name.toUpperCase()}: ${nameOf(now[name])}`;
  if (!two) find("outcome-b").replaceChildren();
}

function show() {
  const { now, situation } = store;
  find("undo").setAttribute("aria-disabled", String(!store.past.length));
  find("redo").setAttribute("aria-disabled", String(!store.future.length));
  showSides();
  if (find("title").value !== (situation.title || "")) find("title").value = situation.title || "";
  find("title").placeholder = situation.title ? "" : nameOf(situation);
  find("start").value = model.starts.some((start) => start.key === situation.start) ? situation.start : "";
  find("about").textContent = situation.about?.description || "";
  controls.show();
  analyses.changed();
  if (now !== link.state) link = {};
  find("other-model").hidden = !link.isOther;
  const address = encode(now, link.fingerprint ?? model.model.fingerprint.slice(0, 12), aboutOfStart);
  if (location.hash !== address) history.replaceState(null, "", address);
  showFaults();
  results.refresh();
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
  window.scrollTo({ top: 0 });
}

/** Replace the state by that of the address, if it has one. */
function openLink() {
  const linked = decode(location.hash, model.indicators, aboutOfStart);
  if (!linked) return false;
  link = { state: linked.state, fingerprint: linked.fingerprint, isOther: Boolean(linked.fingerprint) && !model.model.fingerprint.startsWith(linked.fingerprint) };
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

async function download(button) {
  const kind = button.dataset.download;
  const contentOf = kind.startsWith("situation.") ? situationOf : assessedOf;
  const situations = store.sides.map((side) => contentOf(store.now[side]));
  const stem = nameOf(store.now.a).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post(`page/download/${kind}`, { situations });
    save(await answer.blob(), `${stem || "what-if"}.${kind}`);
    notice("");
  } catch (problem) {
    notice(`download failed: ${problem.message}`);
  }
  button.removeAttribute("aria-busy");
}

async function copyLink() {
  const button = find("link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy it from the address bar";
  }
  find("status").textContent = button.textContent;
  setTimeout(() => (button.textContent = "Copy link"), 2500);
}

function isTyping(target) {
  return target.matches("textarea, input:not([type=range]):not([type=checkbox]):not([type=radio])");
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  const act = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
  if (!act) return;
  event.preventDefault();
  store[act]();
}

/** Follow a link within the page without changing the address, which contains the state. */
function jump(event) {
  event.preventDefault();
  const target = find(event.currentTarget.getAttribute("href").slice(1));
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

function wire() {
  find("start").addEventListener("change", () => startFrom(find("start").value));
  find("undo").addEventListener("click", () => store.undo());
  find("redo").addEventListener("click", () => store.redo());
  find("clear").addEventListener("click", () => store.change({ values: {}, title: "", start: "", about: {} }));
  find("split").addEventListener("click", () => store.split(!store.now.b));
  find("sides").addEventListener("change", (event) => store.select(event.target.value));
  find("title").addEventListener("input", () => store.change({ title: find("title").value }, ".title"));
  find("link").addEventListener("click", copyLink);
  for (const button of document.querySelectorAll("[data-download]")) button.addEventListener("click", () => download(button));
  for (const inside of document.querySelectorAll("a[href^='#']")) inside.addEventListener("click", jump);
  document.addEventListener("keydown", keys);
  document.addEventListener("model", ({ detail }) => (find("new-model").hidden = detail === model.model.fingerprint));
  window.addEventListener("hashchange", () => openLink() || show());
}

function head() {
  const { title, id, version, fingerprint, description } = model.model;
  find("model-title").textContent = title;
  find("model-line").textContent = description || "";
  document.title = `What if: ${title}`;
  find("foot").textContent = `Model ${[id, version].filter(Boolean).join(" ")}, fingerprint ${fingerprint.slice(0, 12)}. A score is an ordered judgement on stated scales, not a probability.`;
}

try {
  model = await get("page/model");
} catch (problem) {
  notice(problem.message);
  throw problem;
}
head();
listStarts();
const results = new Results(store, assessedOf, {
  faults: (bySide) => {
    problems = bySide;
    showFaults();
  },
  shown: glance,
});
const controls = new Controls(model, store, () => showFaults());
const analyses = new Analyses(model, store, assessedOf);
const sideOf = ({ title, values }) => ({ values, title, start: "", about: {} });
const open = (situation) => {
  store.change(sideOf(situation));
  window.scrollTo({ top: 0 });
  find("title").focus({ preventScroll: true });
  find("status").textContent = `${situation.title} is now the situation.`;
};
const compare = (a, b) => {
  store.replace({ a: sideOf(a), b: sideOf(b) });
  find("differences").open = true;
  window.scrollTo({ top: 0 });
  find("differences").querySelector("summary").focus({ preventScroll: true });
};
new Table(model, new Series(model, { open, compare }), { open, compare, openFile, loaded: () => find("table").scrollIntoView({ block: "start" }) });
wire();
store.listen(show);
if (!openLink()) startFrom(model.first);
store.past = [];
show();
document.body.dataset.ready = "true";
