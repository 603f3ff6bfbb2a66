// Requests to the service; errors are problem details (RFC 9457).

const TIMEOUT = 45_000;
const MAX_RETRIES = 8;
const RETRY_MILLISECONDS = 700;

export class Problem extends Error {
  constructor(details) {
    super(details.detail || details.title || "unknown error");
    this.errors = details.errors || [];
    this.isUnreachable = !details.status;
    this.isBusy = details.status === 503;
  }
}

async function problemOf(response) {
  try {
    return new Problem(await response.json());
  } catch {
    return new Problem({ title: `the service responded with status ${response.status}`, status: response.status });
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ title: "the service does not respond; is it running?" });
  }
  const fingerprint = response.headers.get("Riskmodel-Model");
  if (fingerprint) document.dispatchEvent(new CustomEvent("model", { detail: fingerprint }));
  if (!response.ok) throw await problemOf(response);
  return response;
}

export const get = (path) => request(path, { signal: AbortSignal.timeout(TIMEOUT) }).then((response) => response.json());

/** Post JSON; aborting cancels the work of the service. */
export function post(path, content, abort = new AbortController()) {
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(TIMEOUT)]);
  return request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content), signal });
}

export const send = (path, file, signal) => request(path, { method: "POST", body: file, signal });

/** Yield the objects of a stream of JSON lines. */
export async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
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

/** Retry while the service is busy: a cancelled analysis may still hold its slot. */
export async function retryWhileBusy(send, signal) {
  for (let left = MAX_RETRIES; ; left -= 1) {
    try {
      return await send();
    } catch (problem) {
      if (!problem.isBusy || !left || signal?.aborted) throw problem;
      await new Promise((done) => setTimeout(done, RETRY_MILLISECONDS));
    }
  }
}
