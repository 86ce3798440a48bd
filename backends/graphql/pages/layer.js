// The coloured copy of a text under its text area: lines, and where an offset is on the screen.

import { coloured, el } from "./dom.js";
import { placeOf } from "./lexer.js";

export class Layer {
  constructor() {
    this.pre = el("pre", { "aria-hidden": "true" });
    this.rows = []; // as drawn, to draw what changes only
    this.text = "";
  }

  /** Draw the lines that differ from those that are there; `extraOf` gives a token's further classes. */
  draw(text, tokens, extraOf) {
    const rows = rowsOf(text, tokens, extraOf);
    const old = this.rows;
    const shift = rows.length - old.length;
    let top = 0;
    while (top < Math.min(rows.length, old.length) && rows[top].key === old[top].key) top += 1;
    let low = rows.length;
    while (low > top && low - shift > top && rows[low - 1].key === old[low - 1 - shift].key) low -= 1;
    const before = this.pre.children[low - shift] || null;
    for (let index = top; index < low - shift; index += 1) this.pre.children[top].remove();
    for (const { line, parts } of rows.slice(top, low)) {
      this.pre.insertBefore(el("div", {}, ...coloured(line, parts, (part) => part.extra), "\n"), before);
    }
    this.rows = rows;
    this.text = text;
  }

  /** Where an offset is on the screen: at the right of the sign before it, or at the left of its line. */
  boxOf(offset) {
    const { line, column } = placeOf(this.text, offset);
    const row = this.pre.children[line - 1];
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
    const box = this.pre.getBoundingClientRect();
    const style = getComputedStyle(this.pre);
    const lines = this.text.split("\n");
    this.width ||= this.measure();
    const down = event.clientY - box.top - parseFloat(style.paddingTop);
    const line = Math.floor(down / parseFloat(style.lineHeight));
    const column = Math.floor((event.clientX - box.left - parseFloat(style.paddingLeft)) / this.width);
    if (line < 0 || line >= lines.length || column < 0 || column >= lines[line].length) return -1;
    return lines.slice(0, line).join("\n").length + (line ? 1 : 0) + column;
  }

  measure() {
    const probe = el("span", { textContent: "0".repeat(100) });
    this.pre.append(probe);
    const { width } = probe.getBoundingClientRect();
    probe.remove();
    return width / 100;
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
      parts.push({ kind: tokens[index].kind, text: text.slice(from, to), start: from - start, end: to - start,
        extra: extraOf(tokens[index]) });
    }
    start = end + 1;
    return { line, parts, key: `${line}\n${parts.map(({ kind, extra, end: to }) => kind + extra + to).join()}` };
  });
}
