// The head and the foot of the page: the subject of the situation, the model, its documents and its sources.

import { nameOf } from "./about.js";
import { el, find } from "./dom.js";

const link = (href, text) => el("a", { href, text });

/** Join elements by a separator. */
const joined = (parts, separator) => parts.flatMap((part, index) => (index ? [separator, part] : [part]));

const sourceText = ({ title, url }) => (url ? link(url, title) : el("cite", { text: title }));

/** Show the model: its title and version with links below the subject, the rest at the foot. */
export function showModel({ model, sources, documents }) {
  const { title, id, version, fingerprint, description } = model;
  const links = Object.entries(documents).map(([document, label]) => link(`docs/${document}`, label));
  const name = [title, version && `version ${version}`].filter(Boolean).join(", ");
  const first = sources.length ? [" · After ", sourceText(sources[0])] : [];
  find("model-line").replaceChildren(...joined([el("span", { id: "model-title", text: name }), ...links], " · "), ...first);
  const cited = sources.map((source) => el("li", {}, sourceText(source), source.sections.length ? `: ${source.sections.join("; ")}` : ""));
  find("foot").replaceChildren(
    el("p", { text: description || "" }),
    ...(cited.length ? [el("details", {}, el("summary", { text: "Sources of the model, and the sections cited" }), el("ul", {}, ...cited))] : []),
    el("p", { text: `Model ${[id, version].filter(Boolean).join(" ")}, fingerprint ${fingerprint.slice(0, 12)}. A score is an ordered judgement on stated scales, not a probability.` }),
  );
}

/** Show the title and the date of the situation, or of both. */
export function showSubject({ a, b }, model) {
  const title = b ? `${nameOf(a)} compared with ${nameOf(b)}` : nameOf(a);
  const dates = [...new Set([a, b].map((side) => side?.about?.date).filter(Boolean))];
  find("situation-title").textContent = title;
  find("situation-date").textContent = dates.join(" and ");
  find("situation-date").hidden = !dates.length;
  document.title = `${title}: ${model.title}`;
}
