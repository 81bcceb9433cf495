/** One item, opened: why it failed, what it printed, what it changed, how often it ran. */

import { diffBlock, outputBlock } from "./diff.js";
import { itemById, run, STATES } from "./state.js";
import { countText, element, fileLink, oneLine, secondsText, shown } from "./texts.js";

const dialog = document.getElementById("detail");

function part(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

function badge(state, word) {
  return element("span", { class: `badge ${state}` }, word);
}

function conflictPart([files, others], open) {
  const counterparts = others.map(([id, name]) => {
    const other = itemById.get(id);
    const text = oneLine(name);
    return element(
      "li",
      {},
      other ? element("button", { type: "button", class: "link", onclick: () => open(other) }, text) : text,
    );
  });
  return part(
    "Conflict",
    element("p", {}, "These files do not merge:"),
    element("ul", {}, ...files.map((file) => element("li", {}, element("code", {}, oneLine(file))))),
    others.length ? element("p", {}, "with what these items changed before:") : null,
    element("ul", {}, ...counterparts),
  );
}

function stepsPart(steps) {
  const rows = steps.map(([name, command, exitCode, seconds, captured, note, tries]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element(
        "td",
        { class: "wide" },
        element("code", { class: "command" }, shown(command)),
        captured ? element("div", { class: "quiet" }, `captured ${oneLine(captured)}`) : null,
        note ? element("div", { class: "quiet" }, oneLine(note)) : null,
        tries ? element("div", { class: "quiet" }, `executed ${countText(tries, "time")}`) : null,
      ),
      element("td", { class: exitCode ? "number bad" : "number" }, exitCode === null ? "–" : String(exitCode)),
      element("td", { class: "number" }, secondsText(seconds)),
    ),
  );
  const heads = ["step", "command", "exit", "time"].map((word, column) =>
    element("th", { scope: "col", class: column > 1 ? "number" : null }, word),
  );
  return part(
    "Steps",
    element(
      "table",
      { class: "plain" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
}

function attemptsPart(attempts) {
  const rows = attempts.map(([number, state, start, seconds, slot, error]) => {
    const when = start === null ? "in an earlier attempt at the run" : `started at ${secondsText(start)}`;
    const where = slot === null ? "" : `, slot ${slot}`;
    return element(
      "li",
      {},
      `${number}: ${state.replace("_", " ")} after ${secondsText(seconds)}, ${when}${where}`,
      error ? element("div", { class: "quiet" }, oneLine(error)) : null,
    );
  });
  return part(attempts.length === 1 ? "Execution" : "Executions", element("ul", {}, ...rows));
}

function excerpt(title, path, text, bytes, block, which) {
  if (!path) return null;
  const kept = text ? new TextEncoder().encode(text).length : 0;
  const cut = text && bytes > kept ? ` (the ${which}; ${Math.ceil(bytes / 1024).toLocaleString("en")} KiB in all)` : "";
  return part(title, element("p", {}, fileLink(path), cut), text ? block(text, title) : null);
}

function bodyOf(item, open) {
  const known = run.details[item.id];
  if (!known) return [element("p", {}, "The page holds no more about this item: see results.json and the log.")];
  const files = known.files ?? [];
  const more = item.files - files.length;
  return [
    known.problem ? element("p", { class: "why" }, shown(known.problem)) : null,
    known.conflict ? conflictPart(known.conflict, open) : null,
    known.output
      ? part(`Output of ${known.step ?? "the failed step"}`, outputBlock(known.output, "Output of the failed step"))
      : null,
    known.reproduce
      ? part("Reproduce", element("p", {}, element("code", { class: "command" }, known.reproduce)))
      : null,
    known.missing ? element("p", { class: "quiet" }, `Not in this page, but in results.json: ${known.missing}`) : null,
    known.steps ? stepsPart(known.steps) : null,
    excerpt("Patch", known.patch, known.patchText, known.patchBytes, diffBlock, "begin"),
    excerpt("Log", known.log, known.logText, known.logBytes, outputBlock, "end"),
    known.attempts ? attemptsPart(known.attempts) : null,
    known.commits
      ? part(
          "Commits",
          element("p", {}, known.commits.join(", "), known.landed ? ` (${known.landed})` : ""),
          element(
            "ul",
            {},
            ...files.map((file) => element("li", {}, element("code", {}, oneLine(file)))),
            more > 0 ? element("li", {}, `${more} more`) : null,
          ),
        )
      : null,
    part(
      "Item",
      element("p", { class: "quiet" }, "key ", element("code", {}, oneLine(known.key))),
      outputBlock(known.item, "The item"),
    ),
  ];
}

export class Detail {
  #list = () => [];
  #closed;
  #item = null;

  /** `list` gives the items between which the reader goes on; `closed` is called with the item that was open. */
  constructor(list, closed) {
    this.#list = list;
    this.#closed = closed;
    dialog.addEventListener("close", () => {
      history.replaceState(null, "", location.pathname + location.search);
      this.#closed(this.#item);
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, n: 1, ArrowLeft: -1, p: -1 }[event.key];
      if (step && !event.ctrlKey && !event.altKey && !event.metaKey && event.target.tagName !== "PRE") this.#go(step);
    });
  }

  open(item) {
    this.#item = item;
    const list = this.#list();
    const place = list.indexOf(item);
    const state = STATES[item.state];
    const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
    const go = (step, word) =>
      element("button", { type: "button", disabled: !list[place + step], onclick: () => this.#go(step) }, word);
    dialog.replaceChildren(
      element(
        "header",
        {},
        element("h2", { id: "detail-title", tabindex: "-1" }, oneLine(item.name)),
        element("span", { class: "buttons" }, go(-1, "Previous"), go(1, "Next"), close),
      ),
      element(
        "p",
        { class: "facts" },
        badge(state.name, state.word),
        ` item ${item.id}`,
        item.executions ? ` · ${secondsText(item.seconds)}` : "",
      ),
      ...bodyOf(item, (other) => this.open(other)).filter(Boolean),
    );
    history.replaceState(null, "", `#item-${item.id}`);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    document.getElementById("detail-title").focus();
  }

  /** Open the item that the page's address names, if it names one. */
  openAddressed() {
    const id = /^#item-(\d+)$/.exec(location.hash)?.[1];
    const item = id === undefined ? null : itemById.get(Number(id));
    if (item) this.open(item);
  }

  #go(step) {
    const list = this.#list();
    const next = list[list.indexOf(this.#item) + step];
    if (next) this.open(next);
  }
}
