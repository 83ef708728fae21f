// A line of the last values, the newest at the right end.

import { rate, setAttribute } from "./dom.js";
import { HistoryLength } from "./rates.js";

const Width = 120;
const Height = 24;
const Margin = 2;

/** Draws into an <svg>. Where a value is null the line has a gap. */
export function drawSpark(svg, history) {
    setAttribute(svg, "viewBox", `0 0 ${Width} ${Height}`);
    setAttribute(svg, "preserveAspectRatio", "none");
    const known = history.filter(value => value !== null);
    const top = Math.max(...known, 0);
    setAttribute(svg, "aria-label", known.length === 0 ? "no requests counted yet" : `at most ${rate(top)} requests a second`);
    if (svg.childElementCount === 0) {
        for (const name of ["area", "line"]) {
            const path = document.createElementNS(svg.namespaceURI, "path");
            path.setAttribute("class", name);
            svg.append(path);
        }
    }
    const runs = runsOf(history, top);
    const lines = runs.map(run => `M${run.map(([x, y]) => `${x} ${y}`).join("L")}`);
    setAttribute(svg.children[0], "d", runs.map((run, i) => `${lines[i]}L${run.at(-1)[0]} ${Height}L${run[0][0]} ${Height}Z`).join(""));
    setAttribute(svg.children[1], "d", lines.join(""));
}

/** Neighbouring values as points; one that stands alone is as wide as a step. */
function runsOf(history, top) {
    const step = Width / (HistoryLength - 1);
    const runs = [];
    let run = null;
    history.forEach((value, i) => {
        if (value === null) {
            run = null;
            return;
        }
        const x = Width - (history.length - 1 - i) * step;
        const y = Height - Margin - (top > 0 ? value / top : 0) * (Height - 2 * Margin);
        if (run === null) {
            run = [[round(x - step / 2), round(y)]];
            runs.push(run);
        }
        run.push([round(x), round(y)]);
    });
    return runs;
}

const round = number => Math.round(number * 10) / 10;
