// One value, indented and coloured, and never more of it than a page can bear.

import { element, size } from "./dom.js";
import { indented } from "./json.js";

const ShownChars = 5_000;

export function showValue(target, json) {
    const { pieces, isCut } = colouredStart(json);
    const text = element("pre", { class: "value", tabindex: "0", "aria-label": "Value" }, ...pieces);
    target.replaceChildren(text);
    if (isCut) {
        const all = element("button", { type: "button" }, `Show all, ${size(json)}`);
        all.addEventListener("click", () => {
            // As one piece: an element for each of a hundred thousand tokens would stop the page.
            text.textContent = [...indented(json)].map(piece => piece.text).join("");
            all.remove();
            text.focus();
        });
        target.append(all);
    }
}

function colouredStart(json) {
    const pieces = [];
    let left = ShownChars;
    for (const { kind, text } of indented(json)) {
        if (left <= 0) {
            return { pieces: [...pieces, "…"], isCut: true };
        }
        const isWhole = text.length <= left;
        const part = isWhole ? text : text.slice(0, left);
        pieces.push(kind === "space" || kind === "mark" ? part : element("span", { class: kind }, part));
        if (!isWhole) {
            return { pieces: [...pieces, "…"], isCut: true };
        }
        left -= text.length;
    }
    return { pieces, isCut: false };
}
