import { CST, type Document, isScalar, Lexer, visit } from 'yaml';

/** As many levels as JSON may have here; the library needs seconds for thousands of them. */
const maxDepth = 64;
/** People write a few. The library compares each with all others. */
const maxAnchors = 100;

/** Why a text would cost more than a text of its size may; undefined for what people write. Reads tokens alone, once. */
export function yamlBomb(text: string): string | undefined {
  let [depth, anchors] = [0, 0];
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === 'flow-map-start' || type === 'flow-seq-start') depth += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') depth -= 1;
    else if (type === 'anchor') anchors += 1;
    if (depth > maxDepth) return `is nested deeper than ${maxDepth} levels`;
    if (anchors > maxAnchors) return `has more than ${maxAnchors} anchors`;
  }
  return undefined;
}

/** Keys that stand twice in a mapping, shortened for people. The library compares each key with all others of its mapping; this looks at each once. */
export function repeatedKeys(document: Document): ReadonlySet<string> {
  const repeated = new Set<string>();
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        // Others are none that are taken.
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) repeated.add(JSON.stringify(name.slice(0, 80)));
        seen.add(name);
      }
    },
  });
  return repeated;
}
