/** One attempt of one step, as in the contract's StepKey. */
export interface StepRef {
  readonly tenant: string;
  readonly runId: string;
  readonly stepId: string;
  readonly attempt: number;
}

/** All steps of a run. */
export type RunRef = Pick<StepRef, 'tenant' | 'runId'>;

export type StepRefResult =
  | { readonly ok: true; readonly value: StepRef }
  | { readonly ok: false; readonly message: string };

const syntax = 'TENANT/RUN/STEP[@ATTEMPT]';

/**
 * Reads TENANT/RUN/STEP[@ATTEMPT], or RUN/STEP[@ATTEMPT] of a tenant that is given otherwise. A run may hold slashes and
 * signs of its own: the tenant ends at the first slash, the step begins after the last one.
 */
export function parseStepRef(text: string, tenant: string | undefined): StepRefResult {
  const name = JSON.stringify(text);
  const last = text.lastIndexOf('/');
  const first = text.indexOf('/');
  if (last < 0) return { ok: false, message: `${name} is not ${syntax}` };
  if (first === last && tenant === undefined) {
    return { ok: false, message: `${name} has no tenant; write ${syntax}, or give --tenant or GLIP_TENANT` };
  }
  const [stepId = '', attempt = '0', ...more] = text.slice(last + 1).split('@');
  const ref = {
    tenant: first === last ? (tenant ?? '') : text.slice(0, first),
    runId: first === last ? text.slice(0, last) : text.slice(first + 1, last),
    stepId,
    attempt: Number(attempt),
  };
  if (ref.tenant === '' || ref.runId === '' || stepId === '' || more.length > 0) {
    return { ok: false, message: `${name} is not ${syntax}` };
  }
  if (!/^\d{1,9}$/.test(attempt))
    return { ok: false, message: `${name}: the attempt after @ must be a number` };
  return { ok: true, value: ref };
}

/** The full form, which `parseStepRef` reads again. */
export function formatStepRef({ tenant, runId, stepId, attempt }: StepRef): string {
  return `${tenant}/${runId}/${stepId}@${attempt}`;
}
