// What the query editor knows about GraphQL, with the schema once it is there.

import { check } from "./check.js";
import { complete, contextAt, usefulFields } from "./complete.js";
import { parsed } from "./parser.js";
import { isRequired, namedType, typeText } from "./schema.js";
import { tokens } from "./lexer.js";

const WORDS_OF_DEFINITIONS = new Set(["query", "mutation", "subscription", "fragment"]);
const WORDS_OF_VALUES = new Set(["true", "false", "null"]);

export class GraphqlLanguage {
  comment = "#";
  schema = null;

  /** Tokens with the kinds that are coloured apart. */
  tokens(text) {
    const found = tokens(text);
    const written = found.filter(({ kind }) => kind !== "comment");
    let round = 0;
    written.forEach((token, index) => {
      if (token.text === "(") round += 1;
      if (token.text === ")") round -= 1;
      token.kind = colourOf(token, written[index - 1]?.text, written[index + 1], round > 0);
    });
    return found;
  }

  check(text) { return check(text, this.schema); }
  complete(text, offset) { return complete(text, offset, this.schema); }

  /** {type, field} of the name around an offset, or null. */
  named(text, offset) {
    const token = tokens(text).find(({ kind, start, end }) => kind === "name" && start <= offset && offset < end);
    if (!token || !this.schema) return null;
    if (this.schema.type(token.text)) return { type: token.text, field: null };
    const frame = contextAt(text, token.end, this.schema)?.frame;
    if (frame?.kind !== "selection") return null;
    const field = this.schema.field(frame.type, token.text);
    return field && { type: frame.type, field };
  }

  hint(text, offset) {
    const found = this.named(text, offset);
    if (!found?.field) return null;
    const { type, field } = found;
    return `${type}.${field.name}: ${typeText(field.type)}${field.description ? `\n${field.description}` : ""}`;
  }

  /** Where fields are missing and which would be useful: [{at, insert}], last first. */
  missing(text) {
    const found = [];
    const look = (nodes, parent) => nodes.forEach((node) => {
      if (node.kind === "inline") return look(node.selections, node.on?.text || parent);
      const field = node.kind === "field" && this.schema.field(parent, node.name.text);
      const type = field && namedType(field.type);
      if (!field || !this.schema.isComposite(type)) return;
      if (node.selections) look(node.selections, type);
      else found.unshift({ at: node.end, insert: ` { ${usefulFields(this.schema, type)} }` });
    });
    const definitions = (this.schema && parsed(text)?.definitions) || [];
    definitions.forEach((node) => look(node.selections, node.on?.text || this.schema.roots[node.operation]));
    return found;
  }

  /** The document with a field in it, at the offset if it fits there, else as an operation of its own. */
  withField(text, offset, parent, field) {
    const { schema } = this;
    const args = field.args.filter(isRequired).map((arg) => `${arg.name}: ${sample(arg.type)}`).join(", ");
    const type = namedType(field.type);
    const made = field.name + (args ? `(${args})` : "") + (schema.isComposite(type) ? ` { ${usefulFields(schema, type)} }` : "");
    const context = contextAt(text, offset, schema);
    const fits = context?.frame.kind === "selection" && context.frame.type === parent;
    if (fits) return { start: offset, insert: ` ${made} ` };
    const kind = Object.keys(schema.roots).find((one) => schema.roots[one] === parent);
    if (!kind) return null;
    const name = field.name[0].toUpperCase() + field.name.slice(1);
    return { start: text.length, insert: `${text.trim() ? "\n" : ""}${kind} ${name} { ${made} }\n` };
  }
}

function colourOf({ kind, text }, before, after, inside) {
  if (text === "$" || text === "@") return "variable";
  if (kind !== "name") return kind;
  if (before === "$" || before === "@") return "variable";
  if (before === "on") return "type";
  if (inside) {
    if (after?.text === ":") return "key";
    if (WORDS_OF_VALUES.has(text)) return "word";
    return /^[A-Z]/.test(text) && (before === ":" || before === "[") ? "type" : kind;
  }
  const leads = WORDS_OF_DEFINITIONS.has(text) && (!before || before === "}") && after?.text !== "}";
  return leads || (text === "on" && (before === "..." || after?.kind === "name")) ? "word" : kind;
}

function sample(type) {
  const bare = type.kind === "NON_NULL" ? type.ofType : type;
  if (bare.kind === "LIST") return "[]";
  return { Int: "1", Float: "1.0", Boolean: "true", ID: '"1"', String: '""' }[bare.name] || "{}";
}

/** The operations of a readable document: {name, kind, start, end, variables}. */
export function operations(text, language) {
  const document = parsed(text);
  return (document?.definitions || []).filter((node) => node.kind === "operation").map((node) => ({
    name: node.name?.text || "", kind: node.operation, start: node.start, end: node.end,
    variables: language.schema && node.variables.map(({ name, type, value }) => (
      { name: name.text, type: described(type, language.schema), optional: Boolean(value) })) }));
}

function described({ name, list, required }, schema) {
  const bare = list ? { kind: "LIST", ofType: described(list, schema) } : { kind: schema.type(name)?.kind, name };
  return required ? { kind: "NON_NULL", ofType: bare } : bare;
}
