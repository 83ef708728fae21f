// Requests a second and latencies, from counters that only grow for as long as a node runs.

export const HistoryLength = 60;

/** After a longer pause, such as a hidden tab's, an average would say nothing about now. */
const LongestInterval = 30_000;

const Nothing = { perSecond: null, p50: null, p99: null };

export class Rates {
    #last = new Map();
    #histories = new Map();
    #ofAll = [];

    /** Takes one poll's members, sent for at `at` milliseconds; gives figures and history for each address and for all. */
    add(members, at) {
        const intervals = new Map(members.map(member => [member.address, this.#interval(member, at)]));
        this.#forgetOthers(intervals);
        const known = [...intervals.values()].filter(interval => interval !== null);
        const ofAll = known.length > 0 ? figures(sum(known)) : Nothing;
        remember(this.#ofAll, ofAll.perSecond);
        const byAddress = new Map();
        for (const [address, interval] of intervals) {
            const own = interval === null ? Nothing : figures(interval);
            const history = this.#histories.get(address) ?? [];
            remember(history, own.perSecond);
            this.#histories.set(address, history);
            byAddress.set(address, { ...own, history });
        }
        return { byAddress, ofAll: { ...ofAll, history: this.#ofAll } };
    }

    #interval({ address, requests }, at) {
        if (!isHistogram(requests)) {
            return null;
        }
        const last = this.#last.get(address);
        this.#last.set(address, { requests, at });
        return last && at > last.at && at - last.at <= LongestInterval ? difference(last.requests, requests, (at - last.at) / 1000) : null;
    }

    #forgetOthers(current) {
        for (const kept of [this.#last, this.#histories]) {
            for (const address of kept.keys()) {
                if (!current.has(address)) {
                    kept.delete(address);
                }
            }
        }
    }
}

function isHistogram(requests) {
    return Number.isFinite(requests?.count) && Array.isArray(requests.boundsSeconds) && Array.isArray(requests.counts)
        && requests.counts.length === requests.boundsSeconds.length + 1;
}

/** Null where a count went down: then the node was started again, and only the next poll has something to compare with. */
function difference(before, now, seconds) {
    if (!sameBounds(before.boundsSeconds, now.boundsSeconds)) {
        return null;
    }
    const count = now.count - before.count;
    const counts = now.counts.map((ofBucket, i) => ofBucket - before.counts[i]);
    return count < 0 || counts.some(ofBucket => ofBucket < 0) ? null
        : { perSecond: count / seconds, bounds: now.boundsSeconds, counts };
}

/** Of several nodes. Nodes of two versions may have other bounds; then only their rates can be added. */
function sum(intervals) {
    const [first] = intervals;
    const perSecond = intervals.reduce((all, interval) => all + interval.perSecond, 0);
    if (!intervals.every(interval => sameBounds(interval.bounds, first.bounds))) {
        return { perSecond, bounds: [], counts: [0] };
    }
    const counts = first.counts.map((_, i) => intervals.reduce((all, interval) => all + interval.counts[i], 0));
    return { perSecond, bounds: first.bounds, counts };
}

function figures({ perSecond, bounds, counts }) {
    return { perSecond, p50: quantile(bounds, counts, 0.5), p99: quantile(bounds, counts, 0.99) };
}

/** Where in its bucket a request was nobody knows: as in Prometheus, they are taken to be spread evenly. */
export function quantile(bounds, counts, share) {
    const rank = share * counts.reduce((all, ofBucket) => all + ofBucket, 0);
    if (rank === 0) {
        return null;
    }
    let below = 0;
    for (let i = 0; i < bounds.length; i++) {
        if (counts[i] > 0 && below + counts[i] >= rank) {
            const lower = i === 0 ? 0 : bounds[i - 1];
            return { seconds: lower + (bounds[i] - lower) * (rank - below) / counts[i], over: false };
        }
        below += counts[i];
    }
    return { seconds: bounds.at(-1) ?? 0, over: true };
}

function sameBounds(some, others) {
    return some.length === others.length && some.every((bound, i) => bound === others[i]);
}

function remember(history, value) {
    history.push(value);
    if (history.length > HistoryLength) {
        history.shift();
    }
}
