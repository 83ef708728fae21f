// The shard map: who holds which shard, and where the keys are.

import { Unknown, age, byId, byName, count, element, many, setAttribute, setText } from "./dom.js";
import { badge, markOf } from "./marks.js";

let shards = [];

/** The one cell that Tab leads to; the arrow keys go on from there. */
let current = 0;

export function showShards(cluster) {
    shards = cluster.shards;
    const map = byId("map");
    while (map.childElementCount > shards.length) {
        map.lastChild.remove();
    }
    while (map.childElementCount < shards.length) {
        map.append(element("button", { type: "button", tabindex: "-1" }));
    }
    current = Math.min(current, Math.max(0, shards.length - 1));
    const most = Math.max(1, ...shards.map(shard => shard.keys ?? 0));
    shards.forEach((shard, i) => showCell(map.children[i], shard, most, i === current));
    showDetails();
    showLegend();
    showCounted(cluster.countedAt);
}

function showCell(cell, shard, most, isCurrent) {
    const mark = shard.node === null ? null : markOf(shard.node);
    setText(cell, mark?.letter ?? "");
    setAttribute(cell, "class", mark === null ? "cell free" : shard.keys === null ? "cell uncounted" : "cell");
    setAttribute(cell, "data-hue", mark?.hue ?? "");
    setAttribute(cell, "tabindex", isCurrent ? "0" : "-1");
    setAttribute(cell, "aria-label", sentenceOf(shard));
    setAttribute(cell, "title", sentenceOf(shard));
    cell.style.setProperty("--heat", String(Math.round(100 * (shard.keys ?? 0) / most) / 100));
}

function sentenceOf({ shard, node, keys, epoch }) {
    const held = node === null ? "nobody holds it" : node;
    return `Shard ${shard}: ${held}, ${keys === null ? "keys not counted" : many(keys, "key", "keys")}, epoch ${epoch}`;
}

function showDetails() {
    setText(byId("shard"), shards[current] ? sentenceOf(shards[current]) : "This node has not read yet which shards there are.");
}

function showCounted(countedAt) {
    setText(byId("counted"), countedAt === null ? "keys could not be counted"
        : `keys counted ${age(Date.now() - Date.parse(countedAt))} ago`);
}

function showLegend() {
    const byHolder = Map.groupBy(shards, shard => shard.node);
    const holders = [...byHolder.keys()].sort((one, other) => one === null ? 1 : other === null ? -1 : byName(one, other));
    byId("legend").replaceChildren(...holders.map(holder => {
        const held = byHolder.get(holder);
        const keys = held.some(shard => shard.keys === null) ? Unknown : count(held.reduce((all, shard) => all + shard.keys, 0));
        return element("li", {},
            holder === null ? element("span", { class: "mark free", "aria-hidden": "true" }) : badge(holder),
            element("bdi", {}, holder ?? "held by nobody"),
            element("span", { class: "muted" }, `${many(held.length, "shard", "shards")}, ${keys} keys`));
    }));
}

function moveTo(index) {
    const cells = byId("map").children;
    if (!cells[index]) {
        return;
    }
    cells[current].tabIndex = -1;
    cells[index].tabIndex = 0;
    current = index;
    showDetails();
}

function columns() {
    return getComputedStyle(byId("map")).gridTemplateColumns.split(" ").length;
}

export function startShards() {
    const map = byId("map");
    const indexOf = target => [...map.children].indexOf(target.closest(".cell"));
    map.addEventListener("focusin", event => moveTo(indexOf(event.target)));
    map.addEventListener("pointerover", event => moveTo(indexOf(event.target)));
    map.addEventListener("keydown", event => {
        const steps = {
            ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns(), Home: -current, End: shards.length - 1 - current,
        };
        const step = steps[event.key];
        if (step !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
            event.preventDefault();
            map.children[current + step]?.focus();
        }
    });
}
