import { member } from '../lib/field-path.ts';
import { isLabelKey, isLabelValue, labelKeyRule, labelValueRule } from '../lib/label-syntax.ts';
import type { Violation } from './errors.ts';
import { identifierProblem, runIdProblem } from './key.ts';
import type { StepState } from './state.ts';
import type { Step } from './step.ts';

/** Chooses steps; what is empty matches all. */
export interface StepFilter {
  readonly tenant: string;
  readonly runId: string;
  /** All must match. */
  readonly labels: Readonly<Record<string, string>>;
  /** Each once. */
  readonly states: readonly StepState[];
}

/** So many labels a step may have, and therefore so many a filter may ask for. */
export const mostLabels = 32;

/** Everything that is wrong with a filter beside its states: what no step can have would match nothing, silently. */
export function checkFilter({ tenant, runId, labels }: StepFilter, path: string): readonly Violation[] {
  const violations: Violation[] = [];
  const add = (field: string, message: string | undefined) => {
    if (message !== undefined) violations.push({ field: `${path}.${field}`, message });
  };
  if (tenant !== '') add('tenant', identifierProblem(tenant));
  if (runId !== '') add('run_id', runIdProblem(runId));
  const entries = Object.entries(labels);
  if (entries.length > mostLabels) {
    add('labels', `must have at most ${mostLabels} entries, has ${entries.length}`);
    return violations;
  }
  for (const [key, value] of entries) {
    if (!isLabelKey(key)) add(member('labels', key), labelKeyRule);
    if (!isLabelValue(value)) add(member('labels', key), labelValueRule);
  }
  return violations;
}

export function matches(filter: StepFilter, step: Step): boolean {
  return (
    (filter.tenant === '' || filter.tenant === step.key.tenant) &&
    (filter.runId === '' || filter.runId === step.key.runId) &&
    (filter.states.length === 0 || filter.states.includes(step.state)) &&
    Object.entries(filter.labels).every(([key, value]) => step.labels[key] === value)
  );
}

/** One text for all filters that choose alike, whatever the order in which they were written. */
export function canonicalFilter({ tenant, runId, labels, states }: StepFilter): string {
  return JSON.stringify([tenant, runId, Object.entries(labels).sort(), [...new Set(states)].sort()]);
}
