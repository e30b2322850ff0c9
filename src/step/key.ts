import type { Violation } from './errors.ts';

/** Names one attempt of one step; the idempotency key of every call (GLIP.md, identifier shapes). */
export interface StepKey {
  readonly tenant: string;
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
}

declare const stepIdBrand: unique symbol;
/** A key as one string, for maps: two keys have the same id exactly if all their parts are the same. */
export type StepId = string & { readonly [stepIdBrand]: true };

export const maximumAttempt = 9_999;
const identifier = /^[a-z][a-z0-9_-]{0,62}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Length-prefixed, so that run `x-y` step `z` is not run `x` step `y-z`. */
export function stepId(key: StepKey): StepId {
  return ([key.tenant, key.runId, key.stepId].map((part) => `${part.length}:${part}`).join('') +
    key.attempt) as StepId;
}

/** For people: TENANT/RUN/STEP@ATTEMPT. */
export function formatKey(key: StepKey): string {
  return `${key.tenant}/${key.runId}/${key.stepId}@${key.attempt}`;
}

export function sameKey(a: StepKey, b: StepKey): boolean {
  return a.tenant === b.tenant && a.runId === b.runId && a.stepId === b.stepId && a.attempt === b.attempt;
}

/** Everything that is wrong with a key; `path` is the field that holds it. */
export function checkKey(key: StepKey, path: string): readonly Violation[] {
  const violations: Violation[] = [];
  const add = (field: string, message: string) => violations.push({ field: `${path}.${field}`, message });
  for (const [field, value] of [
    ['tenant', key.tenant],
    ['step_id', key.stepId],
  ] as const) {
    if (value === '') add(field, 'is required');
    else if (!identifier.test(value))
      add(field, 'must be a lower-case letter and then at most 62 of a-z, 0-9, "-" and "_"');
  }
  if (key.runId === '') add('run_id', 'is required');
  else if (key.runId.length > 128)
    add('run_id', `must be at most 128 characters long, has ${key.runId.length}`);
  else if (controlCharacter.test(key.runId)) add('run_id', 'must not contain control characters');
  else if (key.runId.trim() !== key.runId) add('run_id', 'must not begin or end with white space');
  else if (!key.runId.isWellFormed()) add('run_id', 'must be well-formed Unicode');
  if (!Number.isInteger(key.attempt) || key.attempt < 0 || key.attempt > maximumAttempt) {
    add('attempt', `must be from 0 to ${maximumAttempt}`);
  }
  return violations;
}
