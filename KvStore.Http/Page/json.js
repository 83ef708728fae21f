// JSON as it was sent. Parsing it and writing it again would change it: 1e400 would be lost, 12.50 would become 12.5, and of
// two members of one name one would go. So the text is only cut into its tokens.

const Space = " \t\r\n";
const Marks = "{}[],:";

/** Where each token begins and ends. The text is known to be JSON. */
export function* tokens(text) {
    let at = 0;
    while (at < text.length) {
        const start = at;
        const first = text[at++];
        if (Space.includes(first)) {
            continue;
        }
        if (first === '"') {
            at = endOfString(text, at);
        } else if (!Marks.includes(first)) {
            while (at < text.length && !Marks.includes(text[at]) && !Space.includes(text[at])) {
                at++;
            }
        }
        yield { start, end: at };
    }
}

function endOfString(text, at) {
    while (at < text.length && text[at] !== '"') {
        at += text[at] === "\\" ? 2 : 1;
    }
    return at + 1;
}

/** The members of an object by their names, each value as it was sent. */
export function membersOf(text) {
    const members = new Map();
    let depth = 0;
    let name = null;
    let start = -1;
    let last = -1;
    for (const token of tokens(text)) {
        const first = text[token.start];
        if (depth === 1 && (first === "," || first === "}")) {
            if (name !== null) {
                members.set(name, text.slice(start, last));
            }
            name = null;
            start = -1;
        } else if (depth === 1 && name === null) {
            name = JSON.parse(text.slice(token.start, token.end));
        } else if (depth > 0 && !(first === ":" && start < 0)) {
            start = start < 0 ? token.start : start;
            last = token.end;
        }
        depth += "{[".includes(first) ? 1 : "}]".includes(first) ? -1 : 0;
    }
    return members;
}

/** The text in pieces, each with its kind, with line breaks and indentation between its tokens. */
export function* indented(text) {
    const open = [];
    let before = "";
    for (const { start, end } of tokens(text)) {
        const piece = text.slice(start, end);
        const closes = piece === "}" || piece === "]";
        if (closes) {
            open.pop();
        }
        if (closes ? before !== "{" && before !== "[" : "{[,".includes(before) && before !== "") {
            yield { kind: "space", text: `\n${"  ".repeat(open.length)}` };
        }
        const isName = open.at(-1) === "{" && (before === "{" || before === ",");
        yield { kind: isName ? "name" : kindOf(piece), text: piece };
        if (piece === ":") {
            yield { kind: "space", text: " " };
        } else if (piece === "{" || piece === "[") {
            open.push(piece);
        }
        before = piece;
    }
}

function kindOf(piece) {
    const first = piece[0];
    return first === '"' ? "string" : Marks.includes(first) ? "mark" : "tfn".includes(first) ? "literal" : "number";
}
