/** Something wrong with a JSON text: where in the document (as in a.b[0].c), and what, with line and column. */
export type JsonProblem = { readonly path: string; readonly message: string };

/** No answer lists more than this many problems, however many the text has. */
export const maxReported = 20;

/** What to look for in a JSON text besides its grammar. */
export type ScanRules = {
  readonly maxDepth: number;
  /** Refuse escaped control characters other than NUL in keys. */
  readonly keyControl: boolean;
  /** Refuse them in values. */
  readonly valueControl: boolean;
};

/** What a scan found: the text is JSON that keeps the rules when there are no problems. */
export type ScanReport = {
  readonly problems: readonly JsonProblem[];
  readonly inexact: readonly JsonProblem[];
};

/** A container that is open. An object's `at` is undefined until its first key; its set is made with its second. */
type Frame =
  | { readonly kind: 'object'; keys: Set<string> | undefined; at: string | undefined }
  | { readonly kind: 'array'; at: number };

type Scanner = ScanRules & {
  readonly text: string;
  readonly frames: Frame[];
  readonly problems: JsonProblem[];
  readonly inexact: JsonProblem[];
  pos: number;
};

const quote = 0x22;
const backslash = 0x5c;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literalToken = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

/** Walks a JSON text once, with a stack of its own, so that depth costs no call stack; builds no value. */
export function scanJson(text: string, rules: ScanRules): ScanReport {
  const s: Scanner = { ...rules, text, frames: [], problems: [], inexact: [], pos: 0 };
  walk(s);
  return { problems: s.problems, inexact: s.inexact };
}

/** Reads the whole document, value by value; stops at what makes the rest unreadable. */
function walk(s: Scanner): void {
  do {
    if (!readValue(s)) return;
  } while (readSeparators(s));
}

/** Reads a scalar, or opens containers down to the first value in them; false ends the walk. */
function readValue(s: Scanner): boolean {
  for (;;) {
    skipSpace(s);
    const c = s.text[s.pos];
    if (c === '"') return readString(s, s.valueControl) !== undefined;
    if (c !== '{' && c !== '[') return readScalar(s);
    if (s.frames.length >= s.maxDepth) return halt(s, `nested deeper than ${s.maxDepth} levels`);
    s.pos += 1;
    skipSpace(s);
    const empty = s.text[s.pos] === (c === '{' ? '}' : ']');
    s.frames.push(c === '{' ? { kind: 'object', keys: undefined, at: undefined } : { kind: 'array', at: 0 });
    if (empty) return true;
    if (c === '{' && !readKey(s)) return false;
  }
}

/** After a value: closes what ends here; true when another value follows. */
function readSeparators(s: Scanner): boolean {
  for (;;) {
    skipSpace(s);
    const c = s.text[s.pos];
    const frame = s.frames.at(-1);
    if (frame === undefined)
      return c === undefined ? false : halt(s, `${describe(s)} after the end of the document`);
    const close = frame.kind === 'array' ? ']' : '}';
    if (c === close) {
      s.frames.pop();
      s.pos += 1;
      continue;
    }
    if (c !== ',') return halt(s, `expected "," or "${close}", found ${describe(s)}`);
    s.pos += 1;
    if (frame.kind === 'object') return readKey(s);
    frame.at += 1;
    return true;
  }
}

function readKey(s: Scanner): boolean {
  skipSpace(s);
  if (s.text[s.pos] !== '"') return halt(s, `expected a key in double quotes, found ${describe(s)}`);
  const start = s.pos;
  const key = readString(s, s.keyControl);
  if (key === undefined) return false;
  if (isSecond(s.frames.at(-1), key)) report(s, s.problems, 'is a duplicate key', start);
  skipSpace(s);
  if (s.text[s.pos] !== ':') return halt(s, `expected ":", found ${describe(s)}`);
  s.pos += 1;
  return true;
}

/** Notes that the object now stands at this key; true when it has had the key before. */
function isSecond(frame: Frame | undefined, key: string): boolean {
  if (frame?.kind !== 'object') return false;
  const previous = frame.at;
  frame.at = key;
  if (previous === undefined) return false;
  frame.keys ??= new Set([previous]);
  const before = frame.keys.size;
  return frame.keys.add(key).size === before;
}

