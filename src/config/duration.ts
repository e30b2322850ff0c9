/** A length of time that cannot be read in the wrong unit. */
export interface Duration {
  readonly ms: number;
  /** May have a fraction; whole where the setting demands it. */
  readonly seconds: number;
}

/** A duration, or why the text is none. */
export type DurationResult =
  | { readonly ok: true; readonly value: Duration }
  | { readonly ok: false; readonly message: string };

const millis = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const grammar = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

export function durationOfMs(ms: number): Duration {
  return { ms, seconds: ms / 1000 };
}

/**
 * Reads the form of Kubernetes and Go without its nanoseconds: hours, minutes, seconds and milliseconds in this order,
 * as in 1h30m. A bare number is refused, because half of the world's settings mean seconds by it and half milliseconds.
 */
export function parseDuration(text: string): DurationResult {
  if (text === '0') return { ok: true, value: durationOfMs(0) };
  const match = text === '' || text.length > 40 ? null : grammar.exec(text);
  if (match === null) return { ok: false, message: `${quoted(text)} is not a duration${hint(text)}` };
  const [, h = '0', m = '0', s = '0', ms = '0'] = match;
  const total = Number(h) * millis.h + Number(m) * millis.m + Number(s) * millis.s + Number(ms);
  if (!Number.isSafeInteger(Math.round(total)) || Math.abs(total - Math.round(total)) > 1e-6) {
    return { ok: false, message: `${quoted(text)} is not a whole number of milliseconds` };
  }
  return { ok: true, value: durationOfMs(Math.round(total)) };
}

/** The shortest text that parses to the same duration: 1h30m, 15m, 250ms, 0. */
export function formatDuration({ ms }: Duration): string {
  if (ms === 0) return '0';
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(millis)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function hint(text: string): string {
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text))
    return `: the unit is missing; write ${text}s, ${text}m or ${text}h`;
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  if (days !== undefined) return `; write ${Number(days) * 24}h`;
  return ', such as 90s, 15m, 1h30m or 500ms';
}
