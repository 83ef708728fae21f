// Asks again and again, one request at a time, and not while nobody looks.

const Every = 2_000;

/** A node that is stopped keeps its connections: without an end, one request would wait for ever. */
const Patience = 10_000;

/** Calls `read` with a signal that ends it, now and then every two seconds for as long as the page is visible. */
export function startPolling(read) {
    let timer = 0;
    let running = null;
    const round = async () => {
        const mine = new AbortController();
        running = mine;
        const started = performance.now();
        try {
            await read(AbortSignal.any([mine.signal, AbortSignal.timeout(Patience)]), mine.signal);
        } finally {
            if (running === mine) {
                running = null;
                timer = setTimeout(round, Math.max(0, Every - (performance.now() - started)));
            }
        }
    };
    const follow = () => {
        clearTimeout(timer);
        if (document.hidden) {
            running?.abort();
            running = null;
        } else if (running === null) {
            round();
        }
    };
    document.addEventListener("visibilitychange", follow);
    follow();
}
