import type { Container, PodSpec, Resources, Volume } from '../objects.ts';

/** Sets `key` where it is absent. */
function setDefault<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
  if (target[key] === undefined || target[key] === null) target[key] = value;
}

function pullPolicy(image: string): string {
  const tag = /:([^/@:]+)$/.exec(image)?.[1];
  return image.includes('@') || (tag !== undefined && tag !== 'latest') ? 'IfNotPresent' : 'Always';
}

/** A limit without a request is the request as well. */
function defaultRequests(resources: Resources): void {
  if (resources.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

function defaultContainer(container: Container): void {
  setDefault(container, 'resources', {});
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(String(container.image ?? '')));
  for (const entry of container.env ?? []) {
    const field = entry.valueFrom?.fieldRef;
    if (field !== undefined) setDefault(field as { apiVersion?: string }, 'apiVersion', 'v1');
  }
}

function defaultVolume(volume: Volume): void {
  const source = volume.configMap ?? volume.secret;
  if (source !== undefined) setDefault(source as { defaultMode?: number }, 'defaultMode', 0o644);
}

/** Fills in what the API server fills in, both in a template and in a pod. Changes the draft. */
export function defaultPodSpec(spec: PodSpec): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (spec.serviceAccountName !== undefined) setDefault(spec, 'serviceAccount', spec.serviceAccountName);
  else if (spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** Only a pod gets these: its container requests, and how long it puts up with a lost node. */
export function defaultPod(spec: PodSpec): void {
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  for (const container of spec.containers ?? []) defaultRequests(container.resources ?? {});
  const tolerations = spec.tolerations ?? [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    if (
      tolerations.some(
        (known) => known.key === key || (known.key === undefined && known.operator === 'Exists'),
      )
    )
      continue;
    tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
}

/** Guaranteed when every container limits cpu and memory to what it requests, BestEffort when none asks for anything. */
export function qosClass(spec: PodSpec): string {
  const resources = spec.containers.map((container) => container.resources ?? {});
  const names = ['cpu', 'memory'];
  const asks = resources.some(({ requests, limits }) =>
    names.some((name) => requests?.[name] ?? limits?.[name]),
  );
  if (!asks) return 'BestEffort';
  const pinned = resources.every(({ requests, limits }) =>
    names.every(
      (name) => limits?.[name] !== undefined && (requests?.[name] ?? limits[name]) === limits[name],
    ),
  );
  return pinned ? 'Guaranteed' : 'Burstable';
}
