// The page of the cluster: asks this node for its view every two seconds, and shows it or why there is none.

import { age, byId, byName, count, element, latency, rate, setText, webAddress } from "./dom.js";
import { markKeys, startKeys } from "./keys.js";
import { Refused } from "./listing.js";
import { learn } from "./marks.js";
import { showMembers } from "./members.js";
import { startPolling } from "./poll.js";
import { Rates } from "./rates.js";
import { showShards, startShards } from "./shards.js";
import { drawSpark } from "./spark.js";

/** A node that has not answered for so long is said not to answer, though its request may still be under way. */
const Silence = 6_000;

const rates = new Rates();

let cluster = null;
let answeredAt = null;
let askingSince = null;
let fault = null;

async function read(signal, hidden) {
    const at = performance.now();
    askingSince ??= Date.now();
    try {
        cluster = await ask(signal);
    } catch (error) {
        if (hidden.aborted) {
            askingSince = null;
            return;
        }
        // What the browser says of a connection that failed says nothing to a reader.
        fault = error instanceof Refused ? error.message : "does not answer";
        showState();
        return;
    }
    answeredAt = Date.now();
    askingSince = null;
    fault = null;
    show(rates.add(cluster.members, at));
    showState();
}

async function ask(signal) {
    const response = await fetch("cluster", { signal, cache: "no-store" });
    if (!response.ok) {
        throw new Refused(`answers with status ${response.status}`);
    }
    return await response.json();
}

function show({ byAddress, ofAll }) {
    const { members, shards } = cluster;
    learn([...members.map(member => member.name), ...shards.map(shard => shard.node)]);
    const up = members.filter(member => member.status === "Up" && member.reachable).length;
    const held = shards.filter(shard => shard.node !== null).length;
    const isCounted = shards.length > 0 && shards.every(shard => shard.keys !== null);
    setText(byId("total-nodes"), `${up} of ${members.length}`);
    setText(byId("total-shards"), `${held} of ${shards.length}`);
    setText(byId("total-keys"), count(isCounted ? shards.reduce((all, shard) => all + shard.keys, 0) : null));
    setText(byId("total-rate"), rate(ofAll.perSecond));
    setText(byId("total-p50"), latency(ofAll.p50));
    setText(byId("total-p99"), latency(ofAll.p99));
    byId("total-nodes").dataset.state = up === members.length ? "" : "bad";
    byId("total-shards").dataset.state = held === shards.length ? "" : "bad";
    drawSpark(byId("total-spark"), ofAll.history);
    showMembers(cluster, byAddress);
    showShards(cluster);
    markKeys();
    document.title = `${cluster.node.name} · KvStore`;
}

/** Says whether what is shown is of now. The age is no part of what is read out: it changes every second. */
function showState() {
    const name = cluster?.node.name ?? location.host;
    const isSilent = fault === null && askingSince !== null && Date.now() - askingSince > Silence;
    const said = fault ?? (isSilent ? "does not answer" : null);
    const banner = byId("banner");
    banner.hidden = said === null;
    document.body.classList.toggle("stale", said !== null);
    setText(byId("fault"), said === null ? "" : `${name}${name === location.host ? "" : ` (${location.host})`} ${said}.`);
    setText(byId("age"), answeredAt === null ? "There is nothing to show yet." : `What is shown is ${age(Date.now() - answeredAt)} old.`);
    setText(byId("source"), answeredAt === null ? "" : said === null ? `as ${name} sees it, live` : `as ${name} saw it`);
    byId("source").dataset.state = said === null ? "good" : "bad";
    if (said !== null) {
        showOthers();
    }
}

/** Every node serves this page, so another one may tell more. */
function showOthers() {
    const others = (cluster?.members ?? []).filter(member => member.address !== cluster.node.address && webAddress(member.http) !== null);
    const shown = JSON.stringify(others.map(member => member.http));
    const target = byId("others");
    if (target.dataset.shown !== shown) {
        target.dataset.shown = shown;
        const links = others.sort((one, other) => byName(one.name ?? "", other.name ?? "")).map(member =>
            element("a", { href: webAddress(member.http), rel: "noreferrer" }, element("bdi", {}, member.name ?? member.address)));
        const listed = links.flatMap((link, i) => i === 0 ? ["Ask another node: ", link] : [", ", link]);
        target.replaceChildren(...listed);
    }
}

startShards();
startKeys();
startPolling(read);
setInterval(showState, 1_000);
