// The schema to walk through: root types, types, fields, arguments; back, search, and a button that inserts.

import { el } from "./dom.js";
import { isRequired, namedType, typeText } from "./schema.js";

const SHOWN = 60;

export class Docs {
  /** `insert` gets (parent type name, field) when a field is to be put into the document; `again` reads the schema. */
  constructor(host, insert, again) {
    this.insert = insert;
    this.again = again;
    this.trail = [];
    this.back = el("button", { type: "button", className: "quiet", textContent: "‹ Back", onclick: () => this.goBack() });
    this.search = el("input", { type: "search", placeholder: "Search", "aria-label": "Search the schema", oninput: () => this.show() });
    this.page = el("div", { className: "page", tabIndex: 0, role: "region", "aria-label": "Documentation" }, "Reading the schema …");
    host.append(el("div", { className: "bar" }, this.back, this.search), this.page);
    this.back.disabled = true;
  }

  /** The schema, or why there is none. */
  set(schema, why = "") {
    this.schema = schema;
    if (schema) this.show();
    else this.page.replaceChildren(el("p", { className: "bad", textContent: `The schema could not be read: ${why}` }),
      el("button", { type: "button", textContent: "Try again", onclick: this.again }));
  }

  /** Show a type, or one of its fields. */
  go(type, field = null) {
    if (!this.schema?.type(type)) return;
    this.search.value = "";
    const last = this.trail[this.trail.length - 1];
    if (last?.type !== type || last?.field !== field) this.trail.push({ type, field });
    this.show();
  }

  goBack() {
    if (this.search.value) this.search.value = "";
    else this.trail.pop();
    this.show();
    this.page.focus();
  }

  show() {
    if (!this.schema) return;
    const wanted = this.search.value.trim().toLowerCase();
    const here = this.trail[this.trail.length - 1];
    this.back.disabled = !here && !wanted;
    let parts;
    if (wanted) parts = this.found(wanted);
    else if (!here) parts = this.start();
    else if (here.field) parts = this.field(here.type, this.schema.field(here.type, here.field));
    else parts = this.type(this.schema.type(here.type));
    const held = this.page.contains(document.activeElement);
    this.page.replaceChildren(...parts.flat(9).filter(Boolean));
    if (held) this.page.focus({ preventScroll: true }); // the button that was pressed is gone
    this.page.scrollTop = 0;
  }

  link(name, text = name) {
    return el("button", { type: "button", className: "type", textContent: text, onclick: () => this.go(name) });
  }

  typeLink(type) {
    const whole = typeText(type);
    const name = namedType(type);
    const at = whole.indexOf(name);
    return el("span", { className: "punct" }, whole.slice(0, at), this.link(name), whole.slice(at + name.length));
  }

  start() {
    const { roots, own } = this.schema;
    const names = Object.values(roots);
    const others = own.filter((type) => !names.includes(type.name)).sort((a, b) => a.name.localeCompare(b.name));
    const groups = [["Types", "OBJECT"], ["Interfaces", "INTERFACE"], ["Unions", "UNION"], ["Inputs", "INPUT_OBJECT"], ["Enums", "ENUM"], ["Scalars", "SCALAR"]];
    return [
      Object.entries(roots).filter(([, name]) => name).map(([kind, name]) => [
        heading(kind), text(this.schema.type(name).description), this.schema.type(name).fields.map((field) => this.line(name, field))]),
      groups.map(([title, kind]) => this.names(title, others.filter((type) => type.kind === kind))),
      heading("Directives"), [...this.schema.directives.values()].map((one) => el("div", { className: "entry" },
        el("code", { className: "name", textContent: `@${one.name}` }), this.args(one.args), text(one.description))),
    ];
  }

  names(title, types) {
    return types.length ? [heading(title), el("div", { className: "names" }, ...types.map((type) => this.link(type.name)))] : null;
  }

  args(args, open = "(") {
    if (!args?.length) return null;
    const one = (arg, index) => el("span", { className: "whole" }, el("span", { className: "arg", textContent: arg.name, title: arg.description || "" }),
      ": ", this.typeLink(arg.type), index < args.length - 1 ? "," : ")");
    return el("span", { className: "punct" }, open, ...args.flatMap((arg, index) => [index ? " " : "", one(arg, index)]));
  }

