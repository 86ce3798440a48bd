// Several documents side by side, as tabs. Headers live in them too, in memory only.

import { el } from "./dom.js";
import { keep, recall, safe } from "./memory.js";

const MOST = 20;

export class Sheets {
  /** `opened` is called with the sheet that is to be shown, after `leaving` has let the old one be saved. */
  constructor(host, first, { leaving, opened }) {
    this.host = host;
    this.leaving = leaving;
    this.opened = opened;
    const kept = recall("sheets", {});
    this.list = (Array.isArray(kept.list) ? kept.list : []).slice(0, MOST).map((sheet) => ({ ...safe(sheet), headers: "" }));
    if (!this.list.length) this.list = [{ headers: "", ...first }];
    this.index = Math.min(Math.max(0, Number(kept.index) || 0), this.list.length - 1);
    host.setAttribute("role", "tablist");
    host.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { this.go((this.index + step + this.list.length) % this.list.length); this.focus(); }
      if (event.key === "Delete") { this.close(this.index); this.focus(); }
    });
  }

  get current() { return this.list[this.index]; }

  focus() { this.host.querySelector("[aria-selected=true]").focus(); }

  go(index) {
    this.leaving();
    this.index = index;
    this.opened(this.current);
    this.changed();
  }

  add(sheet = {}) {
    const same = this.list.findIndex((one) => sheet.query && one.query === sheet.query && one.variables === sheet.variables);
    if (same >= 0) return this.go(same);
    if (this.list.length >= MOST) this.list.shift();
    this.list.push({ query: "", variables: "", operation: "", headers: "", ...sheet });
    this.go(this.list.length - 1);
  }

  close(index) {
    if (index !== this.index) this.leaving();
    this.list.splice(index, 1);
    if (!this.list.length) this.list.push({ query: "", variables: "", operation: "", headers: "" });
    if (this.index > index || this.index >= this.list.length) this.index = Math.max(0, this.index - 1);
    this.opened(this.current);
    this.changed();
  }

  changed() {
    keep("sheets", { list: this.list.map(safe), index: this.index });
    const shown = this.list.map((sheet) => title(sheet.query)).join("\n") + this.index;
    if (shown === this.shown) return;
    this.shown = shown;
    const held = this.host.contains(document.activeElement);
    this.host.replaceChildren(...this.list.flatMap((sheet, index) => this.tab(sheet, index)),
      el("button", { type: "button", className: "quiet", textContent: "+", title: "New sheet", "aria-label": "New sheet", onclick: () => this.add() }));
    this.host.querySelector(".here").scrollIntoView({ block: "nearest", inline: "nearest" });
    if (held) this.focus(); // the button that was pressed is gone
  }

  tab(sheet, index) {
    const here = index === this.index;
    const name = title(sheet.query);
    return el("span", { className: here ? "tab here" : "tab", role: "presentation" },
      el("button", { type: "button", role: "tab", "aria-selected": String(here), tabIndex: here ? 0 : -1, textContent: name, onclick: () => this.go(index) }),
      el("button", { type: "button", className: "close", textContent: "×", title: `Close ${name}`, "aria-label": `Close ${name}`, tabIndex: -1, onclick: () => this.close(index) }));
  }
}

/** What to call a document: its first operation's name, or its first field. */
export function title(query) {
  const bare = query.replace(/#[^\n]*/g, "");
  const name = /\b(?:query|mutation|subscription)\s+(\w+)/.exec(bare) || /\{\s*(\w+)/.exec(bare);
  return name ? name[1] : "New";
}
