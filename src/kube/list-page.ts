import type { KubeObject } from './types.ts';

/** How the API server begins the items of a list, goes from one to the next, and writes managedFields. */
const FIRST = Buffer.from('"items":[{"metadata":{"');
const NEXT = Buffer.from('},{"metadata":{"');
const MANAGED = Buffer.from('"managedFields":[{"manager":"');
const MANAGED_END = Buffer.from('}]');
const opening = '"items":[';
/** Before the items stand the kind, a version and a token. */
const longestHead = 8_192;

/**
 * Reads a page of a list item by item as it comes, and without their managedFields; resolves with the page and those items that were read
 * another way, as JSON that nobody has checked. Throws a SyntaxError when it is no JSON.
 *
 * A page of 500 is 5 MiB of text and as a whole 20 MiB of objects, four tenths of them for what nobody reads. Here each item is garbage
 * before the next one is made. Where items end is guessed by how the API server writes; a guess stands only if JSON.parse takes what it
 * has cut out, which no text but a whole object is. Where it does not, the rest is parsed as a whole. What stands in managedFields is not
 * looked at.
 */
export async function readPage(
  chunks: AsyncIterable<Buffer>,
  onObject: (object: KubeObject) => void,
): Promise<unknown> {
  let head: string | undefined;
  let guessing = true;
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    rest.push(chunk);
    if (!guessing) continue;
    let bytes = joined(rest);
    if (head === undefined) {
      const start = itemsStart(bytes);
      guessing = start !== undefined || bytes.length < longestHead;
      if (start !== undefined) head = bytes.toString('utf8', 0, start);
      bytes = bytes.subarray(start);
    }
    if (head !== undefined) {
      const { at, sure } = readItems(bytes, onObject);
      guessing = sure;
      bytes = bytes.subarray(at);
    }
    rest = [bytes];
  }
  const page: unknown = JSON.parse((head ?? '') + joined(rest).toString());
  const items: unknown = (page as { readonly items?: unknown } | null)?.items;
  if (Array.isArray(items)) for (const item of items) onObject(item);
  return page;
}

const joined = ([first, ...more]: readonly Buffer[]): Buffer =>
  first !== undefined && more.length === 0 ? first : Buffer.concat(first ? [first, ...more] : []);

/** Behind the opening bracket of the page's own items; undefined when they have not begun. */
function itemsStart(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(FIRST);
  if (at === -1) return undefined;
  const start = at + opening.length;
  // Complete with these two, it is the page's own member, and not one of a member.
  return tryParse(`${bytes.toString('utf8', 0, start)}]}`) && start;
}

/** Reads the items of which the next one has begun. `at` is where that one begins; not `sure`: something is not as it was guessed. */
function readItems(bytes: Buffer, onObject: (object: KubeObject) => void) {
  let at = 0;
  for (let end = bytes.indexOf(NEXT); end !== -1; end = bytes.indexOf(NEXT, at)) {
    const object = parseItem(bytes.subarray(at, end + 1));
    if (object === undefined) return { at, sure: false };
    onObject(object);
    at = end + 2;
  }
  return { at, sure: true };
}

function parseItem(bytes: Buffer): KubeObject | undefined {
  const from = bytes.indexOf(MANAGED);
  if (from === -1) return tryParse(bytes.toString());
  const end = bytes.indexOf(MANAGED_END, from) + MANAGED_END.length;
  // In a text, this end leaves the rest of that text outside of quotes, which is no JSON either.
  return (
    tryParse(`${bytes.toString('utf8', 0, from)}"managedFields":[]${bytes.toString('utf8', end)}`) ??
    tryParse(bytes.toString())
  );
}

function tryParse(text: string): KubeObject | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