  line(parent, field) {
    const add = this.schema.isComposite(parent) && el("button", { type: "button", className: "add", textContent: "+", title: `Insert ${field.name}`,
      "aria-label": `Insert ${field.name}`, onclick: () => this.insert(parent, field) });
    const name = field.args ? el("button", { type: "button", className: "name", textContent: field.name, onclick: () => this.go(parent, field.name) })
      : el("span", { className: "name", textContent: field.name });
    return el("div", { className: field.isDeprecated ? "entry old" : "entry" }, add || null,
      field.args?.length ? el("span", { className: "whole punct" }, name, "(") : name, this.args(field.args, ""), el("span", { className: "punct", textContent: ": " }), this.typeLink(field.type), preset(field), text(field.description), deprecated(field));
  }

  type(type) {
    const fields = type.fields || type.inputFields || [];
    const list = (title, names) => (names?.length ? [heading(title), el("div", { className: "names" }, ...names.map((one) => this.link(one.name)))] : null);
    return [
      el("h3", {}, type.name, el("small", { textContent: type.kind.toLowerCase().replace("_", " ") })), text(type.description),
      list("Implements", type.interfaces), list("Possible types", type.possibleTypes),
      fields.length ? [heading("Fields"), fields.map((field) => this.line(type.name, field))] : null,
      type.enumValues?.length ? [heading("Values"), type.enumValues.map((one) => el("div", { className: one.isDeprecated ? "entry old" : "entry" },
        el("code", { className: "name", textContent: one.name }), text(one.description), deprecated(one)))] : null,
      this.uses(type.name),
    ];
  }

  /** Where a type is met. */
  uses(name) {
    const met = this.schema.own.flatMap((type) => (type.fields || []).filter((field) => namedType(field.type) === name
      || field.args.some((arg) => namedType(arg.type) === name)).map((field) => [type.name, field.name]));
    return met.length ? [heading("Met in"), el("div", { className: "names" }, ...met.slice(0, SHOWN).map(([type, field]) => el("button", {
      type: "button", className: "type", textContent: `${type}.${field}`, onclick: () => this.go(type, field) })))] : null;
  }

  field(parent, field) {
    return [
      el("h3", {}, field.name, el("small", {}, "on ", this.link(parent))), text(field.description), deprecated(field),
      el("p", {}, "Gives ", this.typeLink(field.type)),
      this.schema.isComposite(parent) && el("button", { type: "button", textContent: "Insert into the document", onclick: () => this.insert(parent, field) }),
      field.args?.length ? [heading("Arguments"), field.args.map((arg) => el("div", { className: "entry" }, el("span", { className: "arg", textContent: arg.name }),
        el("span", { className: "punct", textContent: ": " }), this.typeLink(arg.type), preset(arg), isRequired(arg) ? el("small", { textContent: " required" }) : null, text(arg.description)))] : null,
    ];
  }

  found(wanted) {
    const types = this.schema.own.filter((type) => type.name.toLowerCase().includes(wanted));
    const fields = this.schema.own.flatMap((type) => (type.fields || type.inputFields || [])
      .filter((field) => field.name.toLowerCase().includes(wanted) || field.description?.toLowerCase().includes(wanted)
        || field.args?.some((arg) => arg.name.toLowerCase().includes(wanted))).map((field) => [type, field]));
    if (!types.length && !fields.length) return [el("p", { className: "empty", textContent: "Nothing has that name." })];
    return [this.names("Types", types), fields.length ? heading("Fields") : null, fields.slice(0, SHOWN).map(([type, field]) => {
      const entry = this.line(type.name, field);
      entry.prepend(el("small", { className: "owner" }, this.link(type.name)));
      return entry;
    })];
  }
}

function heading(textContent) { return el("h4", { textContent }); }
function text(textContent) { return textContent ? el("p", { textContent }) : null; }
function deprecated(one) { return one.isDeprecated ? el("p", { className: "warn", textContent: `Deprecated: ${one.deprecationReason || "no reason is given"}` }) : null; }
function preset({ defaultValue }) { return defaultValue ? el("span", { className: "punct", textContent: ` = ${defaultValue}` }) : null; }
