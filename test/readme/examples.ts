import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A fenced block that a comment `<!-- example: NAME -->` stands before. */
export interface Example {
  readonly language: string;
  readonly code: string;
}

/** The examples of a document of the checkout, by name. Throws for a name without a block, and for a name that comes twice. */
export function examplesOf(file: string): ReadonlyMap<string, Example> {
  return parseExamples(readFileSync(join(root, file), 'utf8'), file);
}

export function parseExamples(markdown: string, file: string): ReadonlyMap<string, Example> {
  const examples = new Map<string, Example>();
  for (const { 1: name = '', index } of markdown.matchAll(/^<!-- example: (.*?) -->$/gm)) {
    const block = /^<!-- [^\n]* -->\n+```(\w+)\n(.*?)^```$/ms.exec(markdown.slice(index));
    if (block?.index !== 0) throw new Error(`${file}: no fenced block follows the example ${name}`);
    if (examples.has(name)) throw new Error(`${file}: two examples are called ${name}`);
    const [, language = '', code = ''] = block;
    examples.set(name, { language, code });
  }
  return examples;
}
