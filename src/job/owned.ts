import type { ObjectRef } from '../step/step.ts';
import { toBudget } from './budget.ts';
import { toEgressPolicy, toHostPolicy } from './egress.ts';
import type { OwnedObject } from './ports.ts';
import type { StepSpec } from './spec.ts';

/** What stands beside a step's Job, and goes with it, while it is not over; its manifest is apart. */
export function ownedObjects(spec: StepSpec, job: ObjectRef): readonly OwnedObject[] {
  const hosts = toHostPolicy(spec, job);
  return [
    ...(spec.uninterruptible ? [toBudget(spec, job)] : []),
    ...(spec.egress === undefined ? [] : [toEgressPolicy(spec, job)]),
    ...(hosts === undefined ? [] : [hosts]),
  ];
}
