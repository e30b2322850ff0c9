import {
  type StepFilter as ProtoFilter,
  StepFilterSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../gen/glip/executor/v1/step_pb.js';
import type { Violation } from '../step/errors.ts';
import { checkFilter, type StepFilter } from '../step/filter.ts';
import { stepStates } from '../step/state.ts';
import { unknownFields } from './unknown-fields.ts';

/** More than there are states, so that who repeats some is not refused; a contract that grows stays below it. */
const mostStates = 32;

/** A filter as plain values, with everything that is wrong with it. */
export function filterFromProto(
  proto: ProtoFilter | undefined,
  path: string,
): { readonly filter: StepFilter; readonly violations: readonly Violation[] } {
  const { tenant = '', runId = '', labels = {}, states = [] } = proto ?? {};
  const filter = { tenant, runId, labels: { ...labels }, states: [...new Set(states.flatMap(named))] };
  const violations = [...stateProblems(states, `${path}.states`), ...checkFilter(filter, path)];
  // A part of a filter that is not understood would choose more than was asked for.
  for (const field of proto === undefined ? [] : unknownFields(StepFilterSchema, proto)) {
    violations.push({ field: `${path}.${field}`, message: 'is newer than this executor; leave it out' });
  }
  return { filter, violations };
}

function stateProblems(states: readonly StepState[], field: string): readonly Violation[] {
  if (states.length > mostStates) {
    return [{ field, message: `must have at most ${mostStates} entries, has ${states.length}` }];
  }
  return states.flatMap((state, i) =>
    named(state).length > 0
      ? []
      : [{ field: `${field}[${i}]`, message: `${state} is not a state of this contract` }],
  );
}

const named = (state: StepState) => stepStates.filter((name) => StepState[name] === state);
