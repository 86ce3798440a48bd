// Lines between panes that can be dragged, or moved with the arrow keys.

import { keep, recall } from "./memory.js";

/** Make each `.split` change the custom property it names, between its bounds; sizes are kept. */
export function makeResizable(root) {
  const sizes = recall("panes", {});
  for (const line of document.querySelectorAll(".split")) {
    const { sets, unit = "", least, most, preset } = line.dataset;
    const upright = line.getAttribute("aria-orientation") === "vertical";
    const put = (value) => {
      const size = Math.round(Math.min(Number(most), Math.max(Number(least), value)));
      root.style.setProperty(sets, `${size}${unit}`);
      line.setAttribute("aria-valuenow", String(size));
      sizes[sets] = size;
    };
    const save = () => keep("panes", sizes);
    line.setAttribute("aria-valuemin", least);
    line.setAttribute("aria-valuemax", most);
    put(Number(sizes[sets]) || Number(preset));
    line.addEventListener("pointerdown", (event) => { event.preventDefault(); line.setPointerCapture(event.pointerId); });
    line.addEventListener("pointermove", (event) => {
      if (line.hasPointerCapture(event.pointerId)) put(sizeAt(line, event, upright, unit));
    });
    line.addEventListener("pointerup", save);
    line.addEventListener("dblclick", () => { put(Number(preset)); save(); });
    line.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
      if (step) { put(sizes[sets] + step * (unit ? 16 : 3)); save(); }
    });
  }
}

/** Pixels for the pane before the line, or its share of both neighbours in percent. */
function sizeAt(line, event, upright, unit) {
  const before = line.previousElementSibling.getBoundingClientRect();
  const after = line.nextElementSibling.getBoundingClientRect();
  const [from, to, at] = upright ? [before.left, after.right, event.clientX] : [before.top, after.bottom, event.clientY];
  return unit ? at - from : (100 * (at - from)) / (to - from);
}
