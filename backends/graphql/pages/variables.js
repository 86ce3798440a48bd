// The variables pane: what an operation declares, completed and checked against its types. Pure.

import { jsonTokens, readObject } from "./json.js";
import { typeText } from "./schema.js";

const FITS = {
  Int: (value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31,
  Float: (value) => typeof value === "number",
  String: (value) => typeof value === "string",
  Boolean: (value) => typeof value === "boolean",
  ID: (value) => typeof value === "string" || Number.isInteger(value),
};

/** Marks for a JSON text, against [{name, type, optional}] with types in the shape of introspection. */
export function checkVariables(text, declared, schema) {
  const { value, fault } = readObject(text);
  if (fault) return [{ ...fault, weight: "error" }];
  if (!declared) return [];
  const marks = [];
  const keys = jsonTokens(text).filter(({ kind }) => kind === "key");
  const place = (name) => keys.find((key) => key.text === JSON.stringify(name)) || { start: 0, end: 1 };
  for (const name of Object.keys(value)) {
    const known = declared.find((one) => one.name === name);
    const why = known ? misfit(value[name], known.type, schema) : "the operation declares no such variable";
    if (why) marks.push({ ...span(place(name)), message: `${name}: ${why}.`, weight: known ? "error" : "warning" });
  }
  for (const { name, type, optional } of declared) {
    if (!(name in value) && type.kind === "NON_NULL" && !optional) {
      marks.push({ start: 0, end: 1, message: `${name}: ${typeText(type)} is needed.`, weight: "error" });
    }
  }
  return marks;
}

function span({ start, end }) { return { start, end }; }

/** Why a value is not of a type; empty when it is. */
function misfit(value, type, schema) {
  if (type.kind === "NON_NULL") return value === null ? `null is not allowed, ${typeText(type)} is needed` : misfit(value, type.ofType, schema);
  if (value === null) return "";
  if (type.kind === "LIST") {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item) => misfit(item, type.ofType, schema)).find(Boolean) || "";
  }
  const named = schema.type(type.name);
  if (named?.kind === "ENUM") {
    const names = named.enumValues.map((one) => one.name);
    return names.includes(value) ? "" : `this should be one of ${names.join(", ")}`;
  }
  if (named?.kind === "INPUT_OBJECT") return misfitObject(value, named, schema);
  return FITS[type.name] && !FITS[type.name](value) ? `this should be ${type.name}` : "";
}

function misfitObject(value, type, schema) {
  if (typeof value !== "object" || Array.isArray(value)) return `this should be an object, ${type.name}`;
  for (const name of Object.keys(value)) {
    const field = type.inputFields.find((one) => one.name === name);
    const why = field ? misfit(value[name], field.type, schema) : `${type.name} has no such field`;
    if (why) return `${name}: ${why}`;
  }
  const missing = type.inputFields.find((one) => one.type.kind === "NON_NULL" && one.defaultValue == null && !(one.name in value));
  return missing ? `${missing.name}: ${typeText(missing.type)} is needed` : "";
}

/** {from, items}: keys that are not there yet, where a key may stand. */
export function completeKeys(text, offset, candidates) {
  const [typed] = /"?\w*$/.exec(text.slice(0, offset));
  const before = text.slice(0, offset - typed.length).trimEnd();
  if (before && !/[{,]$/.test(before)) return null;
  const word = typed.replace('"', "");
  const items = candidates.filter(({ name }) => name.toLowerCase().startsWith(word.toLowerCase()) && !text.includes(`"${name}"`));
  const closed = typed.startsWith('"') && text[offset] === '"';
  return { from: offset - typed.length, items: items.map(({ name, detail }) => (
    { text: name, detail, insert: `${before ? "" : "{ "}"${name}${closed ? "" : '": '}` })) };
}
