// Writes a document in the usual form, comments kept. Pure.

import { parse } from "./parser.js";

const WIDTH = 80;
const STEP = "  ";

/** The document, laid out anew; throws SyntaxFault when it cannot be read. */
export function prettify(text) {
  return new Printer(text).print();
}

class Printer {
  constructor(text) {
    this.text = text;
    this.document = parse(text);
    this.comments = [...this.document.comments];
    this.lines = [];
  }

  print() {
    for (const node of this.document.definitions) {
      if (this.lines.length) this.lines.push("");
      this.flush(node.start, "");
      this.definition(node);
    }
    this.flush(Infinity, "");
    return `${this.lines.join("\n")}\n`;
  }

  /** Comments that stand before an offset: beside what they followed on its line, or on lines of their own. */
  flush(offset, indent) {
    while (this.comments.length && this.comments[0].start < offset) {
      const { text, start } = this.comments.shift();
      const before = this.text.slice(this.text.lastIndexOf("\n", start) + 1, start);
      const last = this.lines.length - 1;
      const fits = before.trim() && last >= 0 && this.lines[last] && !this.lines[last].includes("#");
      if (fits) this.lines[last] += ` ${text.trimEnd()}`;
      else this.lines.push(indent + text.trimEnd());
    }
  }

  definition(node) {
    let head = "";
    if (node.kind === "fragment") head = `fragment ${node.name.text} on ${node.on.text}`;
    else if (!node.short) {
      head = node.operation + (node.name ? ` ${node.name.text}` : "");
      if (node.variables.length) {
        if (!node.name) head += " ";
        head = this.parens(head, node.variables.map((one) => this.variable(one)), "");
      }
    }
    head += directives(node.directives, this);
    this.block(head ? `${head} ` : "", node, "");
  }

  variable({ name, type, value, directives: extra }) {
    const preset = value ? ` = ${this.value(value)}` : "";
    return `$${name.text}: ${this.text.slice(type.start, type.end).replace(/\s/g, "")}${preset}${directives(extra, this)}`;
  }

  block(head, node, indent) {
    this.lines.push(...`${indent}${head}{`.split("\n"));
    for (const child of node.selections) {
      this.flush(child.start, indent + STEP);
      this.selection(child, indent + STEP);
    }
    this.flush(node.end, indent + STEP);
    this.lines.push(`${indent}}`);
  }

  selection(node, indent) {
    if (node.kind === "spread") {
      this.lines.push(`${indent}...${node.name.text}${directives(node.directives, this)}`);
      return;
    }
    let head = node.kind === "inline" ? `...${node.on ? ` on ${node.on.text}` : ""}`
      : (node.alias ? `${node.alias.text}: ` : "") + node.name.text;
    if (node.args?.length) head = this.parens(head, node.args.map((arg) => this.argument(arg)), indent);
    head += directives(node.directives, this);
    if (node.selections) this.block(`${head} `, node, indent);
    else this.lines.push(...`${indent}${head}`.split("\n"));
  }

  argument({ name, value }) { return `${name.text}: ${this.value(value)}`; }

  value(node) {
    if (node.kind === "list") return `[${node.items.map((item) => this.value(item)).join(", ")}]`;
    if (node.kind === "object") return `{${node.fields.map((field) => this.argument(field)).join(", ")}}`;
    return node.kind === "variable" ? `$${node.name.text}` : node.text;
  }

  parens(head, items, indent) {
    const flat = `${head}(${items.join(", ")})`;
    if (indent.length + flat.length <= WIDTH || flat.includes('"""')) return flat;
    return `${head}(\n${items.map((item) => `${indent}${STEP}${item}\n`).join("")}${indent})`;
  }
}

function directives(nodes, printer) {
  return nodes.map(({ name, args }) => {
    const inside = args.map((arg) => printer.argument(arg)).join(", ");
    return ` @${name.text}${inside ? `(${inside})` : ""}`;
  }).join("");
}
