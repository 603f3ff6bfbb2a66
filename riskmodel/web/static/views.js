// The views of the page, one of which is shown: the situation, the table, and the series.

import { find } from "./dom.js";

export const VIEWS = ["situation", "table", "series"];

/** Return the view shown. */
export const currentView = () => VIEWS.find((name) => !find(name).hidden);

/** Show a view; a `view` event of the document follows if it was another one, with whether it is a step of the user. */
export function showView(name, isStep = true) {
  if (name === currentView()) return;
  for (const other of VIEWS) find(other).hidden = other !== name;
  for (const link of find("views").querySelectorAll("a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = name;
  window.scrollTo({ top: 0 });
  document.dispatchEvent(new CustomEvent("view", { detail: { isStep } }));
}

/** Show an element, with its view and the folded parts around it, and move the focus into it. */
export function reveal(element, focused = element) {
  showView(element.closest(".view").id);
  for (let part = element; part; part = part.parentElement) if (part.localName === "details") part.open = true;
  if (!VIEWS.includes(element.id)) element.scrollIntoView({ block: "start" });
  focused.focus({ preventScroll: true });
}

/** Follow links within the page without changing the address, which contains the state. */
export function followLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    const target = link && find(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    if (link.closest("#views")) showView(target.id);
    else reveal(target);
  });
}
