import type { Violation } from './errors.ts';

/** Names one attempt of one step; the idempotency key of every call (GLIP.md, identifier shapes). */
export interface StepKey {
  readonly tenant: string;
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
}

/** Names a run: all steps of it, and their attempts. */
export type RunId = Pick<StepKey, 'tenant' | 'runId'>;

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

/** What is wrong with a tenant or a step's id that is not empty. */
export const identifierProblem = (id: string): string | undefined =>
  identifier.test(id)
    ? undefined
    : 'must be a lower-case letter and then at most 62 of a-z, 0-9, "-" and "_"';

/** What is wrong with a run's id that is not empty. */
export function runIdProblem(id: string): string | undefined {
  if (id.length > 128) return `must be at most 128 characters long, has ${id.length}`;
  if (controlCharacter.test(id)) return 'must not contain control characters';
  if (id.trim() !== id) return 'must not begin or end with white space';
  return id.isWellFormed() ? undefined : 'must be well-formed Unicode';
}

/** Everything that is wrong with a key; `path` is the field that holds it. */
export function checkKey(key: StepKey, path: string): readonly Violation[] {
  const { tenant, stepId, runId, attempt } = key;
  return [
    ...required(`${path}.tenant`, tenant, identifierProblem),
    ...required(`${path}.step_id`, stepId, identifierProblem),
    ...required(`${path}.run_id`, runId, runIdProblem),
    ...(Number.isInteger(attempt) && attempt >= 0 && attempt <= maximumAttempt
      ? []
      : [{ field: `${path}.attempt`, message: `must be from 0 to ${maximumAttempt}` }]),
  ];
}

/** Everything that is wrong with the name of a run. */
export function checkRun({ tenant, runId }: RunId, path: string): readonly Violation[] {
  return [
    ...required(`${path}.tenant`, tenant, identifierProblem),
    ...required(`${path}.run_id`, runId, runIdProblem),
  ];
}

function required(
  field: string,
  value: string,
  problemOf: (value: string) => string | undefined,
): readonly Violation[] {
  const message = value === '' ? 'is required' : problemOf(value);
  return message === undefined ? [] : [{ field, message }];
}
