// Says where in a document the cursor is, and what may be written there. Pure. It reads tokens, not the tree:
// while somebody types, the document is broken most of the time.

import { isRequired, namedType, typeText } from "./schema.js";
import { tokens } from "./lexer.js";

const ROOTS = ["query", "mutation", "subscription"];
const WORDS = [...ROOTS.map((text) => ({ text, detail: "operation" })), { text: "fragment", detail: "on a type" }];

/** {from, word, frame, last, before}: the innermost open bracket and the token before the word at the offset. */
export function contextAt(text, offset, schema) {
  const all = tokens(text.slice(0, offset));
  const tail = all[all.length - 1];
  if (tail && tail.end === offset && (tail.kind === "comment" || (tail.kind === "string" && tail.text.length > 1))) return null;
  if (tail && (tail.kind === "comment" && !text.slice(tail.end, offset).includes("\n"))) return null;
  if (tail?.kind === "bad" && tail.text.startsWith('"')) return null;
  const word = tail && tail.kind === "name" && tail.end === offset ? all.pop() : null;
  const frames = [{ kind: "document" }];
  let before = null;
  all.filter((token) => token.kind !== "comment").forEach((token, index, list) => {
    step(frames, token, before, list[index - 2], schema);
    before = token;
  });
  return { from: word ? word.start : offset, word: word ? word.text : "", frame: frames[frames.length - 1], before, frames };
}

function step(frames, token, before, earlier, schema) {
  const top = frames[frames.length - 1];
  const push = (frame) => frames.push(frame);
  if (token.text === "{" && token.kind === "punct") {
    if (top.kind === "args" || top.kind === "list" || top.kind === "object") push({ kind: "object", ...inputOf(top, schema) });
    else push({ kind: "selection", type: top.next || (top.kind === "document" ? schema.roots.query : null) });
    top.next = null;
  } else if (token.text === "[" && top.kind !== "variables") push({ kind: "list", arg: top.arg });
  else if (token.text === "(") {
    const declares = top.kind === "document" && before?.text !== "@" && !top.directive;
    push(declares ? { kind: "variables" } : { kind: "args", ...(top.directive || top.owner) });
    top.directive = null;
  } else if (["}", ")"].includes(token.text) || (token.text === "]" && top.kind === "list")) {
    if (frames.length > 1) frames.pop();
    const now = frames[frames.length - 1];
    if (token.text === "}" && now.kind === "document") now.word = null;
  } else if (token.kind === "name") word(top, token, before, earlier, schema);
}

function word(top, token, before, earlier, schema) {
  if (before?.text === "@") {
    top.directive = { args: schema.directives.get(token.text)?.args || [], title: `@${token.text}` };
  } else if (top.kind === "document") {
    if (before?.text === "on") top.next = token.text;
    else if (ROOTS.includes(token.text) && !top.word) { top.word = token.text; top.next = schema.roots[token.text]; }
    else if (token.text === "fragment") top.word = token.text;
  } else if (top.kind === "selection") {
    if (before?.text === "on" && earlier?.text === "...") top.next = token.text;
    else if (before?.text !== "...") {
      const field = schema.field(top.type, token.text);
      top.owner = { args: field?.args || [], title: token.text };
      top.next = field ? namedType(field.type) : null;
    } else if (token.text === "on") top.next = null;
    else top.next = top.type;
  } else if ((top.kind === "args" || top.kind === "object") && before?.text !== ":" && before?.text !== "$") {
    top.arg = (top.args || []).find((arg) => arg.name === token.text) || null;
    top.given = [...(top.given || []), token.text];
  }
}

function inputOf(top, schema) {
  const type = top.arg && schema.type(namedType(top.arg.type));
  return { args: type?.inputFields || [], title: type?.name };
}

/** {from, items} for the offset, or null. An item is {text, detail, note, insert, deprecated}. */
export function complete(text, offset, schema) {
  const context = schema && contextAt(text, offset, schema);
  if (!context) return null;
  const items = candidates(context, text, schema);
  return { from: context.from, items: rank(items, context.word) };
}

