// The what-if page: brings its parts together.

import { decode, encode } from "./address.js";
import { Asks } from "./asks.js";
import { Controls } from "./controls.js";
import { find, make, save } from "./dom.js";
import { get, post } from "./http.js";
import { Results } from "./results.js";
import { Store } from "./state.js";
import { Table } from "./table.js";

const store = new Store();
let model = null;

/** A side's situation as a situation file has it: what its start tells of values that are still its own comes with it. */
function situationOf({ values, title, start }) {
  const begun = model.starts.find((one) => one.key === start)?.situation;
  const told = { title: title || "What if", values };
  if (!begun) return told;
  const kept = (name) => name in values && JSON.stringify(values[name]) === JSON.stringify(begun.values[name]);
  const notes = Object.fromEntries(Object.entries(begun.notes || {}).filter(([name]) => kept(name)));
  const isWhole = Object.keys({ ...begun.values, ...values }).every((name) => JSON.stringify(values[name] ?? null) === JSON.stringify(begun.values[name] ?? null));
  const { id, date, description, doubts, sources } = begun;
  return { ...told, notes, ...(isWhole && { id, date, description, doubts, sources }) };
}

function notice(text) {
  find("notice").hidden = !text;
  find("notice").textContent = text || "";
}

function fault(problem) {
  const rest = controls.faults(problem ? problem.errors : []);
  const isPlaced = problem?.errors.length && !rest.length;
  notice(!problem || isPlaced ? "" : rest.map((error) => [error.field, error.detail].filter(Boolean).join(": ")).join("; ") || problem.message);
  document.body.classList.toggle("faulty", Boolean(problem));
}

function glance() {
  const told = [...document.querySelectorAll("#outcomes [data-glance]")].map((part) => {
    const side = part.dataset.glance;
    const mark = store.now.b ? make("b", { class: "side", text: side.toUpperCase() }) : null;
    return make("p", {}, ...[mark, ...part.cloneNode(true).childNodes].filter(Boolean));
  });
  find("glance").replaceChildren(...told);
}

function show() {
  const { now, side, situation } = store;
  find("undo").disabled = !store.past.length;
  find("redo").disabled = !store.future.length;
  find("split").setAttribute("aria-pressed", String(Boolean(now.b)));
  find("sides").hidden = !now.b;
  for (const radio of find("sides").querySelectorAll("input")) radio.checked = radio.value === side;
  if (document.activeElement !== find("title")) find("title").value = situation.title || "";
  find("about").textContent = situationOf(situation).description || "";
  controls.show();
  asks.changed();
  const address = encode(now, model.model.fingerprint);
  if (location.hash !== address) history.replaceState(null, "", address || location.pathname);
  results.refresh();
}

function begin(key) {
  const start = model.starts.find((one) => one.key === key);
  if (!start) return;
  const values = Object.fromEntries(Object.entries(start.situation.values).filter(([, value]) => value !== null));
  store.change({ values, title: start.situation.title || key, start: key });
}

function follow() {
  const state = decode(location.hash, model.indicators);
  if (!state) return false;
  const { model: made, ...sides } = state;
  const isOther = made && !model.model.fingerprint.startsWith(made);
  find("other-model").hidden = !isOther;
  store.become(sides);
  return true;
}

function listStarts() {
  for (const kind of new Set(model.starts.map((start) => start.kind))) {
    const options = model.starts.filter((start) => start.kind === kind).map(({ key, title }) => make("option", { value: key, text: title }));
    find("start").append(make("optgroup", { label: kind }, ...options));
  }
  find("start").addEventListener("change", () => {
    begin(find("start").value);
    find("start").value = "";
  });
}

async function download(kind) {
  const { now } = store;
  const situations = [now.a, now.b].filter(Boolean).map(situationOf);
  try {
    const answer = await post(`page/download/${kind}`, { situations });
    save(await answer.blob(), kind);
  } catch (problem) {
    fault(problem);
  }
}

async function copyLink() {
  const button = find("link");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy it from the address bar";
  }
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

/** The address has the state, so a link within the page must not change it. */
function jump(event) {
  event.preventDefault();
  const target = find(event.currentTarget.getAttribute("href").slice(1));
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

function wire() {
  find("undo").addEventListener("click", () => store.undo());
  find("redo").addEventListener("click", () => store.redo());
  find("clear").addEventListener("click", () => store.change({ values: {}, title: "", start: "" }));
  find("split").addEventListener("click", () => store.split(!store.now.b));
  find("sides").addEventListener("change", (event) => store.pick(event.target.value));
  find("title").addEventListener("input", () => store.change({ title: find("title").value }, ".title"));
  find("link").addEventListener("click", copyLink);
  for (const button of document.querySelectorAll("[data-download]")) {
    button.addEventListener("click", () => download(button.dataset.download));
  }
  for (const link of document.querySelectorAll("a[href^='#']")) link.addEventListener("click", jump);
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", () => follow() || show());
}

function head() {
  const { title, id, version, fingerprint, description } = model.model;
  find("model-title").textContent = title;
  find("model-line").textContent = description || "";
  document.title = `What if: ${title}`;
  find("foot").textContent = `Model ${id} ${version || ""}, fingerprint ${fingerprint.slice(0, 12)}. A score is an ordered judgement on stated scales, not a probability.`;
}

try {
  model = await get("page/model");
} catch (problem) {
  notice(problem.message);
  throw problem;
}
head();
listStarts();
const controls = new Controls(model, store);
const results = new Results(store, situationOf, { fault, shown: glance });
const asks = new Asks(model, store, situationOf);
new Table(model, (title, values) => {
  store.change({ values, title, start: "" });
  find("inputs").scrollIntoView();
  find("title").focus({ preventScroll: true });
});
wire();
store.listen(show);
if (!follow()) begin(model.first);
store.past = [];
show();
document.body.dataset.ready = "true";
