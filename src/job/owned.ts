import type { ObjectRef } from '../step/step.ts';
import { toBudget } from './budget.ts';
import { toEgressPolicy } from './egress.ts';
import type { OwnedObject } from './ports.ts';
import type { StepSpec } from './spec.ts';

/** What stands beside a step's Job, and goes with it, while it is not over; its manifest is apart. */
export const ownedObjects = (spec: StepSpec, job: ObjectRef): readonly OwnedObject[] => [
  ...(spec.uninterruptible ? [toBudget(spec, job)] : []),
  ...(spec.egress === undefined ? [] : [toEgressPolicy(spec, job)]),
];
