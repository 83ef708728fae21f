// Keys and values, as this server answers for them.

import { membersOf } from "./json.js";

export const PageSize = 50;

/** A page of large values ends early: nobody reads megabytes in a table. */
const MaxPageChars = 2_000_000;

const PreviewChars = 300;

/** Why there is no answer, as sentences for a person. Any other error is a fault of this page. */
export class Refused extends Error {
}

/** Awaits what comes from the network. Of a connection that failed the browser says nothing that would help a reader. */
async function received(promise, signal) {
    try {
        return await promise;
    } catch (fault) {
        if (signal.reason?.name === "AbortError") {
            throw fault;
        }
        throw new Refused("The node does not answer.");
    }
}

async function ask(path, signal) {
    return await received(fetch(path, { signal, cache: "no-store" }), signal);
}

/** What a problem document (RFC 9457) says. A proxy on the way may answer with something else. */
async function refusal(response) {
    const problem = await response.json().catch(() => null);
    return new Refused(problem?.title ? `${problem.title}. ${problem.detail ?? ""}` : `The node answers with status ${response.status}.`);
}

/** Gives the entries of one page to `onEntry`, as they come; true where there are more keys. */
export async function readPage(prefix, after, signal, onEntry) {
    const query = new URLSearchParams({ prefix, limit: String(PageSize + 1), values: "true" });
    if (after !== null) {
        query.set("after", after);
    }
    const response = await ask(`kv?${query}`, signal);
    if (!response.ok) {
        throw await refusal(response);
    }
    let entries = 0;
    let chars = 0;
    for await (const line of linesOf(response.body, signal)) {
        if (entries === PageSize || chars > MaxPageChars) {
            return true;
        }
        const members = membersOf(line);
        onEntry({
            key: JSON.parse(members.get("key")),
            node: JSON.parse(members.get("node")),
            version: members.get("version"),
            preview: members.get("value").slice(0, PreviewChars),
        });
        entries++;
        chars += line.length;
    }
    return false;
}

/** The lines of a stream. Who stops reading ends the request. */
async function* linesOf(body, signal) {
    const reader = body.pipeThrough(new TextDecoderStream("utf-8", { ignoreBOM: true })).getReader();
    let rest = [];
    try {
        for (;;) {
            const { done, value } = await received(reader.read(), signal);
            if (done) {
                return;
            }
            const parts = value.split("\n");
            rest.push(parts[0]);
            for (const part of parts.slice(1)) {
                yield rest.join("");
                rest = [part];
            }
        }
    } finally {
        await reader.cancel().catch(() => {});
    }
}

/** One key's value and version, each as it was sent; null where there is none (any more). */
export async function readKey(key, signal) {
    // A dot stays a dot: a segment of dots alone is no key, so nothing is rewritten on the way.
    const response = await ask(pathOf(key), signal);
    if (response.status === 404) {
        return null;
    }
    if (!response.ok) {
        throw await refusal(response);
    }
    const members = membersOf(await received(response.text(), signal));
    return { value: members.get("value"), version: members.get("version"), node: response.headers.get("KvStore-Node") };
}

export const pathOf = key => `kv/${encodeURIComponent(key)}`;
