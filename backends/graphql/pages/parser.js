// Reads a document into a tree with offsets. Pure. It stops at the first syntax error, as servers do.

import { tokens } from "./lexer.js";

const OPERATIONS = new Set(["query", "mutation", "subscription"]);
const DEEPEST = 200; // selections or values inside one another: a hostile link must not overflow the stack

export class SyntaxFault extends Error {
  constructor(message, start, end) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

/** {definitions, comments}; throws SyntaxFault. */
export function parse(text) {
  return new Reader(text).document();
}

/** The tree, or null while the document is not readable. */
export function parsed(text) {
  try { return parse(text); } catch (error) { if (error instanceof SyntaxFault) return null; throw error; }
}

class Reader {
  constructor(text) {
    const all = tokens(text);
    this.comments = all.filter((token) => token.kind === "comment");
    this.tokens = all.filter((token) => token.kind !== "comment");
    this.end = { kind: "end", text: "", start: text.trimEnd().length, end: text.length };
    this.at = 0;
    this.depth = 0;
  }

  get next() { return this.tokens[this.at] || this.end; }
  get last() { return this.tokens[this.at - 1] || this.end; }
  is(text) { return this.next.text === text && this.next.kind !== "string"; }

  fail(wanted) {
    const { kind, text, start, end } = this.next;
    const found = kind === "end" ? "the end of the document" : text.startsWith('"') && kind === "bad"
      ? "a text that is not closed" : `“${text.length > 30 ? `${text.slice(0, 30)}…` : text}”`;
    throw new SyntaxFault(`Syntax: expected ${wanted}, found ${found}.`, start, end);
  }

  take() { return this.tokens[this.at++]; }
  skip(text) { return this.is(text) ? this.take() : null; }
  expect(text) { return this.skip(text) || this.fail(`“${text}”`); }
  name(what = "a name") { return this.next.kind === "name" ? this.take() : this.fail(what); }

  many(open, close, read) {
    this.expect(open);
    if ((this.depth += 1) > DEEPEST) this.fail("less nesting");
    const items = [];
    while (!this.is(close)) items.push(read.call(this));
    this.take();
    this.depth -= 1;
    return items;
  }

  some(open, close, read, what) {
    if (!this.is(open)) return [];
    const start = this.at;
    const items = this.many(open, close, read);
    if (!items.length) { this.at = start + 1; this.fail(what); }
    return items;
  }

  document() {
    const definitions = [];
    while (this.at < this.tokens.length) definitions.push(this.definition());
    return { definitions, comments: this.comments };
  }

  definition() {
    const { start } = this.next;
    if (this.is("{")) return this.finish({ kind: "operation", operation: "query", short: true, name: null,
      variables: [], directives: [], selections: this.selections(), start });
    const word = this.name("an operation or a fragment");
    if (OPERATIONS.has(word.text)) return this.finish({ kind: "operation", operation: word.text, word, start,
      name: this.next.kind === "name" ? this.take() : null,
      variables: this.some("(", ")", this.variable, "a variable"),
      directives: this.directives(), selections: this.selections() });
    if (word.text !== "fragment") { this.at -= 1; this.fail("query, mutation, subscription, fragment or {"); }
    if (this.is("on")) this.fail("the fragment's name");
    const name = this.name();
    this.expect("on");
    return this.finish({ kind: "fragment", name, on: this.name("a type"), directives: this.directives(),
      selections: this.selections(), start });
  }

  finish(node) { node.end = this.last.end; return node; }

  variable() {
    const { start } = this.expect("$");
    const name = this.name();
    this.expect(":");
    const type = this.type();
    const value = this.skip("=") ? this.value() : null;
    return this.finish({ name, type, value, directives: this.directives(), start });
  }

  type() {
    const { start } = this.next;
    const open = this.skip("[");
    const inner = open ? this.type() : null;
    if (open) this.expect("]");
    const node = open ? { list: inner, start } : { name: this.name("a type").text, start };
    node.required = Boolean(this.skip("!"));
    return this.finish(node);
  }

  directives() {
    const found = [];
    while (this.is("@")) {
      const { start } = this.take();
      found.push(this.finish({ name: this.name(), args: this.args(), start }));
    }
    return found;
  }

  args() { return this.some("(", ")", this.argument, "an argument"); }

  argument() {
    const name = this.name("an argument's name");
    this.expect(":");
    return this.finish({ name, value: this.value(), start: name.start });
  }

  selections() {
    const { start } = this.next;
    const found = this.many("{", "}", this.selection);
    if (!found.length) throw new SyntaxFault("Syntax: choose at least one field between the braces.", start, this.last.end);
    return found;
  }

  selection() {
    const { start } = this.next;
    if (this.skip("...")) {
      if (this.next.kind === "name" && !this.is("on")) {
        return this.finish({ kind: "spread", name: this.take(), directives: this.directives(), start });
      }
      const on = this.skip("on") ? this.name("a type") : null;
      return this.finish({ kind: "inline", on, directives: this.directives(), selections: this.selections(), start });
    }
    let name = this.name("a field or “}”");
    let alias = null;
    if (this.skip(":")) { alias = name; name = this.name("a field"); }
    return this.finish({ kind: "field", alias, name, args: this.args(), directives: this.directives(),
      selections: this.is("{") ? this.selections() : null, start });
  }

  value() {
    const { kind, text, start } = this.next;
    if (text === "$") { this.take(); return this.finish({ kind: "variable", name: this.name(), start }); }
    if (text === "[" && kind === "punct") {
      return this.finish({ kind: "list", items: this.many("[", "]", this.value), start });
    }
    if (text === "{" && kind === "punct") {
      return this.finish({ kind: "object", fields: this.many("{", "}", this.argument), start });
    }
    if (kind === "number") return this.finish({ kind: /[.eE]/.test(this.take().text) ? "float" : "int", text, start });
    if (kind === "string") { this.take(); return this.finish({ kind: "string", text, start }); }
    if (kind !== "name") this.fail("a value");
    this.take();
    const word = text === "null" ? "null" : text === "true" || text === "false" ? "boolean" : "enum";
    return this.finish({ kind: word, text, start });
  }
}
