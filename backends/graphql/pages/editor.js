// A code editor: a transparent textarea, so that keys, undo, selection and input methods are the browser's own,
// over a coloured copy of its text. The two share one grid cell, so they cannot drift apart when scrolled.

import { el } from "./dom.js";
import { Layer } from "./layer.js";
import { placeOf } from "./lexer.js";
import { Popup } from "./popup.js";
import { bracket, enter, erase, PAIRS, tab, toggleComment } from "./typing.js";

const LONG_LINES = 400;

export class Editor {
  /**
   * `language` has tokens(text), check(text) → marks, complete(text, offset) → {from, items} | null, comment and
   * hint(text, offset) → text | null; each may be missing but tokens.
   */
  constructor(host, label, language) {
    this.language = language;
    this.fresh = -1; // where a word is being typed: it is not found fault with before the cursor has left it
    this.extra = []; // marks from outside, as of a server's answer; gone with the next edit
    this.listeners = [];
    const left = () => { this.popup.hide(); this.moved(); };
    this.area = el("textarea", { spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off",
      "aria-label": label, oninput: (event) => this.typed(event), onkeydown: (event) => this.key(event),
      onfocus: () => this.moved(), onblur: left, onclick: left,
      onmousemove: (event) => this.hover(event), onmouseleave: () => { this.tip.hidden = true; } });
    this.layer = new Layer();
    this.gutter = el("pre", { className: "gutter", "aria-hidden": "true" });
    this.problems = el("div", { className: "problems", hidden: true, role: "group", "aria-label": `Problems: ${label}` });
    this.tip = el("div", { className: "tip", hidden: true });
    const sheet = el("div", { className: "sheet" }, this.layer.pre, this.area);
    this.scroller = el("div", { className: "scroller" }, this.gutter, sheet);
    host.append(this.scroller, this.problems);
    document.body.append(this.tip);
    this.popup = new Popup(this.area, (item) => this.accept(item));
    document.addEventListener("selectionchange", () => { if (document.activeElement === this.area) this.moved(); });
    this.scroller.addEventListener("mousedown", (event) => {
      if (event.target === this.scroller || event.target === sheet) { event.preventDefault(); this.area.focus(); }
    });
    this.refresh();
  }

  get text() { return this.area.value; }

  /** Put a text in, as another one: what was undone before is forgotten. */
  set text(value) {
    this.area.value = value;
    this.area.setSelectionRange(0, 0);
    this.extra = [];
    this.popup.hide();
    this.refresh();
  }

  onChange(listener) { this.listeners.push(listener); }

