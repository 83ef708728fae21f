// The table of members. Rows stay and change in place, so that a link keeps its focus.

import { Unknown, byId, byName, count, element, latency, rate, setAttribute, setText, webAddress } from "./dom.js";
import { badge } from "./marks.js";
import { drawSpark } from "./spark.js";

const rows = new Map();

/** How each cell is found out. A state is good, busy, bad or none, and is written in words too. */
const cells = [
    { label: "Status", text: member => member.status, state: member => member.status === "Up" ? "good" : "busy" },
    { label: "Roles", isLong: true, text: member => member.roles.join(", ") || Unknown },
    { label: "Reachable", text: member => member.reachable ? "yes" : "no", state: member => member.reachable ? "good" : "bad" },
    { label: "Lease", text: leaseOf, state: member => ({ valid: "good", lost: "bad" })[leaseOf(member)] ?? "none" },
    { label: "Shards", number: true, text: member => count(member.heldShards) },
    { label: "Live keys", number: true, text: member => count(member.liveKeys) },
    { label: "Queued rows", number: true, text: member => count(member.queuedRows) },
    { label: "Requests/s", number: true, text: (_, figures) => rate(figures.perSecond) },
    { label: "p50", number: true, text: (_, figures) => latency(figures.p50) },
    { label: "p99", number: true, text: (_, figures) => latency(figures.p99) },
];

function leaseOf({ leaseValid }) {
    return leaseValid === null ? Unknown : leaseValid ? "valid" : "lost";
}

export function showMembers(cluster, figures) {
    const sorted = [...cluster.members].sort((one, other) => byName(one.name ?? one.address, other.name ?? other.address));
    const addresses = new Set(sorted.map(member => member.address));
    for (const [address, row] of rows) {
        if (!addresses.has(address)) {
            row.remove();
            rows.delete(address);
        }
    }
    sorted.forEach((member, i) => {
        const row = rowOf(member);
        const own = figures.get(member.address);
        setAttribute(row, "class", member.reachable ? "" : "lost");
        showName(row.children[0], member, member.address === cluster.node.address);
        cells.forEach((cell, column) => {
            const target = row.children[column + 1].firstChild;
            const text = cell.text(member, own);
            setText(target, text);
            if (cell.isLong) {
                setAttribute(target, "title", text);
            }
            if (cell.state) {
                setAttribute(target, "data-state", cell.state(member));
            }
        });
        drawSpark(row.querySelector("svg"), own.history);
        const body = byId("members");
        if (body.children[i] !== row) {
            body.insertBefore(row, body.children[i] ?? null);
        }
    });
}

function rowOf({ address }) {
    if (!rows.has(address)) {
        const spark = byId("total-spark").cloneNode();
        spark.removeAttribute("id");
        rows.set(address, element("tr", { role: "row", title: address },
            element("th", { scope: "row", role: "rowheader" }),
            ...cells.map(({ label, number }) =>
                element("td", { role: "cell", class: number ? "number" : null, "data-label": label }, element("span"))),
            element("td", { role: "cell", "data-label": "Last 2 min" }, spark)));
    }
    return rows.get(address);
}

/** A member's name leads to its own page. It is made anew only when it changes. */
function showName(cell, { name, address, http }, isSelf) {
    const href = isSelf ? null : webAddress(http);
    const shown = JSON.stringify([name, href]);
    if (cell.dataset.shown === shown) {
        return;
    }
    cell.dataset.shown = shown;
    const text = element("bdi", {}, name ?? address);
    cell.replaceChildren(...[
        name === null ? null : badge(name),
        href === null ? text : element("a", { href, rel: "noreferrer" }, text),
        isSelf ? element("span", { class: "tag" }, "this node") : null,
    ].filter(part => part !== null));
}
