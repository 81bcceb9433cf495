/** A patch with its lines coloured by what they mean. */

import { element, shown } from "./texts.js";

function kindOf(line, inHunk) {
  if (/^(diff --git|index |new file|deleted file|old mode|new mode|similarity|rename |copy |Binary )/.test(line))
    return "meta";
  if (line.startsWith("@@")) return "hunk";
  if (!inHunk && (line.startsWith("--- ") || line.startsWith("+++ "))) return "meta";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "";
}

/** The patch as a block of text. */
export function diffBlock(patch, label) {
  const block = element("pre", { class: "diff", tabindex: "0", role: "region", "aria-label": label });
  let inHunk = false;
  for (const line of patch.replace(/\n$/, "").split("\n")) {
    const kind = kindOf(line, inHunk);
    if (kind === "hunk") inHunk = true;
    else if (line.startsWith("diff --git")) inHunk = false;
    block.append(element("span", kind ? { class: kind } : {}, `${shown(line)}\n`));
  }
  return block;
}

/** Output of programs as a block of text. */
export function outputBlock(text, label) {
  return element(
    "pre",
    { class: "output", tabindex: "0", role: "region", "aria-label": label },
    shown(text.replace(/\n$/, "")),
  );
}
