import { type JsonProblem, scanJson } from './json-scan.ts';

export type { JsonProblem } from './json-scan.ts';

/** A parsed JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Bounds and rules; each has a default. */
export type JsonTextOptions = {
  /** Most bytes of UTF-8; 1 MiB when absent, which is more than an API server stores. */
  readonly maxBytes?: number;
  /** Most levels of objects and arrays; 64 when absent. */
  readonly maxDepth?: number;
  /** Escaped control characters other than NUL, which is always refused; `allow` when absent. */
  readonly controlCharacters?: 'allow' | 'refuse in keys' | 'refuse';
};

/**
 * `inexact` lists whole numbers beyond 2^53-1, whose value is not what the text says; the caller refuses them where a
 * number's exact value matters to it, and nowhere else. No list is longer than `maxReported`.
 */
export type JsonTextResult =
  | { readonly ok: true; readonly value: JsonValue; readonly inexact: readonly JsonProblem[] }
  | { readonly ok: false; readonly problems: readonly JsonProblem[] };

/**
 * Parses JSON from someone who is not trusted, more strictly than JSON.parse: no duplicate keys, no NUL, no lone
 * surrogates, no numbers that become infinite, bounded size and depth. Lists every problem up to the first that makes
 * the rest unreadable.
 */
export function parseJsonText(text: string, options: JsonTextOptions = {}): JsonTextResult {
  const early = refuseUnread(text, options.maxBytes ?? 1_048_576);
  if (early !== undefined) return { ok: false, problems: [{ path: '', message: early }] };
  const control = options.controlCharacters ?? 'allow';
  const { problems, inexact } = scanJson(text, {
    maxDepth: options.maxDepth ?? 64,
    keyControl: control !== 'allow',
    valueControl: control === 'refuse',
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: JSON.parse(text) as JsonValue, inexact };
}

function refuseUnread(text: string, maxBytes: number): string | undefined {
  // UTF-8 has at least one byte per UTF-16 unit, so a text that is far too long is not even measured.
  const bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
  if (bytes > maxBytes) return `the text has more than ${maxBytes} bytes`;
  if (text.trim() === '') return 'the text is empty';
  if (text.startsWith('\ufeff')) return 'the text begins with a byte order mark; leave it out';
  if (!text.isWellFormed()) return 'the text has a lone surrogate, so it is not valid Unicode';
  return undefined;
}
