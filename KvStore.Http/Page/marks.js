// The colour and the letter by which a node is known in the whole page. The letter is for those who cannot tell the colours
// apart, and for a thirteenth node.

import { byName, element } from "./dom.js";

const Hues = 12;
const Letters = 26;

const places = new Map();

/** Gives new names their places. Who has one keeps it, so that a node that joins does not repaint the others. */
export function learn(names) {
    for (const name of [...new Set(names)].filter(name => name !== null && !places.has(name)).sort(byName)) {
        places.set(name, places.size);
    }
}

export function markOf(name) {
    const place = places.get(name) ?? 0;
    return { hue: String(place % Hues), letter: String.fromCharCode(65 + place % Letters) };
}

export function badge(name) {
    const { hue, letter } = markOf(name);
    return element("span", { class: "mark", "data-hue": hue, "aria-hidden": "true" }, letter);
}
