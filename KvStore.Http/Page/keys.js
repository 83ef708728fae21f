// The key browser: a search as you type, page by page, and each key's value on demand.

import { Unknown, byId, element, many, setText, size } from "./dom.js";
import { Refused, pathOf, readKey, readPage } from "./listing.js";
import { badge, markOf } from "./marks.js";
import { showValue } from "./value.js";

const TypingPause = 200;

/** A node gives up on its own before. */
const Patience = 30_000;

let search = new AbortController();
let prefix = "";
let last = null;
let shown = 0;

/** Begins a new search or goes on with the last one. The search before is aborted: its answer is wanted no more. */
async function find(goesOn) {
    search.abort();
    search = new AbortController();
    const { signal } = search;
    const body = byId("found");
    byId("more").hidden = true;
    body.setAttribute("aria-busy", "true");
    let isFirst = !goesOn;

    // What was found before stays until there is something new: no flicker while one types.
    const clear = () => {
        if (isFirst) {
            isFirst = false;
            shown = 0;
            last = null;
            body.replaceChildren();
        }
    };
    try {
        const hasMore = await readPage(prefix, goesOn ? last : null, signal, entry => {
            // An answer that comes late must not mix with the next one's.
            signal.throwIfAborted();
            clear();
            body.append(rowOf(entry));
            last = entry.key;
            shown++;
        });
        signal.throwIfAborted();
        clear();
        byId("more").hidden = !hasMore;
        setText(byId("found-note"), shown === 0 ? prefix === "" ? "There are no keys." : "No key begins with this."
            : hasMore ? `The first ${many(shown, "key", "keys")}` : many(shown, "key", "keys"));
    } catch (fault) {
        if (signal.aborted) {
            return;
        }
        if (!(fault instanceof Refused)) {
            throw fault;
        }
        const what = isFirst ? "The keys could not be listed." : `The list broke off after ${many(shown, "key", "keys")}.`;
        setText(byId("found-note"), `${what} ${fault.message}`);
        byId("more").hidden = isFirst;
        clear();
    } finally {
        if (!signal.aborted) {
            body.removeAttribute("aria-busy");
        }
    }
}

function rowOf(entry) {
    const key = element("button", { type: "button", class: "key", "aria-expanded": "false" }, element("bdi", {}, entry.key));
    const node = entry.node === null ? [Unknown] : [badge(entry.node), element("bdi", {}, entry.node)];
    const row = element("tr", { role: "row" },
        element("th", { scope: "row", role: "rowheader" }, key),
        element("td", { role: "cell", class: "preview" }, element("bdi", {}, entry.preview)),
        element("td", { role: "cell", class: "number version" }, entry.version),
        element("td", { role: "cell", class: "holder" }, ...node));
    key.addEventListener("click", () => toggle(row, key, entry));
    return row;
}

function toggle(row, key, entry) {
    const isOpen = key.getAttribute("aria-expanded") === "true";
    key.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) {
        row.nextSibling.remove();
        return;
    }
    const about = element("p", { class: "muted", role: "status" }, "Reading …");
    const again = element("button", { type: "button" }, "Read again");
    const value = element("div");
    row.after(element("tr", { role: "row", class: "opened" }, element("td", { role: "cell", colspan: "4" },
        element("div", { class: "foot" },
            about, again, element("a", { href: pathOf(entry.key), target: "_blank", rel: "noreferrer" }, "As JSON")),
        value)));
    const read = () => open(row, entry.key, about, value);
    again.addEventListener("click", read);
    read();
}

async function open(row, key, about, value) {
    let found;
    try {
        found = await readKey(key, AbortSignal.timeout(Patience));
    } catch (fault) {
        if (!(fault instanceof Refused)) {
            throw fault;
        }
        setText(about, `The key could not be read. ${fault.message}`);
        return;
    }
    if (found === null) {
        setText(about, "There is no value under this key any more.");
        value.replaceChildren();
        return;
    }
    setText(row.querySelector(".version"), found.version);
    setText(about, `Version ${found.version}, ${size(found.value)}${found.node === null ? "" : `, answered by ${found.node}`}`);
    showValue(value, found.value);
}

/** Names get their marks when the first view of the cluster comes, which may be after the first keys. */
export function markKeys() {
    for (const mark of byId("found").querySelectorAll(".mark")) {
        const { hue, letter } = markOf(mark.nextSibling.textContent);
        mark.dataset.hue = hue;
        setText(mark, letter);
    }
}

export function startKeys() {
    const input = byId("prefix");
    let typing = 0;
    const begin = () => {
        clearTimeout(typing);
        prefix = input.value;
        find(false);
    };
    byId("search").addEventListener("submit", event => {
        event.preventDefault();
        begin();
    });
    input.addEventListener("input", () => {
        clearTimeout(typing);
        typing = setTimeout(begin, TypingPause);
    });
    byId("more").addEventListener("click", () => find(true));
    begin();
}
