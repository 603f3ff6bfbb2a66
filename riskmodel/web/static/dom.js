// Helpers for building elements.

export const find = (id) => document.getElementById(id);

/** Check if keys and pasted text belong to an element. */
export const isTyping = (target) => target.matches("textarea, input:not([type=range]):not([type=checkbox]):not([type=radio])");

export function markInvalid(element, isInvalid) {
  if (isInvalid) element.setAttribute("aria-invalid", "true");
  else element.removeAttribute("aria-invalid");
}

/** Create an element with attributes (functions are listeners, `text` is the text content) and children. */
export const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

/** Create an element of a drawing. */
export const svg = (tag, attributes, ...children) => build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

function build(element, attributes = {}, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Return markup of the service as a fragment. */
export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** Replace the content of an element by a part of the service's markup; keep open details open, and the focus. */
export function replace(element, content) {
  const open = new Map();
  for (const part of element.querySelectorAll("details[data-key]")) open.set(part.dataset.key, part.open);
  const focused = element.contains(document.activeElement) && document.activeElement.closest("details[data-key]");
  element.replaceChildren(content);
  for (const part of element.querySelectorAll("details[data-key]")) {
    if (open.has(part.dataset.key)) part.open = open.get(part.dataset.key);
    if (focused && part.dataset.key === focused.dataset.key) part.querySelector("summary").focus();
  }
}

export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Return a function that calls another once it has not been called for some milliseconds. */
export function debounce(milliseconds, callback) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => callback(...args), milliseconds);
  };
}
