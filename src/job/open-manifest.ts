import { type JsonValue, parseJsonText } from '../lib/json-text.ts';
import type { Violation } from '../step/errors.ts';

/** A manifest must fit into a ConfigMap of 1 MiB together with its metadata. */
export const maxManifestBytes = 900 * 1024;

/** What a request has for a manifest. A typed invocation has no text of its own: it is written in GLIP's JSON. */
export type SubmittedManifest =
  | { readonly kind: 'typed'; readonly value: JsonValue }
  | { readonly kind: 'json'; readonly text: string }
  | undefined;

export interface Opened {
  /** The request's field. */
  readonly path: string;
  readonly text: string;
  /** Undefined when nobody can read it. */
  readonly value?: JsonValue | undefined;
  /** What is wrong with the text, whatever it says. */
  readonly violations: readonly Violation[];
}

/** The manifest of a request as text and as a value. */
export function openManifest(manifest: SubmittedManifest): Opened {
  if (manifest === undefined) {
    const message = 'either invocation or manifest_json is required';
    return { path: 'invocation', text: '', violations: [{ field: 'invocation', message }] };
  }
  const typed = manifest.kind === 'typed';
  const path = typed ? 'invocation' : 'manifest_json';
  const text = typed ? `${JSON.stringify(manifest.value, null, 2)}\n` : manifest.text;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxManifestBytes) {
    return { path, text, violations: [{ field: path, message: tooLarge(bytes) }] };
  }
  const parsed = parseJsonText(text, { maxBytes: maxManifestBytes, controlCharacters: 'refuse in keys' });
  // Two manifests that differ only in such a number would have the same hash.
  const problems = parsed.ok ? parsed.inexact : parsed.problems;
  const violations = problems.map((problem) => ({
    field:
      problem.path === '' || problem.path.startsWith('[') ? path + problem.path : `${path}.${problem.path}`,
    // The lines of a typed invocation are not the caller's.
    message: typed ? problem.message.replace(/ \(line \d+, column \d+\)$/, '') : problem.message,
  }));
  return { path, text, value: parsed.ok ? parsed.value : readable(text), violations };
}

/** A text with a NUL, or with a key that is there twice, is refused; what else is wrong can be said all the same. */
function readable(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

const tooLarge = (bytes: number): string =>
  `is ${bytes} bytes of JSON; at most ${maxManifestBytes} fit: put what is large into an input artifact`;
