import {
  type StepFilter as ProtoFilter,
  StepFilterSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../gen/glip/executor/v1/step_pb.js';
import type { Violation } from '../step/errors.ts';
import type { StepFilter } from '../step/filter.ts';
import { stepStates } from '../step/state.ts';
import { unknownFields } from './unknown-fields.ts';

/** A filter as plain values, with everything that is wrong with it. */
export function filterFromProto(
  filter: ProtoFilter | undefined,
  path: string,
): { readonly filter: StepFilter; readonly violations: readonly Violation[] } {
  const { tenant = '', runId = '', labels = {}, states = [] } = filter ?? {};
  const violations: Violation[] = [];
  for (const [i, state] of states.entries()) {
    if (nameOf(state) === undefined) {
      violations.push({ field: `${path}.states[${i}]`, message: `${state} is not a state of this contract` });
    }
  }
  // A part of a filter that is not understood would choose more than was asked for.
  for (const field of filter === undefined ? [] : unknownFields(StepFilterSchema, filter)) {
    violations.push({ field: `${path}.${field}`, message: 'is newer than this executor; leave it out' });
  }
  const names = states.flatMap((state) => nameOf(state) ?? []);
  return { filter: { tenant, runId, labels: { ...labels }, states: names }, violations };
}

const nameOf = (state: StepState) => stepStates.find((name) => StepState[name] === state);