  /** Change a range as if it had been typed, so that undo undoes it. */
  replace(start, end, text, from = start + text.length, to = from) {
    const old = this.text.slice(start, end);
    let same = 0; // what both begin with, and then what both end with, need not be typed again
    while (same < Math.min(old.length, text.length) && old[same] === text[same]) same += 1;
    let tail = 0;
    while (tail < Math.min(old.length, text.length) - same && old.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
    this.area.focus();
    this.area.setSelectionRange(start + same, end - tail);
    this.quiet = true;
    this.type(text.slice(same, text.length - tail));
    this.area.setSelectionRange(from, to);
    this.changed();
    this.quiet = false;
  }

  /** Put a text in the place of the selection, undoable; a very long one, for which that takes seconds, plainly. */
  type(text) {
    const { selectionStart, selectionEnd } = this.area;
    const long = text.split("\n").length > LONG_LINES;
    const done = !long && text ? document.execCommand("insertText", false, text)
      : !long && (selectionStart === selectionEnd || document.execCommand("delete"));
    if (!done) this.area.setRangeText(text, selectionStart, selectionEnd);
  }

  changed() {
    if (this.quiet) this.fresh = -1;
    this.extra = [];
    this.refresh();
    this.reveal();
    this.listeners.forEach((listener) => listener());
  }

  typed(event) {
    if (this.quiet) return;
    const { data, inputType } = event;
    if (inputType === "insertLineBreak" || data?.length > 1) { // a text put in at once: browsers tell of each line
      this.soon ||= setTimeout(() => { this.soon = 0; this.changed(); });
      return;
    }
    this.fresh = inputType === "insertText" ? this.area.selectionStart : -1;
    this.changed();
    const leads = /^[\w$@]$/.test(data || "") || (data === "." && this.before(-3) === "...");
    if (inputType === "insertText" ? leads : this.popup.open) this.suggest(false);
    else this.popup.hide();
  }

  /** Some signs before the cursor; `count` is negative. */
  before(count) {
    const { selectionStart } = this.area;
    return this.text.slice(Math.max(0, selectionStart + count), selectionStart);
  }

  /** Marks from outside: {start, end, message, weight}. */
  mark(marks) { this.extra = marks; this.refresh(); }

  refresh() {
    const { text } = this;
    this.tokens = this.language.tokens(text);
    this.marks = [...(this.language.check?.(text) || []), ...this.extra].filter(({ end }) => end !== this.fresh);
    this.painted = null;
    this.paint();
    this.showGutter(text);
    this.showProblems(text);
  }

  moved() {
    if (this.fresh >= 0 && (this.area.selectionStart !== this.fresh || document.activeElement !== this.area)) {
      this.fresh = -1;
      this.refresh();
    } else this.paint();
    if (document.activeElement === this.area) this.reveal();
  }

  /** Scroll so that the cursor is seen: the text area is as large as its text, so browsers leave that to us. */
  reveal() {
    const { selectionStart, selectionEnd } = this.area;
    if (selectionStart !== selectionEnd || this.soon) return;
    const box = this.layer.boxOf(selectionStart);
    const view = this.scroller.getBoundingClientRect();
    const [left, right] = [view.left + this.gutter.offsetWidth + 8, view.right - 24];
    const [top, bottom] = [view.top + 4, view.top + this.scroller.clientHeight - 4];
    const short = (from, to, least, most) => (from < least ? from - least : to > most ? to - most : 0);
    this.scroller.scrollLeft += short(box.left, box.left, left, right);
    this.scroller.scrollTop += short(box.top, box.bottom, top, bottom);
  }

  paint() {
    const pair = this.pair();
    const key = pair.join();
    if (this.painted === key) return;
    this.painted = key;
    const extraOf = (token) => (pair.includes(token.start) ? "pair " : "") + this.classOf(token);
    this.layer.draw(this.text, this.tokens, extraOf);
  }

  classOf({ start, end }) {
    const found = this.marks.filter((mark) => mark.start < end && mark.end > start);
    return found.length ? `mark-${found.some(({ weight }) => weight !== "warning") ? "error" : "warning"}` : "";
  }

  showGutter(text) {
    const bad = new Map(this.marks.map((mark) => [placeOf(text, mark.start).line, mark.weight]));
    const key = `${this.layer.rows.length} ${[...bad].join()}`;
    if (this.numbered === key) return;
    this.numbered = key;
    this.gutter.replaceChildren(...this.layer.rows.map((_, index) => el("span", {
      textContent: `${index + 1}\n`, className: bad.has(index + 1) ? `bad-${bad.get(index + 1)}` : "" })));
  }

  showProblems(text) {
    this.problems.hidden = !this.marks.length;
    this.problems.replaceChildren(...this.marks.slice(0, 20).map((mark) => {
      const { line, column } = placeOf(text, mark.start);
      return el("button", { type: "button", className: mark.weight, onclick: () => this.select(mark.start, mark.end) },
        el("span", { textContent: `${line}:${column}` }), mark.message);
    }));
    this.area.setAttribute("aria-invalid", String(this.marks.some(({ weight }) => weight !== "warning")));
  }

  select(start, end = start) {
    this.area.focus();
    this.area.setSelectionRange(start, start);
    this.reveal();
    this.area.setSelectionRange(start, end);
  }

  /** The offsets of the brackets that belong together at the cursor. */
  pair() {
    const { selectionStart: at, selectionEnd } = this.area;
    if (at !== selectionEnd || document.activeElement !== this.area) return [];
    const brackets = this.tokens.filter(({ kind, text }) => kind === "punct" && /^[()[\]{}]$/.test(text));
    const here = brackets.findIndex(({ start, end }) => start === at || end === at);
    if (here < 0) return [];
    const forward = PAIRS[brackets[here].text] !== undefined;
    let depth = 0;
    for (let index = here; index >= 0 && index < brackets.length; index += forward ? 1 : -1) {
      depth += (PAIRS[brackets[index].text] !== undefined) === forward ? 1 : -1;
      if (!depth) return [brackets[here].start, brackets[index].start];
    }
    return [];
  }

  hover(event) {
    const offset = this.layer.offsetAt(event);
    const mark = offset >= 0 && this.marks.find(({ start, end }) => start <= offset && offset < Math.max(end, start + 1));
    const said = mark ? mark.message : offset >= 0 && this.language.hint?.(this.text, offset);
    this.tip.hidden = !said;
    if (!said) return;
    this.tip.textContent = said;
    this.tip.style.left = `${Math.min(event.clientX + 12, innerWidth - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${event.clientY + 18}px`;
  }

  suggest(asked) {
    const offset = this.area.selectionStart;
    const found = this.language.complete?.(this.text, offset);
    const word = found ? this.text.slice(found.from, offset) : "";
    const only = found?.items.length === 1 && found.items[0].text === word;
    if (!found || only || (!asked && !word && !/[$@.]$/.test(this.before(-1)))) return this.popup.hide();
    this.from = found.from;
    this.popup.show(found.items, this.layer.boxOf(found.from));
  }

  accept(item) {
    this.popup.hide();
    const insert = item.insert || item.text;
    const end = this.area.selectionStart;
    const again = /^\s*:/.test(this.text.slice(end)) ? insert.replace(/: $/, "") : insert;
    this.replace(this.from, end, again);
    if (insert.endsWith(": ") || insert.endsWith("on ")) this.suggest(true);
  }

  key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (!command && this.popup.key(event.key)) { event.preventDefault(); event.stopPropagation(); return; }
    let done = true;
    if (event.key === " " && event.ctrlKey) this.suggest(true);
    else if (command && event.key === "/" && this.language.comment) toggleComment(this);
    else if (command || event.altKey || event.isComposing) done = false;
    else if (event.key === "Escape") { this.leaving = true; done = false; }
    else if (event.key === "Tab") done = tab(this, event.shiftKey);
    else if (event.key === "Enter") enter(this);
    else if (event.key === "Backspace") done = erase(this);
    else done = event.key.length === 1 && bracket(this, event.key);
    if (event.key !== "Escape") this.leaving = false;
    if (done) event.preventDefault();
  }
}
