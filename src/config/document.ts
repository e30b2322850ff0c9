import { parseDocument as parseYaml } from 'yaml';
import { parseJsonText } from '../lib/json-text.ts';
import { repeatedKeys, yamlBomb } from './yaml-bomb.ts';

/** What a text of JSON or YAML says, or everything that is wrong with it. */
export type DocumentResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly string[] };

/** More than any manifest of 900 KiB with its options; keeps a mistaken path from being read for minutes. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Reads one document of JSON or YAML 1.2. What begins with a brace is read as JSON first, with its stricter rules;
 * duplicate keys, tags and keys that are no text are refused in both. An empty document is undefined.
 */
export function parseDocument(text: string): DocumentResult {
  if (Buffer.byteLength(text) > maxBytes) return refuse([`is larger than ${maxBytes / 1024 / 1024} MiB`]);
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (!bare.trimStart().startsWith('{')) return parseYamlText(bare);
  const json = parseJsonText(bare, { maxBytes });
  if (json.ok) return { ok: true, value: json.value };
  // A flow mapping of YAML begins with a brace too. When it is neither, the words about JSON help more.
  const yaml = isJsonOnly(json.problems) ? undefined : parseYamlText(bare);
  if (yaml?.ok) return yaml;
  return refuse(json.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)));
}

function parseYamlText(text: string): DocumentResult {
  const problems = new Set<string>();
  try {
    const bomb = yamlBomb(text);
    if (bomb !== undefined) return refuse([bomb]);
    // The core schema has no tags that build objects; aliases are bounded, so a bomb of them stays small.
    const document = parseYaml(text, {
      version: '1.2',
      strict: true,
      stringKeys: true,
      prettyErrors: true,
      uniqueKeys: false,
    });
    for (const { message } of [...document.errors, ...document.warnings]) problems.add(firstLine(message));
    for (const key of repeatedKeys(document)) problems.add(`the key ${key} stands twice in one mapping`);
    if (problems.size > 0) return refuse([...problems]);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { ok: true, value: value ?? undefined };
  } catch (error) {
    return refuse([firstLine(error instanceof Error ? error.message : String(error))]);
  }
}

/** Duplicate keys and the like, which YAML would report in poorer words. */
function isJsonOnly(problems: readonly { readonly message: string }[]): boolean {
  return problems.every(({ message }) => /duplicate|NUL|control|surrogate|deeper|too large/.test(message));
}

function refuse(problems: readonly string[]): DocumentResult {
  return {
    ok: false,
    problems: problems.map((problem) => (problem.length > 500 ? `${problem.slice(0, 500)}…` : problem)),
  };
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '').replaceAll(/\p{Cc}/gu, '?');
}
