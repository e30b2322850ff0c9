import type { StepKey } from '../step/key.ts';
import { labelValue, stepHash } from './names.ts';

/** Everything of ours on an object begins with this; callers may not use it. */
export const prefix = 'glip.greenlang.io/';

export const annotation = {
  /** JSON `[tenant, run_id, step_id, attempt]`: the exact ids. */
  key: `${prefix}key`,
  specHash: `${prefix}spec-hash`,
  /** JSON of Timeouts, in seconds. */
  timeouts: `${prefix}timeouts`,
  pool: `${prefix}pool`,
  /** The image as it was asked for; what runs stands in the pod's template, with its digest. */
  requestedImage: `${prefix}requested-image`,
  /** Whose signature it has, as `key sha256:…`, or `not required`. */
  imageSignature: `${prefix}image-signature`,
  invocation: `${prefix}invocation-id`,
  /** JSON of Stop: who or what ends the step, and why. Written together with the patch that ends it; the first writer wins. */
  stop: `${prefix}stop`,
  /** When the executor took the submit; milliseconds since 1970. */
  accepted: `${prefix}accepted`,
  /** Uid of the one pod that may start, of a step that starts at most once. The first writer wins, for good. */
  chosenPod: `${prefix}chosen-pod`,
  /** JSON of History: the lives before this one, where the Job replaces pods that are lost to a disruption. */
  history: `${prefix}history`,
  /** JSON of sentences: facts that came after the end. */
  observations: `${prefix}observations`,
  /** JSON of the end and the timeline. Written before the end is told; the first writer wins. */
  record: `${prefix}record`,
  /** Seconds for which the record is held after the end, at most, until somebody acknowledges it. */
  retain: `${prefix}retain`,
} as const;

/** The scheduling gate of pods that start at most once: none of them starts before an executor takes it from the chosen one. */
export const startGate = `${prefix}at-most-once`;

/** On a Job whose record is held. */
export const retainFinalizer = `${prefix}retain`;

/** What our watches select; ADR-002's own labels stand beside it. */
export const managedBy = { label: 'app.kubernetes.io/managed-by', value: 'glip-executor' } as const;
export const watchSelector = `${managedBy.label}=${managedBy.value}`;
/** On pods that are allowed less than their tenant, by a policy of their own. */
export const ownEgressLabel = `${prefix}egress`;
export const stepLabel = `${prefix}step`;
export const jobUidLabel = 'batch.kubernetes.io/controller-uid';

const adrLabels = ['app', 'run_id', 'step_id', 'agent'];

/** Keys that a caller may not set. */
export function isReserved(key: string): boolean {
  const domain = key.includes('/') ? (key.split('/')[0] ?? '') : '';
  return (
    adrLabels.includes(key) ||
    ['job-name', 'controller-uid'].includes(key) ||
    domain === 'glip.greenlang.io' ||
    domain.endsWith('.glip.greenlang.io') ||
    /(^|\.)(kubernetes\.io|k8s\.io)$/.test(domain)
  );
}

/** ADR-002's labels and ours, for the Job, its pod and its ConfigMap. */
export function ownLabels(key: StepKey, agent: string): Record<string, string> {
  return {
    app: 'greenlang-agent',
    run_id: labelValue(key.runId),
    step_id: labelValue(key.stepId),
    agent: labelValue(agent),
    [managedBy.label]: managedBy.value,
    [stepLabel]: stepHash(key),
    [`${prefix}tenant`]: labelValue(key.tenant),
    [`${prefix}attempt`]: String(key.attempt),
  };
}

export function callerLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isReserved(key)));
}

export function printKey(key: StepKey): string {
  return JSON.stringify([key.tenant, key.runId, key.stepId, key.attempt]);
}

/** Undefined for a text that is not ours: somebody else may have made the object. */
export function readKey(text: string | undefined): StepKey | undefined {
  const parts = readJson(text);
  if (!Array.isArray(parts) || parts.length !== 4) return undefined;
  const [tenant, runId, stepId, attempt] = parts as unknown[];
  if (typeof tenant !== 'string' || typeof runId !== 'string' || typeof stepId !== 'string') return undefined;
  if (typeof attempt !== 'number') return undefined;
  return { tenant, runId, stepId, attempt };
}

/** Annotations can be edited by hand: what does not parse is as if it were not there. */
export function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The selector that finds all attempts of a step. */
export const attemptsSelector = (key: StepKey): string => `${watchSelector},${stepLabel}=${stepHash(key)}`;

/** The selector that finds the steps of a run, and may find those of others: the label is not the whole of every run's id. */
export const runSelector = (runId: string): string => `${watchSelector},run_id=${labelValue(runId)}`;
