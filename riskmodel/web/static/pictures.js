// Pictures of what the page shows, drawn by the service: copied, or saved as files.

import { el, find, save } from "./dom.js";
import { post, retryWhileBusy, send } from "./http.js";

const SHOWN = 2500;
const FALLBACK = "Saved: this browser does not copy pictures";

/** The page without the situation, which is in the part after #. */
const address = () => location.href.split("#")[0];

/**
 * Return a function that asks the service for a picture in a format.
 * @param name of the picture; contentOf returns the body of the request; options become its query
 */
export const drawn = (name, contentOf, options = {}) => async (kind) => {
  const query = new URLSearchParams({ ...options, address: address() });
  return (await retryWhileBusy(() => post(`page/picture/${name}.${kind}?${query}`, contentOf()))).blob();
};

/** Return a function that asks the service for a chart of the series of a file; `pairs` are the options of the series. */
export const drawnSeries = (file, pairs) => async (kind) => {
  const query = new URLSearchParams([...pairs, ["kind", kind], ["address", address()]]);
  return (await retryWhileBusy(() => send(`page/series/picture?${query}`, file))).blob();
};

/** Copy a picture, or save it where the browser does not copy; return what was done. */
export async function copyPicture(draw, stem) {
  const picture = draw("png");
  try {
    // The promise, because some browsers allow it only while the click is handled.
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    return "Copied";
  } catch {
    save(await picture, `${stem}.png`);
    return FALLBACK;
  }
}

/** Show on a button what was done, for a while. */
export function confirm(button, text) {
  const { textContent } = button;
  button.textContent = text;
  find("status").textContent = text;
  setTimeout(() => (button.textContent = textContent), SHOWN);
}

/**
 * Return a folded choice: copy a picture, or save it as PNG or SVG.
 * @param draw as of `drawn`; stemOf returns the start of the file's name; key tells folded parts apart
 */
export function pictureChoice(draw, stemOf, key) {
  const fault = el("p", { class: "fault", role: "alert", hidden: true });
  const act = (run) => async ({ currentTarget: button }) => {
    fault.hidden = true;
    button.setAttribute("aria-busy", "true");
    try {
      const done = await run();
      if (done) confirm(button, done);
    } catch (problem) {
      fault.textContent = problem.message;
      fault.hidden = false;
    }
    button.removeAttribute("aria-busy");
  };
  const choice = (text, run) => el("button", { type: "button", text, click: act(run) });
  const saved = (kind) => async () => save(await draw(kind), `${stemOf()}.${kind}`);
  return el(
    "details",
    { class: "take", "data-key": `take-${key}` },
    el("summary", { text: "Save or copy this picture" }),
    choice("Copy", () => copyPicture(draw, stemOf())),
    choice("PNG", saved("png")),
    choice("SVG", saved("svg")),
    fault,
  );
}
