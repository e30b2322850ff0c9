import { type KubeObject, keyOf, type Pod } from '../objects.ts';
import { pods } from '../registry/resources.ts';
import { forbidden } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { podSecurityViolation } from './pod-security.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Name under which the real plugins refuse a pod whose name is still to be generated. */
function nameBeforeGeneration(pod: Pod): string {
  return pod.metadata.generateName ?? pod.metadata.name;
}

function admitServiceAccount(store: Store, pod: Pod): void {
  const namespace = pod.metadata.namespace ?? '';
  const name = pod.spec.serviceAccountName || 'default';
  if (store.get('serviceaccounts', keyOf(namespace, name)) === undefined) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden(pods, nameBeforeGeneration(pod), why);
  }
  pod.spec.serviceAccountName = name;
  pod.spec.serviceAccount = name;
}

function admitPriority(store: Store, pod: Pod): void {
  const classes = store.list('priorityclasses');
  const name = pod.spec.priorityClassName ?? '';
  const chosen =
    name === ''
      ? classes.find((candidate) => candidate.globalDefault === true)
      : classes.find((candidate) => candidate.metadata.name === name);
  if (name !== '' && chosen === undefined && SYSTEM_PRIORITIES[name] === undefined) {
    throw forbidden(pods, nameBeforeGeneration(pod), `no PriorityClass with name ${name} was found`);
  }
  if (chosen !== undefined) pod.spec.priorityClassName = chosen.metadata.name;
  pod.spec.priority = Number(chosen?.value ?? SYSTEM_PRIORITIES[name] ?? 0);
  if (typeof chosen?.preemptionPolicy === 'string') pod.spec.preemptionPolicy = chosen.preemptionPolicy;
}

/** The mutating half: service account and priority. Throws the refusal; changes the draft. */
export function mutatePod(store: Store, pod: Pod): void {
  admitServiceAccount(store, pod);
  admitPriority(store, pod);
}

/** The validating half: the namespace's Pod Security level. */
export function enforcePodSecurity(namespace: KubeObject, pod: Pod): void {
  const level = namespace.metadata.labels?.[ENFORCE] ?? 'privileged';
  const version = namespace.metadata.labels?.[`${ENFORCE}-version`] ?? 'latest';
  const violation = podSecurityViolation(level, pod.spec);
  if (violation === undefined) return;
  throw forbidden(pods, pod.metadata.name, `violates PodSecurity "${level}:${version}": ${violation}`);
}
