/** Texts and elements: whatever an item holds becomes text, never markup. */

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
const INVISIBLE = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

/** The text with its colours taken out and everything invisible in it shown. */
export function shown(text) {
  return text.replace(ESCAPES, "").replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : `\\u{${code.toString(16)}}`;
  });
}

/** As `shown`, in one line. */
export function oneLine(text) {
  return shown(text).replace(/\n/g, "\u240a").replace(/\t/g, " ");
}

/** An element with attributes and children; texts become text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** A duration for people: `0.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function secondsText(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.095 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `1 item`, `1,200 items`. */
export function countText(count, one) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : `${one}s`}`;
}

/** A link to a file beside the page. */
export function fileLink(path) {
  return element("a", { href: path.split("/").map(encodeURIComponent).join("/") }, path);
}
