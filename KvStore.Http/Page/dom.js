// Elements and numbers. What comes from the cluster is other people's text: it goes into the page as text and never as markup.

export const byId = id => document.getElementById(id);

/** An element with attributes (named in this page, never by data) and children; a string becomes text, null is left out. */
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== null && value !== false) {
            made.setAttribute(name, value === true ? "" : value);
        }
    }
    made.append(...children.filter(child => child !== null));
    return made;
}

/** Changes what has changed only: a selection stays, and nothing is read out twice. */
export function setText(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

export function setAttribute(node, name, value) {
    if (node.getAttribute(name) !== value) {
        node.setAttribute(name, value);
    }
}

/** A link that only goes where a web page can be. */
export function webAddress(text) {
    const url = URL.canParse(text ?? "") ? new URL(text) : null;
    return url?.protocol === "http:" || url?.protocol === "https:" ? url.href : null;
}

/** Names as people count: node-2 before node-10. */
export const byName = new Intl.Collator("en", { numeric: true }).compare;

const whole = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const Unknown = "–";

export const count = number => Number.isFinite(number) ? whole.format(number) : Unknown;

export const many = (number, one, more) => `${count(number)} ${number === 1 ? one : more}`;

export function rate(perSecond) {
    if (!Number.isFinite(perSecond)) {
        return Unknown;
    }
    return perSecond > 0 && perSecond < 100 ? tenths.format(perSecond) : whole.format(Math.round(perSecond));
}

/** A latency of rates.js: null where nothing was measured, `over` where all that is known is that it was longer. */
export function latency(measured) {
    if (measured === null) {
        return Unknown;
    }
    const milliseconds = measured.seconds * 1000;
    const text = milliseconds < 99.5 ? `${milliseconds.toPrecision(2)} ms` : milliseconds < 999.5 ? `${Math.round(milliseconds)} ms`
        : `${(milliseconds / 1000).toFixed(1)} s`;
    return measured.over ? `> ${text}` : text;
}

export function age(milliseconds) {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** How many bytes the text is as UTF-8. */
export function size(text) {
    const bytes = new TextEncoder().encode(text).length;
    return bytes < 10_000 ? many(bytes, "byte", "bytes") : bytes < 1_000_000 ? `${whole.format(Math.round(bytes / 1024))} KiB`
        : `${tenths.format(bytes / 1024 / 1024)} MiB`;
}
