import type { Headers } from './api-error.ts';

// RFC 7234 section 5.5 as Kubernetes writes it: 299 - "text". Several may share one header line.
const WARNING = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g;

/** The texts of an answer's Warning headers: deprecations, Pod Security's advice, unknown fields. */
export function warningsOf(headers: Headers): readonly string[] {
  const value = headers.warning;
  if (value === undefined) return [];
  const line = typeof value === 'string' ? value : value.join(', ');
  return [...line.matchAll(WARNING)].map((match) => (match[1] ?? '').replaceAll(/\\(.)/g, '$1'));
}
