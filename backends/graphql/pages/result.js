// The answer: chips, errors that lead to their place in the document, coloured JSON, or a growing list of events.

import { coloured, copy, el } from "./dom.js";
import { jsonTokens } from "./json.js";

const MOST_EVENTS = 500;
const DRAWN_EVERY_MS = 50;
const COLOURED_CHARACTERS = 200_000; // beyond it colours cost more than they tell

export class Result {
  /** `locate` gets {line, column} of an error that was clicked. */
  constructor(host, locate) {
    this.locate = locate;
    this.chips = el("div", { className: "chips", role: "status" });
    this.copying = el("button", { type: "button", textContent: "Copy", title: "Copy the answer", onclick: () => copy(this.list?.isConnected ? this.events.join("\n") : this.text, "Answer"), hidden: true });
    this.errors = el("div", { className: "problems", hidden: true, role: "group", "aria-label": "Errors of the answer" });
    this.body = el("div", { className: "answer", tabIndex: 0, role: "region", "aria-label": "Answer" });
    host.append(el("div", { className: "bar" }, el("h2", { textContent: "Answer" }), this.chips, this.copying), this.errors, this.body);
    this.clear();
  }

  clear() {
    this.text = "";
    this.set([]);
    this.body.replaceChildren(el("p", { className: "empty" }, "Ctrl+Enter runs the operation at the cursor.",
      el("br"), "Ctrl+Space completes, Shift+Ctrl+P tidies up, Ctrl+click explains a name."));
  }

  set(chips, errors = []) {
    this.chips.replaceChildren(...chips.filter(Boolean).map(([text, kind, title]) => el("span", { className: `chip ${kind || ""}`, textContent: text, title: title || "" })));
    this.errors.hidden = !errors.length;
    this.errors.replaceChildren(...errors.map((error) => this.error(error)));
    this.copying.hidden = !this.text;
  }

  error({ message, locations, path, extensions }) {
    const place = locations?.[0];
    const about = [extensions?.code, path?.length ? `at ${path.join(".")}` : ""].filter(Boolean).join(" ");
    return el("button", { type: "button", className: "error", disabled: !place, onclick: () => this.locate(place) },
      el("span", { textContent: place ? `${place.line}:${place.column}` : "–" }), `${message} `, el("small", { textContent: about }));
  }

  waiting() {
    this.set([["running …"]]);
    this.body.classList.add("stale");
  }

  show(text) {
    this.text = text;
    this.body.classList.remove("stale");
    this.body.replaceChildren(json(text));
    this.body.scrollTop = 0;
  }

  /** What `post` gave. Returns the answer's errors. */
  answer({ status, text, ms, bytes, fault }) {
    let parsed = null;
    try { parsed = JSON.parse(text); } catch { /* shown as it is */ }
    const errors = Array.isArray(parsed?.errors) ? parsed.errors : [];
    this.show(parsed === null ? text || "(an empty answer)" : JSON.stringify(parsed, null, 2));
    const kind = status >= 500 ? "bad" : status >= 400 ? "warn" : "good";
    this.set([[String(status), kind, "HTTP status"], [`${ms.toFixed(ms < 10 ? 1 : 0)} ms`, "", "from sending to the last byte"],
      [size(bytes), "", "the body, as it came"],
      errors.length && [`${errors.length} error${errors.length > 1 ? "s" : ""}`, "bad"],
      fault && [`fault: ${fault}`, "warn", "This server failed on purpose."]], errors);
    return errors;
  }

  /** Nothing came back, or nothing was sent. */
  failed(word, message) {
    this.show(message);
    this.set([[word, "bad"]]);
  }

  // ---- events

  follow() {
    this.text = "";
    this.events = [];
    this.pending = [];
    this.count = this.bytes = 0;
    this.started = this.latest = performance.now();
    this.list = el("ol", { className: "events", "aria-label": "Events" });
    this.body.classList.remove("stale");
    this.body.replaceChildren(this.list);
    this.counts("following", "live");
  }

  counts(word, kind, errors = []) {
    const seconds = `${((this.latest - this.started) / 1000).toFixed(1)} s`;
    this.text = this.events.length ? "events" : "";
    this.set([[word, kind], [`${this.count} event${this.count === 1 ? "" : "s"}`], [seconds, "", "from the start to the latest event"], [size(this.bytes)],
      this.count > MOST_EVENTS && [`last ${MOST_EVENTS} shown`]], errors);
  }

  /** Events are drawn a few times a second, however fast they come. */
  event(payload) {
    const now = performance.now();
    const line = JSON.stringify(payload);
    this.count += 1;
    this.bytes += line.length;
    this.pending.push([this.count, now - this.latest, payload, line]);
    this.latest = now;
    for (const list of [this.events, this.pending]) if (list.length > MOST_EVENTS) list.shift();
    this.events.push(line);
    this.timer ||= setTimeout(() => this.draw(), DRAWN_EVERY_MS);
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = 0;
    const low = this.body.scrollTop + this.body.clientHeight > this.body.scrollHeight - 24;
    this.list.append(...this.pending.splice(0).map((one) => row(...one)));
    while (this.list.children.length > MOST_EVENTS) this.list.firstChild.remove();
    if (low) this.body.scrollTop = this.body.scrollHeight;
    this.counts("following", "live");
  }

  ended(word, errors, bad) {
    this.draw();
    this.counts(word, bad ? "bad" : "good", errors || []);
  }
}

function row(number, gap, payload, line) {
  const head = el("summary", {}, el("b", { textContent: `#${number}` }), el("small", { textContent: `+${gap.toFixed(0)} ms` }),
    el("code", {}, ...(payload.data ? coloured(...brief(JSON.stringify(payload.data))) : coloured(...brief(line)))));
  const details = el("details", { className: payload.errors ? "bad" : "" }, head);
  details.addEventListener("toggle", () => {
    if (details.open && !details.children[1]) details.append(json(JSON.stringify(payload, null, 2)));
  });
  return el("li", {}, details);
}

function brief(text) {
  const short = text.length > 400 ? `${text.slice(0, 400)}…` : text;
  return [short, jsonTokens(short)];
}

function json(text) {
  return el("pre", {}, ...(text.length > COLOURED_CHARACTERS ? [text] : coloured(text, jsonTokens(text))));
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}
