// A code editor: a transparent textarea, so that keys, undo, selection and input methods are the browser's own,
// over a coloured copy of its text. The two share one grid cell, so they cannot drift apart when scrolled.

import { coloured, el } from "./dom.js";
import { placeOf } from "./lexer.js";
import { Popup } from "./popup.js";

const PAIRS = { "(": ")", "[": "]", "{": "}", '"': '"' };
const CLOSERS = new Set(Object.values(PAIRS));
const STEP = "  ";
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
    this.area = el("textarea", { spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-label": label,
      oninput: (event) => this.typed(event), onkeydown: (event) => this.key(event), onfocus: () => this.moved(), onblur: () => { this.popup.hide(); this.moved(); },
      onclick: () => { this.popup.hide(); this.moved(); }, onmousemove: (event) => this.hover(event), onmouseleave: () => { this.tip.hidden = true; } });
    this.layer = el("pre", { "aria-hidden": "true" });
    this.gutter = el("pre", { className: "gutter", "aria-hidden": "true" });
    this.problems = el("div", { className: "problems", hidden: true, role: "group", "aria-label": `Problems: ${label}` });
    this.tip = el("div", { className: "tip", hidden: true });
    const sheet = el("div", { className: "sheet" }, this.layer, this.area);
    this.scroller = el("div", { className: "scroller" }, this.gutter, sheet);
    host.append(this.scroller, this.problems);
    document.body.append(this.tip);
    this.popup = new Popup(this.area, (item) => this.accept(item));
    document.addEventListener("selectionchange", () => { if (document.activeElement === this.area) this.moved(); });
    this.scroller.addEventListener("mousedown", (event) => {
      if (event.target === this.scroller || event.target === sheet) { event.preventDefault(); this.area.focus(); }
    });
    this.rows = []; // as drawn, to draw what changes only
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
    const wanted = inputType === "insertText" ? /^[\w$@]$/.test(data || "") || (data === "." && this.ahead(-3) === "...") : this.popup.open;
    if (wanted) this.suggest(false);
    else this.popup.hide();
  }

  ahead(count) {
    const { selectionStart } = this.area;
    return count < 0 ? this.text.slice(selectionStart + count, selectionStart) : this.text.slice(selectionStart, selectionStart + count);
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
    const box = this.boxOf(selectionStart);
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
    this.showRows(rowsOf(this.text, this.tokens, (token) => (pair.includes(token.start) ? "pair " : "") + this.classOf(token)));
  }

  /** Draw the lines that differ from those that are there. */
  showRows(rows) {
    const old = this.rows;
    const shift = rows.length - old.length;
    let top = 0;
    while (top < Math.min(rows.length, old.length) && rows[top].key === old[top].key) top += 1;
    let low = rows.length;
    while (low > top && low - shift > top && rows[low - 1].key === old[low - 1 - shift].key) low -= 1;
    const before = this.layer.children[low - shift] || null;
    for (let index = top; index < low - shift; index += 1) this.layer.children[top].remove();
    for (const { line, parts } of rows.slice(top, low)) {
      this.layer.insertBefore(el("div", {}, ...coloured(line, parts, (part) => part.extra), "\n"), before);
    }
    this.rows = rows;
  }

  classOf({ start, end }) {
    const found = this.marks.filter((mark) => mark.start < end && mark.end > start);
    return found.length ? `mark-${found.some(({ weight }) => weight !== "warning") ? "error" : "warning"}` : "";
  }

  showGutter(text) {
    const bad = new Map(this.marks.map((mark) => [placeOf(text, mark.start).line, mark.weight]));
    const key = `${this.rows.length} ${[...bad].join()}`;
    if (this.numbered === key) return;
    this.numbered = key;
    this.gutter.replaceChildren(...this.rows.map((_, index) => el("span", {
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

  /** Where an offset is on the screen: at the right of the sign before it, or at the left of its line. */
  boxOf(offset) {
    const { line, column } = placeOf(this.text, offset);
    const row = this.layer.children[line - 1];
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    let rest = column - 1;
    for (let node; rest > 0 && (node = walker.nextNode()); rest -= node.length) {
      if (rest > node.length) continue;
      const range = document.createRange();
      range.setStart(node, rest - 1);
      range.setEnd(node, rest);
      const { right, top, height } = range.getBoundingClientRect();
      return new DOMRect(right, top, 0, height);
    }
    const { left, top, height } = row.getBoundingClientRect();
    return new DOMRect(left, top, 0, height);
  }

  /** The offset under the pointer, for a text of one width. */
  offsetAt(event) {
    const box = this.layer.getBoundingClientRect();
    const style = getComputedStyle(this.layer);
    const lines = this.text.split("\n");
    this.width ||= this.measure();
    const line = Math.floor((event.clientY - box.top - parseFloat(style.paddingTop)) / parseFloat(style.lineHeight));
    const column = Math.floor((event.clientX - box.left - parseFloat(style.paddingLeft)) / this.width);
    if (line < 0 || line >= lines.length || column < 0 || column >= lines[line].length) return -1;
    return lines.slice(0, line).join("\n").length + (line ? 1 : 0) + column;
  }

  measure() {
    const probe = el("span", { textContent: "0".repeat(100) });
    this.layer.append(probe);
    const { width } = probe.getBoundingClientRect();
    probe.remove();
    return width / 100;
  }

  hover(event) {
    const offset = this.offsetAt(event);
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
    if (!found || only || (!asked && !word && !/[$@.]$/.test(this.ahead(-1)))) return this.popup.hide();
    this.from = found.from;
    this.popup.show(found.items, this.boxOf(found.from));
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
    else if (command && event.key === "/" && this.language.comment) this.toggleComment();
    else if (command || event.altKey || event.isComposing) done = false;
    else if (event.key === "Escape") { this.leaving = true; done = false; }
    else if (event.key === "Tab") done = this.tab(event.shiftKey);
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Backspace") done = this.erase();
    else done = event.key.length === 1 && this.bracket(event.key);
    if (event.key !== "Escape") this.leaving = false;
    if (done) event.preventDefault();
  }

  /** Tab indents; after Escape it leaves the editor, so that nobody is caught in here. */
  tab(back) {
    if (this.leaving) return false;
    const { selectionStart, selectionEnd } = this.area;
    if (!back && selectionStart === selectionEnd) { this.replace(selectionStart, selectionEnd, STEP); return true; }
    this.eachLine((line) => (back ? line.replace(/^ {1,2}|^\t/, "") : line && STEP + line));
    return true;
  }

  /** Comment the lines out at their common indent, or, when all of them are, back in. */
  toggleComment() {
    const { comment } = this.language;
    const real = (lines) => lines.filter((line, _, all) => line.trim() || all.length === 1);
    this.eachLine((line, lines) => {
      if (real(lines).every((one) => one.trim().startsWith(comment))) return line.replace(new RegExp(`^(\\s*)${comment} ?`), "$1");
      const indent = Math.min(...real(lines).map((one) => /^\s*/.exec(one)[0].length));
      return line.trim() || lines.length === 1 ? `${line.slice(0, indent)}${comment} ${line.slice(indent)}` : line;
    });
  }

  /** Change the lines of the selection; what was selected stays so. */
  eachLine(change) {
    const { text, area: { selectionStart, selectionEnd } } = this;
    const start = text.lastIndexOf("\n", selectionStart - 1) + 1;
    const inner = selectionEnd > selectionStart && text[selectionEnd - 1] === "\n" ? selectionEnd - 1 : selectionEnd;
    const found = text.indexOf("\n", inner);
    const end = found < 0 ? text.length : found;
    const lines = text.slice(start, end).split("\n");
    const made = lines.map((line) => change(line, lines));
    const joined = made.join("\n");
    if (joined === text.slice(start, end)) return;
    const first = made[0].length - lines[0].length;
    this.replace(start, end, joined, Math.max(start, selectionStart + first), selectionEnd + joined.length - (end - start));
  }

  enter() {
    const { selectionStart: start, selectionEnd: end } = this.area;
    const [indent] = /^\s*/.exec(this.text.slice(this.text.lastIndexOf("\n", start - 1) + 1, start));
    const before = this.ahead(-1);
    const opens = Boolean(PAIRS[before]) && before !== '"';
    const deeper = opens ? indent + STEP : indent;
    const split = opens && this.text[end] === PAIRS[before] ? `\n${indent}` : "";
    this.replace(start, end, `\n${deeper}${split}`, start + 1 + deeper.length);
  }

  erase() {
    const { selectionStart: at, selectionEnd } = this.area;
    if (at !== selectionEnd || !at || PAIRS[this.text[at - 1]] !== this.text[at]) return false;
    this.replace(at - 1, at + 1, "");
    return true;
  }

  bracket(key) {
    const { selectionStart: start, selectionEnd: end } = this.area;
    const after = this.text[end] || "";
    if (start === end && CLOSERS.has(key) && after === key) { this.area.setSelectionRange(start + 1, start + 1); return true; }
    const closer = PAIRS[key];
    if (!closer) return this.outdent(key, start, end);
    const chosen = this.text.slice(start, end);
    const free = !after || /[\s)\]},:]/.test(after);
    if (!chosen && (!free || (key === '"' && /[\w"]/.test(this.ahead(-1))))) return false;
    this.replace(start, end, key + chosen + closer, start + 1, start + 1 + chosen.length);
    return true;
  }

  /** A closing brace as the first of its line steps back. */
  outdent(key, start, end) {
    const line = this.text.slice(this.text.lastIndexOf("\n", start - 1) + 1, start);
    if (!/[}\])]/.test(key) || start !== end || line.trim() || line.length < STEP.length) return false;
    this.replace(start - STEP.length, end, key);
    return true;
  }
}

/** The lines of a text: {line, parts, key}; a part is a token or its piece on the line, by columns from 0. */
function rowsOf(text, tokens, extraOf) {
  let start = 0;
  let first = 0;
  return text.split("\n").map((line) => {
    const end = start + line.length;
    const parts = [];
    while (first < tokens.length && tokens[first].end <= start) first += 1;
    for (let index = first; index < tokens.length && tokens[index].start < end; index += 1) {
      const [from, to] = [Math.max(tokens[index].start, start), Math.min(tokens[index].end, end)];
      parts.push({ kind: tokens[index].kind, text: text.slice(from, to), start: from - start, end: to - start, extra: extraOf(tokens[index]) });
    }
    start = end + 1;
    return { line, parts, key: `${line}\n${parts.map(({ kind, extra, end: to }) => kind + extra + to).join()}` };
  });
}
