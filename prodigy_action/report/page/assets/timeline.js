/** The timeline: a row for the phases and one for every slot, drawn on a canvas. */

import { itemById, run, STATES } from "./state.js";
import { countText, oneLine, secondsText } from "./texts.js";

const LABELS = 64;
const AXIS = 22;
const GAP = 2;
const TICKS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 7 * 86400];
const WHOLE = [0, Math.max(run.seconds, 0.001)];

function tickText(seconds, step) {
  if (seconds < step / 2) return "0";
  if (step < 1) return `${seconds.toFixed(Math.ceil(-Math.log10(step)))} s`;
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    Math.round(seconds % 60),
  ];
  const parts = [hours && `${hours} h`, minutes && `${minutes} min`, rest && `${rest} s`];
  return parts.filter(Boolean).join(" ");
}

export class Timeline {
  #chart = document.getElementById("chart");
  #canvas = document.getElementById("canvas");
  #tip = document.getElementById("tip");
  #view = [...WHOLE];
  #path = new Set(run.path);
  #critical = false;
  #colours = {};
  #drag = null;
  #due = false;
  #rowHeight = run.slots.length > 60 ? 8 : run.slots.length > 24 ? 12 : 18;
  #open;

  /** `open` is called with the item whose bar the reader chooses. */
  constructor(open) {
    this.#open = open;
    document.getElementById("timeline").hidden = false;
    document.getElementById("zoom-in").addEventListener("click", () => this.#zoom(0.5));
    document.getElementById("zoom-out").addEventListener("click", () => this.#zoom(2));
    document.getElementById("zoom-fit").addEventListener("click", () => this.#show(...WHOLE));
    const critical = document.getElementById("critical");
    critical.addEventListener("click", () => {
      this.#critical = !this.#critical;
      critical.setAttribute("aria-pressed", String(this.#critical));
      this.draw();
    });
    this.#chart.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.#canvas.addEventListener("pointerup", (event) => this.#release(event));
    this.#canvas.addEventListener("pointerleave", () => {
      this.#tip.hidden = true;
    });
    new ResizeObserver(() => this.draw()).observe(this.#chart);
    this.recolour();
  }

  /** Take the colours of the page, which have changed. */
  recolour() {
    const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
    this.#colours = {
      0: of(".key.ok", "backgroundColor"),
      1: of(".key.failed", "backgroundColor"),
      2: of(".key.unfinished", "backgroundColor"),
      conflicted: of(".key.conflicted", "backgroundColor"),
      phase: of(".key.phase", "backgroundColor"),
      text: of("body", "color"),
      quiet: of(".legend", "color"),
      line: of(".chart", "borderTopColor"),
      ground: of(".card", "backgroundColor"),
    };
    this.draw();
  }

  /** Draw before the next frame. */
  draw() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#paint();
    });
  }

  #x(seconds) {
    const [from, to] = this.#view;
    return LABELS + ((seconds - from) / (to - from)) * (this.#canvas.clientWidth - LABELS);
  }

