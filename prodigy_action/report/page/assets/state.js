/** The run as the page holds it. */

const parsed = JSON.parse(document.getElementById("data").textContent);

export const run = parsed;

/** State and word for people; items name them by position. */
export const STATES = parsed.states.map(([name, word]) => ({ name, word }));

export const items = parsed.items.map(([id, name, state, seconds, executions, files, reason]) => ({
  id,
  name,
  state,
  seconds,
  executions,
  files,
  reasonNumber: reason,
  reason: reason < 0 ? "" : parsed.reasons[reason],
}));

export const itemById = new Map(items.map((item) => [item.id, item]));