/** The decoded string, or undefined when it has no end or an unknown escape. */
function readString(s: Scanner, refuseControl: boolean): string | undefined {
  const start = s.pos;
  s.pos += 1;
  let plain = true;
  for (;;) {
    const c = s.text.charCodeAt(s.pos);
    if (c === quote) break;
    if (!(c >= 0x20)) return haltInString(s, c, start);
    if (c === backslash) {
      if (!skipEscape(s)) return haltInString(s, c, start);
      plain = false;
    } else {
      if (c >= 0x7f && c <= 0x9f) plain = false;
      s.pos += 1;
    }
  }
  s.pos += 1;
  if (plain) return s.text.slice(start + 1, s.pos - 1);
  const value = JSON.parse(s.text.slice(start, s.pos)) as string;
  checkCharacters(s, value, refuseControl, start);
  return value;
}

function skipEscape(s: Scanner): boolean {
  const c = s.text[s.pos + 1];
  const known =
    c === 'u' ? isHex(s.text.slice(s.pos + 2, s.pos + 6)) : c !== undefined && '"\\/bfnrt'.includes(c);
  if (known) s.pos += c === 'u' ? 6 : 2;
  return known;
}

function isHex(digits: string): boolean {
  return /^[0-9a-fA-F]{4}$/.test(digits);
}

function haltInString(s: Scanner, c: number, start: number): undefined {
  if (Number.isNaN(c)) s.pos = start;
  if (Number.isNaN(c)) halt(s, 'a string without an end');
  else if (c === backslash) halt(s, 'an unknown escape in a string');
  else halt(s, `${describe(s)} in a string; escape it`);
}

function checkCharacters(s: Scanner, value: string, refuseControl: boolean, start: number): void {
  if (value.includes('\0')) report(s, s.problems, 'a NUL character in a string', start);
  else if (refuseControl && controlCharacter.test(value))
    report(s, s.problems, 'a control character in a string', start);
  if (!value.isWellFormed()) report(s, s.problems, 'a lone surrogate in a string', start);
}

function readScalar(s: Scanner): boolean {
  const start = s.pos;
  const number = take(s, numberToken);
  if (number === '') {
    return take(s, literalToken) !== '' || halt(s, `expected a value, found ${describe(s)}`);
  }
  if (!Number.isFinite(Number(number))) report(s, s.problems, 'a number that is too large', start);
  else if (number.length > 15 && /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number))) {
    report(s, s.inexact, 'a whole number beyond 2^53-1', start);
  }
  return true;
}

function skipSpace(s: Scanner): void {
  for (;;) {
    const c = s.text.charCodeAt(s.pos);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    s.pos += 1;
  }
}

/** Advances over what the sticky pattern matches here, and returns it. */
function take(s: Scanner, pattern: RegExp): string {
  pattern.lastIndex = s.pos;
  const match = pattern.exec(s.text)?.[0] ?? '';
  s.pos += match.length;
  return match;
}

function halt(s: Scanner, message: string): false {
  report(s, s.problems, message, s.pos);
  return false;
}

function report(s: Scanner, list: JsonProblem[], message: string, at: number): void {
  if (list.length >= maxReported) return;
  const before = s.text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  list.push({ path: pathOf(s.frames), message: `${message} (line ${line}, column ${column})` });
}

function pathOf(frames: readonly Frame[]): string {
  return frames
    .map(({ at }) => segment(at))
    .join('')
    .replace(/^\./, '');
}

function segment(at: string | number | undefined): string {
  if (at === undefined) return '';
  if (typeof at === 'number') return `[${at}]`;
  if (at.length <= 64 && /^[A-Za-z_][\w-]*$/.test(at)) return `.${at}`;
  return `[${JSON.stringify(at.length > 64 ? `${at.slice(0, 64)}…` : at)}]`;
}

function describe(s: Scanner): string {
  const c = s.text.codePointAt(s.pos);
  if (c === undefined) return 'the end of the text';
  return c < 0x20 ? `control character ${c}` : JSON.stringify(String.fromCodePoint(c));
}
