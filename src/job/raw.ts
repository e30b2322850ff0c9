import type { EpochMs } from '../step/step.ts';

/** A Kubernetes object as it came: JSON that nobody has checked. */
export type RawObject = Readonly<Record<string, unknown>>;

/** What a field holds if it holds that, else nothing: for objects that nobody has checked. */
export const record = (value: unknown): RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawObject) : {};
export const list = (value: unknown): readonly RawObject[] => (Array.isArray(value) ? value.map(record) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).filter((e): e is [string, string] => typeof e[1] === 'string'),
  );
}

/** Kubernetes writes null, nothing, or 1970 for a time that never was. */
export function time(value: unknown): EpochMs | undefined {
  const ms = Date.parse(text(value));
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms;
}