function rank(items, word) {
  const low = word.toLowerCase();
  const score = ({ text }) => {
    const at = text.toLowerCase().indexOf(low);
    return at < 0 ? null : (at === 0 ? 0 : 2) + (text.startsWith("__") ? 1 : 0);
  };
  return items.map((item) => [score(item), item]).filter(([value]) => value !== null)
    .sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

function candidates({ frame, before, frames }, text, schema) {
  const last = before?.text;
  if (last === "@") return [...schema.directives.values()].map((one) => ({ text: one.name, detail: "directive", note: one.description }));
  if (frame.kind === "variables") {
    return [":", "["].includes(last) ? typeItems(schema.own.filter((type) => schema.isInput(type.name))) : [];
  }
  if (frame.kind === "document") {
    if (last === "on") return typeItems(schema.own.filter((type) => schema.isComposite(type.name)));
    return frame.word || last === "fragment" ? [] : WORDS.filter(({ text: one }) => one === "fragment" || schema.roots[one]);
  }
  if (frame.kind === "selection") return selectionItems(frame, last, frames, text, schema);
  if (last === "$") return variableItems(text);
  if (last === ":" || frame.kind === "list") return valueItems(frame.arg, text, schema);
  return (frame.args || []).filter((arg) => !(frame.given || []).includes(arg.name))
    .map((arg) => ({ text: arg.name, insert: `${arg.name}: `, detail: typeText(arg.type), note: arg.description,
      mark: isRequired(arg) ? "required" : "" }));
}

function selectionItems(frame, last, frames, text, schema) {
  if (last === "on") {
    const here = schema.possible(frame.type);
    const fits = (type) => schema.isComposite(type.name) && schema.possible(type.name).some((name) => here.includes(name));
    return typeItems(schema.own.filter(fits));
  }
  if (last === "...") {
    const found = [...text.matchAll(/\bfragment\s+(\w+)\s+on\s+(\w+)/g)].map(([, name, on]) => ({ text: name, detail: `on ${on}` }));
    return [{ text: "on", insert: "on ", detail: "a type" }, ...found];
  }
  if (last === ":") frame.owner = null; // after an alias: the field itself
  return schema.fields(frame.type).map((field) => ({ text: field.name, detail: typeText(field.type), note: field.description,
    deprecated: field.isDeprecated, mark: field.args?.some(isRequired) ? "(…)" : "" }));
}

function valueItems(arg, text, schema) {
  const type = arg && schema.type(namedType(arg.type));
  const values = (type?.enumValues || []).map((one) => ({ text: one.name, detail: type.name, note: one.description, deprecated: one.isDeprecated }));
  if (type?.name === "Boolean") values.push({ text: "true", detail: "Boolean" }, { text: "false", detail: "Boolean" });
  return [...values, ...variableItems(text).map((item) => ({ ...item, text: `$${item.text}` }))];
}

function variableItems(text) {
  return [...text.matchAll(/\$(\w+)\s*:\s*([[\]\w!]+)/g)].map(([, name, type]) => ({ text: name, detail: type }));
}

function typeItems(types) {
  return types.map((type) => ({ text: type.name, detail: type.kind.toLowerCase().replace("_", " "), note: type.description }));
}

/** Fields that make a selection of a type useful at once: its scalars, or else a level deeper. */
export function usefulFields(schema, name, deep = 2) {
  const plain = (schema.type(name)?.fields || []).filter((field) => !field.args.some(isRequired) && !field.isDeprecated);
  const leaves = plain.filter((field) => !schema.isComposite(namedType(field.type))).map((field) => field.name);
  if (leaves.length || !deep) return leaves.length ? leaves.join(" ") : "__typename";
  return plain.slice(0, 1).map((field) => `${field.name} { ${usefulFields(schema, namedType(field.type), deep - 1)} }`).join(" ") || "__typename";
}