  #seconds(x) {
    const [from, to] = this.#view;
    return from + ((x - LABELS) / Math.max(this.#canvas.clientWidth - LABELS, 1)) * (to - from);
  }

  #y(row) {
    return AXIS + row * (this.#rowHeight + GAP) + (row > 0 ? 18 - this.#rowHeight : 0);
  }

  #paint() {
    const width = this.#chart.clientWidth;
    const height = this.#y(run.slots.length + 1) + 4;
    const scale = devicePixelRatio || 1;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const pen = this.#canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    this.#axis(pen, width, height);
    pen.save();
    pen.beginPath();
    pen.rect(LABELS, 0, width - LABELS, height);
    pen.clip();
    for (const [name, start, seconds, state] of run.phases) {
      const kind = state === "failed" ? 1 : "phase";
      this.#bar(pen, this.#y(0), 18, start, seconds, kind, name, false);
    }
    run.slots.forEach(([, bars], row) => {
      for (const [start, seconds, id, kind = 0, many = 1] of bars) {
        const dimmed = this.#critical && !this.#path.has(id);
        const item = many > 1 ? undefined : itemById.get(id);
        const colour = kind === 1 && STATES[item?.state]?.name === "conflicted" ? "conflicted" : kind;
        const name = many > 1 ? String(many) : (item?.name ?? String(id));
        this.#bar(pen, this.#y(row + 1), this.#rowHeight, start, seconds, colour, name, dimmed);
      }
    });
    pen.restore();
    pen.fillStyle = this.#colours.quiet;
    pen.fillText("phases", 2, this.#y(0) + 9);
    const each = Math.ceil(14 / (this.#rowHeight + GAP));
    run.slots.forEach(([slot], row) => {
      if (row % each === 0) pen.fillText(`slot ${slot}`, 2, this.#y(row + 1) + this.#rowHeight / 2);
    });
  }

  #axis(pen, width, height) {
    const [from, to] = this.#view;
    const least = (to - from) / Math.max((width - LABELS) / 90, 1);
    const unit = 10 ** Math.floor(Math.log10(least));
    const steps = least < 5 ? [1, 2, 5, 10].map((each) => each * unit) : TICKS;
    const step = steps.find((each) => each >= least) ?? least;
    pen.strokeStyle = this.#colours.line;
    pen.fillStyle = this.#colours.quiet;
    pen.beginPath();
    for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
      const x = Math.round(this.#x(tick)) + 0.5;
      pen.moveTo(x, AXIS - 4);
      pen.lineTo(x, height);
      const text = tickText(tick, step);
      if (x + pen.measureText(text).width < width) pen.fillText(text, x + 3, 9);
    }
    pen.stroke();
  }

  #bar(pen, y, height, start, seconds, kind, name, dimmed) {
    const crossed = kind === 1 || kind === "conflicted";
    const left = Math.max(this.#x(start), LABELS - 2);
    const right = Math.min(this.#x(start + seconds), this.#canvas.clientWidth + 2);
    if (right < LABELS || left > this.#canvas.clientWidth) return;
    const wide = Math.max(right - left - (right - left > 4 ? 1 : 0), 1);
    pen.globalAlpha = dimmed ? 0.25 : 1;
    pen.fillStyle = this.#colours[kind];
    pen.fillRect(left, y, wide, height);
    if (crossed && wide > 3) {
      pen.strokeStyle = this.#colours.ground; // a cross, for readers who do not see the colour
      pen.beginPath();
      const size = Math.min(wide, height) - 4;
      const [x0, y0] = [left + 2, y + (height - size) / 2];
      pen.moveTo(x0, y0);
      pen.lineTo(x0 + size, y0 + size);
      pen.moveTo(x0 + size, y0);
      pen.lineTo(x0, y0 + size);
      pen.stroke();
    }
    const room = wide - (crossed ? height + 4 : 8);
    if (height >= 12 && room > 24) {
      pen.fillStyle = this.#colours.ground;
      let text = oneLine(name);
      const most = Math.floor(room / 5.5);
      if (text.length > most) text = `${text.slice(0, most - 1)}…`;
      if (pen.measureText(text).width <= room) pen.fillText(text, left + (crossed ? height : 4), y + height / 2 + 1);
    }
    pen.globalAlpha = 1;
  }

  #show(from, to) {
    const span = Math.min(Math.max(to - from, WHOLE[1] / 100000), WHOLE[1]);
    const start = Math.min(Math.max(from, 0), WHOLE[1] - span);
    this.#view = [start, start + span];
    this.draw();
  }

  #zoom(factor, at = (this.#view[0] + this.#view[1]) / 2) {
    const [from, to] = this.#view;
    this.#show(at - (at - from) * factor, at + (to - at) * factor);
  }

  #pan(share) {
    const [from, to] = this.#view;
    const by = (to - from) * share;
    this.#show(from + by, to + by);
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const acts = {
      ArrowLeft: () => this.#pan(-0.2),
      ArrowRight: () => this.#pan(0.2),
      "+": () => this.#zoom(0.5),
      "=": () => this.#zoom(0.5),
      "-": () => this.#zoom(2),
      0: () => this.#show(...WHOLE),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    this.#zoom((event.deltaY || event.deltaX) < 0 ? 0.8 : 1.25, this.#seconds(event.offsetX));
  }

  #press(event) {
    this.#drag = { x: event.offsetX, view: [...this.#view], moved: false };
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.#drag) {
      const by = event.offsetX - this.#drag.x;
      if (Math.abs(by) > 3) this.#drag.moved = true;
      if (!this.#drag.moved) return;
      const [from, to] = this.#drag.view;
      const seconds = (by / Math.max(this.#canvas.clientWidth - LABELS, 1)) * (to - from);
      this.#show(from - seconds, to - seconds);
      return;
    }
    const bar = this.#barAt(event.offsetX, event.offsetY);
    this.#canvas.style.cursor = bar ? "pointer" : "grab";
    this.#tip.hidden = !bar;
    if (!bar) return;
    this.#tip.textContent = bar.text;
    const left = Math.min(event.offsetX + 12, this.#chart.clientWidth - this.#tip.offsetWidth - 4);
    this.#tip.style.left = `${Math.max(left, 0)}px`;
    this.#tip.style.top = `${event.offsetY + 16}px`;
  }

  #release(event) {
    const moved = this.#drag?.moved;
    this.#drag = null;
    const bar = moved ? null : this.#barAt(event.offsetX, event.offsetY);
    if (bar?.item) this.#open(bar.item);
  }

  #barAt(x, y) {
    if (x < LABELS) return null;
    const at = this.#seconds(x);
    const near = this.#seconds(x + 2) - at;
    const on = (top, height) => y >= top && y < top + height + GAP;
    if (on(this.#y(0), 18)) {
      const phase = run.phases.find(([, start, seconds]) => at >= start - near && at <= start + seconds + near);
      return phase ? { text: `${phase[0]}: ${secondsText(phase[2])}`, item: null } : null;
    }
    const row = run.slots.findIndex((_, place) => on(this.#y(place + 1), this.#rowHeight));
    const bar =
      row < 0 ? null : run.slots[row][1].find(([start, seconds]) => at >= start - near && at <= start + seconds + near);
    if (!bar) return null;
    const [start, seconds, id, , many = 1] = bar;
    const item = itemById.get(id) ?? null;
    const what = many > 1 ? countText(many, "execution") : item ? oneLine(item.name) : `item ${id}`;
    return { text: `${what}: ${secondsText(seconds)}, from ${secondsText(start)}`, item };
  }
}
