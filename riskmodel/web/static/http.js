// Talking to the service: answers as they are, faults as problem details (RFC 9457).

const TIMEOUT = 45_000;

export class Problem extends Error {
  constructor(details) {
    super(details.detail || details.title || "something went wrong");
    this.errors = details.errors || [];
    this.isSilence = !details.status;
    this.isBusy = details.status === 503;
  }
}

async function fault(answer) {
  try {
    return new Problem(await answer.json());
  } catch {
    return new Problem({ title: `the service answered ${answer.status}`, status: answer.status });
  }
}

async function request(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "the service does not answer; is it still running?" });
  }
  const fingerprint = answer.headers.get("Riskmodel-Model");
  if (fingerprint) document.dispatchEvent(new CustomEvent("model", { detail: fingerprint }));
  if (!answer.ok) throw await fault(answer);
  return answer;
}

export const get = (path) => request(path, { signal: AbortSignal.timeout(TIMEOUT) }).then((answer) => answer.json());

/** Ask; what aborts tells the service that nobody waits any more. */
export function post(path, content, abort = new AbortController()) {
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(TIMEOUT)]);
  return request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content), signal });
}

export const send = (path, file, signal) => request(path, { method: "POST", body: file, signal });

/** The objects of a stream of JSON lines, one after the other. */
export async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const parts = (rest + (value || "")).split("\n");
    rest = parts.pop();
    for (const part of parts) if (part) yield JSON.parse(part);
    if (done) break;
  }
  if (rest) yield JSON.parse(rest);
}
