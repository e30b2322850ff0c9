import type { StepState } from './state.ts';
import type { Step } from './step.ts';

/** Chooses steps; what is empty matches all. */
export interface StepFilter {
  readonly tenant: string;
  readonly runId: string;
  /** All must match. */
  readonly labels: Readonly<Record<string, string>>;
  readonly states: readonly StepState[];
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
