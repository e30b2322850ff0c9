import { ExecutorError, invalidRequest } from '../step/errors.ts';
import { formatKey } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import type { ContainerSight, PodSight } from './pod-sight.ts';

/** The container of that name. Throws INVALID_ARGUMENT with the names that there are. */
export function containerOf({ containers }: PodSight, name: string): ContainerSight {
  const found = containers.get(name);
  if (found !== undefined) return found;
  const message = `the pod has no such container; it has ${[...containers.keys()].join(', ')}`;
  throw invalidRequest([{ field: 'container', message }]);
}

const sentence = (text: string): string => (text === '' || /[.!?…]$/.test(text) ? text : `${text}.`);

/** There is nothing to read yet, and the caller does not want to wait. */
export function notStarted({ key, waiting }: Step, reason: string): ExecutorError {
  const why = waiting === undefined ? reason : `${waiting.reason}: ${waiting.message}`;
  const words = why === '' ? '' : ` (${why})`;
  return new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'CONTAINER_NOT_STARTED',
    message: `the container of ${formatKey(key)} has not started yet${words}; follow to wait for it`,
  });
}

/** There will never be anything to read. */
export function neverStarted({ key, state, outcome }: Step): ExecutorError {
  const why = outcome === undefined ? '' : ` (${outcome.reason}: ${sentence(outcome.message)})`;
  const end = isFinal(state) ? 'the step is over' : 'the pod is over';
  return new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'CONTAINER_NOT_STARTED',
    message: `the container of ${formatKey(key)} has never started, and ${end}${why}: there is no log`,
  });
}

/** The pod took its log along. */
export function logsGone({ key, outcome }: Step): ExecutorError {
  const more = outcome?.evidence?.logTail.length ? '; its last lines are in the evidence of the outcome' : '';
  return new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'LOGS_GONE',
    message: `the pod of ${formatKey(key)} is gone, and its log with it${more}`,
  });
}

export function logsForbidden(): ExecutorError {
  return new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'LOGS_FORBIDDEN',
    message: 'the executor may not read logs in this cluster: its role needs get on pods/log',
  });
}

/** The node has the log and does not give it. */
export function logUnavailable(): ExecutorError {
  return new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_UNAVAILABLE',
    message: 'the node does not give the log at the moment',
    retryAfterMs: 1_000,
  });
}
