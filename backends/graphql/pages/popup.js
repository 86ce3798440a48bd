// The list of completions under the cursor. It never takes the focus: the editor sends it the keys.

import { el } from "./dom.js";

let made = 0;

export class Popup {
  /** `owner` is the textarea; `choose` gets the item that was picked. */
  constructor(owner, choose) {
    this.owner = owner;
    this.choose = choose;
    this.items = [];
    this.id = `popup-${made += 1}`;
    this.list = el("ul", { id: this.id, role: "listbox", "aria-label": "Completions" });
    this.note = el("p", { className: "note" });
    this.box = el("div", { className: "popup", hidden: true, onmousedown: (event) => event.preventDefault() }, this.list, this.note);
    document.body.append(this.box);
    owner.setAttribute("aria-autocomplete", "list");
    owner.setAttribute("aria-controls", this.id);
  }

  get open() { return !this.box.hidden; }

  show(items, place) {
    this.items = items.slice(0, 60);
    if (!this.items.length) return this.hide();
    this.list.replaceChildren(...this.items.map((item, index) => el("li", {
      id: `${this.id}-${index}`, role: "option", className: item.deprecated ? "old" : "", onclick: () => this.choose(item),
    }, el("b", { textContent: item.text }), el("i", { textContent: item.mark || "" }), el("small", { textContent: item.detail || "" }))));
    this.box.hidden = false;
    const below = place.bottom + this.box.offsetHeight < innerHeight;
    this.box.style.left = `${Math.max(4, Math.min(place.left, innerWidth - this.box.offsetWidth - 8))}px`;
    this.box.style.top = `${below ? place.bottom + 2 : Math.max(4, place.top - this.box.offsetHeight - 2)}px`;
    this.select(0);
  }

  hide() {
    this.box.hidden = true;
    this.owner.removeAttribute("aria-activedescendant");
  }

  select(index) {
    this.index = (index + this.items.length) % this.items.length;
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.index)));
    this.list.children[this.index].scrollIntoView({ block: "nearest" });
    this.owner.setAttribute("aria-activedescendant", `${this.id}-${this.index}`);
    const { note, deprecated } = this.items[this.index];
    this.note.textContent = `${deprecated ? "Deprecated. " : ""}${note || ""}`;
    this.note.hidden = !this.note.textContent;
  }

  /** Whether the key was ours. */
  key(name) {
    if (!this.open) return false;
    if (name === "ArrowDown") this.select(this.index + 1);
    else if (name === "ArrowUp") this.select(this.index - 1);
    else if (name === "PageDown") this.select(Math.min(this.index + 8, this.items.length - 1));
    else if (name === "PageUp") this.select(Math.max(this.index - 8, 0));
    else if (name === "Escape") this.hide();
    else if (name === "Enter" || name === "Tab") this.choose(this.items[this.index]);
    else return false;
    return true;
  }
}
