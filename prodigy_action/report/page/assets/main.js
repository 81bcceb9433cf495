/** Puts the parts together. */

import { Detail } from "./detail.js";
import { clearFilter, filter, isFiltered, searchFor } from "./filters.js";
import { items, run } from "./state.js";
import { ItemTable } from "./table.js";
import { countText } from "./texts.js";
import { startTheme } from "./theme.js";
import { Timeline } from "./timeline.js";

const search = document.getElementById("search");
const clear = document.getElementById("clear");
const chips = [...document.querySelectorAll(".chip")];
const groups = [...document.querySelectorAll(".group")];

const detail = new Detail(
  () => table.shown,
  (item) => table.focus(item),
);
const table = new ItemTable((item) => detail.open(item));
const timeline = document.getElementById("timeline") ? new Timeline((item) => detail.open(item)) : null;

function isChosen(group) {
  return filter.reason === Number(group.dataset.reason) && filter.states.has(group.dataset.state);
}

function update() {
  table.refresh();
  const shownItems = table.shown.length;
  const of = shownItems === items.length ? "" : ` of ${items.length.toLocaleString("en")}`;
  document.getElementById("shown").textContent = `${countText(shownItems, "item").replace(" ", `${of} `)} shown`;
  for (const chip of chips) chip.setAttribute("aria-pressed", String(filter.states.has(chip.dataset.state)));
  for (const group of groups) group.classList.toggle("chosen", isChosen(group));
  clear.hidden = !isFiltered();
}

for (const chip of chips) {
  chip.addEventListener("click", () => {
    const state = chip.dataset.state;
    if (!filter.states.delete(state)) filter.states.add(state);
    filter.reason = null;
    update();
  });
}
for (const group of groups) {
  group.addEventListener("click", () => {
    const again = isChosen(group);
    clearFilter();
    search.value = "";
    if (!again) {
      filter.states.add(group.dataset.state);
      filter.reason = Number(group.dataset.reason);
    }
    update();
    if (!again) document.getElementById("items").scrollIntoView({ block: "start" });
  });
}
clear.addEventListener("click", () => {
  clearFilter();
  search.value = "";
  update();
  search.focus();
});
search.addEventListener("input", () => {
  searchFor(search.value);
  update();
});
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    table.focus();
  }
});
addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, dialog, dialog *");
  if (event.key !== "/" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  search.focus();
});
addEventListener("hashchange", () => detail.openAddressed());

document.getElementById("plain").remove();
search.hidden = false;
document.getElementById("keys").hidden = items.length === 0;
document.getElementById("scroller").hidden = run.planned === 0;
startTheme(() => timeline?.recolour());
update();
detail.openAddressed();
