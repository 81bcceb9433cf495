/** The table of items: only the rows in sight are in the document. */

import { filter, filteredItems } from "./filters.js";
import { STATES } from "./state.js";
import { countText, element, oneLine, secondsText } from "./texts.js";

const ROW_HEIGHT = 32;
const SPARE_ROWS = 10;
const PRINTED_ROWS = 1000;
const COLUMNS = [
  ["id", "#", "number"],
  ["name", "item", "name"],
  ["state", "state", ""],
  ["reason", "why", "reason"],
  ["seconds", "time", "number"],
  ["executions", "runs", "number minor"],
  ["files", "files", "number minor"],
];

export class ItemTable {
  #scroller = document.getElementById("scroller");
  #table = document.getElementById("table");
  #body = this.#table.tBodies[0];
  #rows = new Map();
  #above = this.#spacer();
  #below = this.#spacer();
  #open;
  #current = 0;
  #shown = [];

  /** `open` is called with the item that the reader opens. */
  constructor(open) {
    this.#open = open;
    this.#scroller.hidden = false;
    this.#heads();
    this.#scroller.addEventListener("scroll", () => this.#render(), { passive: true });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#render()).observe(this.#scroller);
    addEventListener("beforeprint", () => this.#render(PRINTED_ROWS));
    addEventListener("afterprint", () => this.#render());
  }

  get shown() {
    return this.#shown;
  }

  /** Show what the filter lets through. */
  refresh() {
    this.#shown = filteredItems();
    this.#current = 0;
    for (const row of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#table.setAttribute("aria-rowcount", String(this.#shown.length + 1));
    this.#scroller.scrollTop = 0;
    this.#render();
    for (const head of this.#table.tHead.rows[0].cells) {
      const sorted = head.dataset.column === filter.column;
      if (sorted) head.setAttribute("aria-sort", filter.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  /** Give the row of an item the focus, or the current one when the item is not shown. */
  focus(item) {
    const place = item ? this.#shown.indexOf(item) : -1;
    this.#moveTo(place < 0 ? this.#current : place);
  }

  #spacer() {
    return element(
      "tr",
      { "aria-hidden": "true", class: "spacer" },
      element("td"), // one cell: a wider one would give the columns that a narrow page hides their share of the width
    );
  }

  #heads() {
    for (const [column, word, kind] of COLUMNS) {
      const button = element("button", { type: "button" }, word);
      button.addEventListener("click", () => {
        filter.descending = filter.column === column ? !filter.descending : column === "seconds";
        filter.column = column;
        this.refresh();
      });
      const head = element("th", { scope: "col", class: kind, "data-column": column }, button);
      this.#table.tHead.rows[0].append(head);
    }
  }

  #render(printed = 0) {
    const count = this.#shown.length;
    const height = this.#scroller.clientHeight;
    const first = printed ? 0 : Math.max(Math.floor(this.#scroller.scrollTop / ROW_HEIGHT) - SPARE_ROWS, 0);
    const end = Math.min(printed || first + Math.ceil(height / ROW_HEIGHT) + 2 * SPARE_ROWS, count);
    for (const [place, row] of this.#rows) {
      if (place < first || place >= end) {
        row.remove();
        this.#rows.delete(place);
      }
    }
    this.#above.firstChild.style.height = `${first * ROW_HEIGHT}px`;
    this.#below.firstChild.style.height = `${Math.max(count - end, 0) * ROW_HEIGHT}px`;
    if (!this.#above.isConnected) this.#body.append(this.#above, this.#below);
    this.#above.hidden = first === 0;
    this.#below.hidden = end >= count;
    let next = this.#above.nextSibling;
    for (let place = first; place < end; place++) {
      let row = this.#rows.get(place);
      if (!row) {
        row = this.#row(this.#shown[place], place);
        this.#rows.set(place, row);
        this.#body.insertBefore(row, next);
      }
      next = row.nextSibling;
    }
    if (printed && count > end) {
      this.#below.firstChild.textContent = `${countText(count - end, "further item")} not printed`;
      this.#below.firstChild.style.height = "";
    } else this.#below.firstChild.textContent = "";
  }

  #row(item, place) {
    const state = STATES[item.state];
    const name = oneLine(item.name);
    const button = element(
      "button",
      { type: "button", tabindex: place === this.#current ? "0" : "-1", title: name },
      name,
    );
    const row = element(
      "tr",
      { "aria-rowindex": String(place + 2) },
      element("td", { class: "number" }, String(item.id)),
      element("td", { class: "name" }, button),
      element("td", {}, element("span", { class: `badge ${state.name}` }, state.word)),
      element("td", { class: "reason", title: oneLine(item.reason) }, oneLine(item.reason)),
      element("td", { class: "number" }, item.executions ? secondsText(item.seconds) : ""),
      element("td", { class: "number minor" }, String(item.executions)),
      element("td", { class: "number minor" }, String(item.files)),
    );
    row.addEventListener("click", () => {
      this.#setCurrent(place);
      this.#open(item);
    });
    return row;
  }

  #key(event) {
    const page = Math.max(Math.floor(this.#scroller.clientHeight / ROW_HEIGHT) - 2, 1);
    const last = this.#shown.length - 1;
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -last, End: last };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#moveTo(Math.min(Math.max(this.#current + steps[event.key], 0), last));
  }

  #moveTo(place) {
    if (!this.#shown[place]) return;
    const top = place * ROW_HEIGHT;
    const room = this.#scroller.clientHeight - 2 * ROW_HEIGHT;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top > this.#scroller.scrollTop + room) this.#scroller.scrollTop = top - room;
    this.#setCurrent(place);
    this.#render();
    this.#rows.get(place)?.querySelector("button").focus({ preventScroll: true });
  }

  #setCurrent(place) {
    this.#rows.get(this.#current)?.querySelector("button").setAttribute("tabindex", "-1");
    this.#current = place;
    this.#rows.get(place)?.querySelector("button").setAttribute("tabindex", "0");
  }
}
