// What the keys do in an editor beyond writing themselves: indents, brackets in pairs, comments. Each function
// changes the editor by `replace`, so that undo undoes it, and the last ones say whether they had something to do.

export const PAIRS = { "(": ")", "[": "]", "{": "}", '"': '"' };
const CLOSERS = new Set(Object.values(PAIRS));
const STEP = "  ";

/** Tab indents; after Escape it leaves the editor, so that nobody is caught in here. */
export function tab(editor, back) {
  if (editor.leaving) return false;
  const { selectionStart, selectionEnd } = editor.area;
  if (!back && selectionStart === selectionEnd) { editor.replace(selectionStart, selectionEnd, STEP); return true; }
  eachLine(editor, (line) => (back ? line.replace(/^ {1,2}|^\t/, "") : line && STEP + line));
  return true;
}

/** Comment the lines out at their common indent, or, when all of them are, back in. */
export function toggleComment(editor) {
  const { comment } = editor.language;
  const real = (lines) => lines.filter((line, _, all) => line.trim() || all.length === 1);
  eachLine(editor, (line, lines) => {
    const all = real(lines).every((one) => one.trim().startsWith(comment));
    if (all) return line.replace(new RegExp(`^(\\s*)${comment} ?`), "$1");
    const indent = Math.min(...real(lines).map((one) => /^\s*/.exec(one)[0].length));
    return line.trim() || lines.length === 1 ? `${line.slice(0, indent)}${comment} ${line.slice(indent)}` : line;
  });
}

/** Change the lines of the selection; what was selected stays so. */
function eachLine(editor, change) {
  const { text, area: { selectionStart, selectionEnd } } = editor;
  const start = text.lastIndexOf("\n", selectionStart - 1) + 1;
  const inner = selectionEnd > selectionStart && text[selectionEnd - 1] === "\n" ? selectionEnd - 1 : selectionEnd;
  const found = text.indexOf("\n", inner);
  const end = found < 0 ? text.length : found;
  const lines = text.slice(start, end).split("\n");
  const made = lines.map((line) => change(line, lines));
  const joined = made.join("\n");
  if (joined === text.slice(start, end)) return;
  const first = made[0].length - lines[0].length;
  editor.replace(start, end, joined, Math.max(start, selectionStart + first), selectionEnd + joined.length - (end - start));
}

export function enter(editor) {
  const { selectionStart: start, selectionEnd: end } = editor.area;
  const [indent] = /^\s*/.exec(editor.text.slice(editor.text.lastIndexOf("\n", start - 1) + 1, start));
  const before = editor.before(-1);
  const opens = Boolean(PAIRS[before]) && before !== '"';
  const deeper = opens ? indent + STEP : indent;
  const split = opens && editor.text[end] === PAIRS[before] ? `\n${indent}` : "";
  editor.replace(start, end, `\n${deeper}${split}`, start + 1 + deeper.length);
}

export function erase(editor) {
  const { selectionStart: at, selectionEnd } = editor.area;
  if (at !== selectionEnd || !at || PAIRS[editor.text[at - 1]] !== editor.text[at]) return false;
  editor.replace(at - 1, at + 1, "");
  return true;
}

export function bracket(editor, key) {
  const { selectionStart: start, selectionEnd: end } = editor.area;
  const after = editor.text[end] || "";
  if (start === end && CLOSERS.has(key) && after === key) { editor.area.setSelectionRange(start + 1, start + 1); return true; }
  const closer = PAIRS[key];
  if (!closer) return outdent(editor, key, start, end);
  const chosen = editor.text.slice(start, end);
  const free = !after || /[\s)\]},:]/.test(after);
  if (!chosen && (!free || (key === '"' && /[\w"]/.test(editor.before(-1))))) return false;
  editor.replace(start, end, key + chosen + closer, start + 1, start + 1 + chosen.length);
  return true;
}

/** A closing brace as the first of its line steps back. */
function outdent(editor, key, start, end) {
  const line = editor.text.slice(editor.text.lastIndexOf("\n", start - 1) + 1, start);
  if (!/[}\])]/.test(key) || start !== end || line.trim() || line.length < STEP.length) return false;
  editor.replace(start - STEP.length, end, key);
  return true;
}
