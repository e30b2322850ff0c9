const PATTERN = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The W3C traceparent as it came, or undefined when it is not well formed: a bad one is dropped, never an error (Trace Context, section 2.2). */
export function parseTraceparent(value: unknown): string | undefined {
  return typeof value === 'string' && PATTERN.test(value) ? value : undefined;
}
