/** Which items are shown, and in which order. */

import { items, STATES } from "./state.js";

export const filter = { states: new Set(), reason: null, words: [], column: "state", descending: false };

const haystacks = new Map();

function haystack(item) {
  let text = haystacks.get(item.id);
  if (text === undefined) {
    text = `#${item.id} ${item.name} ${item.reason}`.toLowerCase();
    haystacks.set(item.id, text);
  }
  return text;
}

const collator = new Intl.Collator("en", { numeric: true });
const ORDERS = {
  id: (one, other) => one.id - other.id,
  name: (one, other) => collator.compare(one.name, other.name),
  state: (one, other) => one.state - other.state,
  reason: (one, other) => (one.reason < other.reason ? -1 : one.reason > other.reason ? 1 : 0),
  seconds: (one, other) => one.seconds - other.seconds,
  executions: (one, other) => one.executions - other.executions,
  files: (one, other) => one.files - other.files,
};

/** The items that the filter lets through, in its order; equal ones in item order. */
export function filteredItems() {
  const { states, reason, words, column, descending } = filter;
  const found = items.filter(
    (item) =>
      (states.size === 0 || states.has(STATES[item.state].name)) &&
      (reason === null || item.reasonNumber === reason) &&
      words.every((word) => haystack(item).includes(word)),
  );
  const order = ORDERS[column];
  return found.sort((one, other) => (descending ? order(other, one) : order(one, other)) || one.id - other.id);
}

/** Lets items through that have all words of the text. */
export function searchFor(text) {
  filter.words = text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Lets every item through. */
export function clearFilter() {
  filter.states.clear();
  filter.reason = null;
  filter.words = [];
}

export function isFiltered() {
  return filter.states.size > 0 || filter.reason !== null || filter.words.length > 0;
}
