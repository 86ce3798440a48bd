// Finds what a server would refuse, before anything is sent. Pure. It speaks of fields, arguments, values,
// fragments and variables; rarer rules (two fields that cannot merge, …) stay the server's.

import { isRequired, namedType, typeText } from "./schema.js";
import { parse, SyntaxFault } from "./parser.js";

/** Marks {start, end, message, weight}; weight is error or warning. Without a schema only the syntax is checked. */
export function check(text, schema) {
  if (!text.trim()) return [];
  try {
    const document = parse(text);
    return schema ? new Checker(schema, document).run() : [];
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return [{ start: error.start, end: error.end, message: error.message, weight: "error" }];
  }
}

/** The nearest of some names, for "did you mean". */
export function nearest(name, names) {
  const ranked = names.map((one) => [distance(name.toLowerCase(), one.toLowerCase()), one]).sort((a, b) => a[0] - b[0]);
  return ranked.length && ranked[0][0] <= Math.max(2, name.length * 0.4) ? ranked[0][1] : null;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

const LITERALS = { Int: ["int"], Float: ["int", "float"], String: ["string"], Boolean: ["boolean"], ID: ["string", "int"] };

class Checker {
  constructor(schema, document) {
    this.schema = schema;
    this.document = document;
    this.marks = [];
    this.fragments = new Map();
    this.spread = new Set();
  }

  add(node, message, weight = "error") { this.marks.push({ start: node.start, end: node.end, message, weight }); }

  unknown(token, kind, where, names) {
    const meant = nearest(token.text, names);
    this.add(token, `${where} has no ${kind} “${token.text}”.${meant ? ` Did you mean “${meant}”?` : ""}`);
  }

  run() {
    const { definitions } = this.document;
    for (const one of definitions.filter((node) => node.kind === "fragment")) {
      if (this.fragments.has(one.name.text)) this.add(one.name, `There are two fragments “${one.name.text}”.`);
      else this.fragments.set(one.name.text, one);
    }
    this.names(definitions.filter((node) => node.kind === "operation"));
    definitions.forEach((node) => this.definition(node));
    for (const [name, fragment] of this.fragments) {
      if (!this.spread.has(name)) this.add(fragment.name, `The fragment “${name}” is never used.`);
    }
    return this.marks.sort((a, b) => a.start - b.start);
  }

  names(operations) {
    const seen = new Set();
    for (const { name, start } of operations) {
      if (!name && operations.length > 1) this.add({ start, end: start + 1 }, "Beside others an operation needs a name.");
      if (name && seen.has(name.text)) this.add(name, `There are two operations “${name.text}”.`);
      if (name) seen.add(name.text);
    }
  }

  definition(node) {
    this.used = new Map(); // of this operation: variable name to the tokens that use it
    if (node.kind === "fragment") {
      if (this.composite(node.on)) this.selections(node.selections, node.on.text);
      return;
    }
    const root = this.schema.roots[node.operation];
    if (!root) return void this.add(node.word, `This server has no ${node.operation}.`);
    this.directives(node.directives);
    this.selections(node.selections, root);
    this.variables(node);
  }

  composite(token) {
    const { schema } = this;
    if (!schema.type(token.text)) {
      this.unknown(token, "type", "The schema", schema.own.map((type) => type.name));
    } else if (!schema.isComposite(token.text)) this.add(token, `“${token.text}” has no fields to choose from.`);
    else return true;
    return false;
  }

  variables(operation) {
    const declared = new Map();
    for (const { name, type, value } of operation.variables) {
      if (declared.has(name.text)) this.add(name, `$${name.text} is declared twice.`);
      declared.set(name.text, type);
      let inner = type;
      while (inner.list) inner = inner.list;
      if (!this.schema.isInput(inner.name)) this.add(inner, `“${inner.name}” is no type that a variable can have.`);
      else if (value) this.value(value, this.described(type));
    }
    const used = this.uses(operation.selections, this.used, new Set());
    for (const [name, tokens] of used) {
      if (!declared.has(name)) tokens.forEach((token) => this.add(token, `$${name} is not declared by the operation.`));
    }
    for (const { name } of operation.variables) {
      if (!used.has(name.text)) this.add(name, `$${name.text} is never used.`);
    }
  }

  /** A written type in the shape of introspection. */
  described({ name, list, required }) {
    const bare = list ? { kind: "LIST", ofType: this.described(list) } : { kind: this.schema.type(name)?.kind, name };
    return required ? { kind: "NON_NULL", ofType: bare } : bare;
  }

  /** Which variables an operation uses, those of its fragments included. */
  uses(selections, found, open) {
    for (const node of selections) {
      for (const arg of [...(node.args || []), ...node.directives.flatMap((one) => one.args)]) collect(arg.value, found);
      const fragment = node.kind === "spread" && !open.has(node.name.text) && this.fragments.get(node.name.text);
      if (fragment) {
        open.add(node.name.text);
        this.uses(fragment.selections, found, open);
      } else if (node.selections) this.uses(node.selections, found, open);
    }
    return found;
  }

  selections(nodes, parent) {
    for (const node of nodes) {
      this.directives(node.directives);
      if (node.kind === "field") this.field(node, parent);
      else if (node.kind === "spread") this.fragment(node, parent);
      else if (!node.on) this.selections(node.selections, parent);
      else if (this.composite(node.on)) {
        this.overlap(node.on, node.on.text, parent);
        this.selections(node.selections, node.on.text);
      }
    }
  }

  fragment({ name }, parent) {
    this.spread.add(name.text);
    const found = this.fragments.get(name.text);
    if (!found) return this.unknown(name, "fragment", "The document", [...this.fragments.keys()]);
    this.overlap(name, found.on.text, parent);
  }

  overlap(token, on, parent) {
    const possible = this.schema.possible(parent);
    if (this.schema.isComposite(on) && !this.schema.possible(on).some((name) => possible.includes(name))) {
      this.add(token, `“${parent}” can never be “${on}”.`);
    }
  }

  field(node, parent) {
    const { schema } = this;
    const field = schema.field(parent, node.name.text);
    if (!field) return this.unknown(node.name, "field", `“${parent}”`, schema.fields(parent).map((one) => one.name));
    if (field.isDeprecated) {
      this.add(node.name, `“${field.name}” is deprecated: ${field.deprecationReason || "no reason is given"}`, "warning");
    }
    this.args(node.args, field.args, node.name, `“${field.name}”`);
    const type = namedType(field.type);
    if (!schema.isComposite(type)) {
      if (node.selections) this.add(node.name, `“${field.name}” is ${typeText(field.type)}: there are no fields inside.`);
    } else if (!node.selections) this.add(node.name, `Choose fields of “${field.name}”, which is ${typeText(field.type)}.`);
    else this.selections(node.selections, type);
  }

  directives(nodes) {
    for (const { name, args } of nodes) {
      const known = this.schema.directives.get(name.text);
      if (!known) this.unknown(name, "directive", "The schema", [...this.schema.directives.keys()]);
      else this.args(args, known.args, name, `@${name.text}`);
    }
  }

  args(given, known, owner, title) {
    const seen = new Set();
    for (const { name, value } of given) {
      const arg = known.find((one) => one.name === name.text);
      if (!arg) this.unknown(name, "argument", title, known.map((one) => one.name));
      else if (seen.has(name.text)) this.add(name, `“${name.text}” is given twice.`);
      else this.value(value, arg.type);
      seen.add(name.text);
    }
    for (const arg of known.filter((one) => isRequired(one) && !seen.has(one.name))) {
      this.add(owner, `${title} needs “${arg.name}: ${typeText(arg.type)}”.`);
    }
  }

  value(node, type) {
    if (node.kind === "variable") return;
    if (type.kind === "NON_NULL") {
      if (node.kind === "null") return void this.add(node, `null is not allowed here: ${typeText(type)}.`);
      return this.value(node, type.ofType);
    }
    if (node.kind === "null") return;
    if (type.kind === "LIST") {
      return node.kind === "list" ? node.items.forEach((item) => this.value(item, type.ofType)) : this.value(node, type.ofType);
    }
    const named = this.schema.type(type.name);
    const wrong = (wanted) => this.add(node, `This should be ${wanted}.`);
    if (named?.kind === "ENUM") {
      const names = named.enumValues.map((one) => one.name);
      if (node.kind !== "enum" || !names.includes(node.text)) wrong(`one of ${names.join(", ")}`);
    } else if (named?.kind === "INPUT_OBJECT") {
      if (node.kind !== "object") wrong(`an object, ${type.name}`);
      else this.args(node.fields, named.inputFields, { start: node.start, end: node.start + 1 }, `“${type.name}”`);
    } else if (LITERALS[type.name] && !LITERALS[type.name].includes(node.kind)) wrong(type.name);
    else if (type.name === "Int" && Math.abs(Number(node.text)) >= 2 ** 31) wrong("Int, of 32 bits");
  }
}

function collect(value, found) {
  if (value.kind === "variable") found.set(value.name.text, [...(found.get(value.name.text) || []), value]);
  (value.items || []).forEach((item) => collect(item, found));
  (value.fields || []).forEach((field) => collect(field.value, found));
}
