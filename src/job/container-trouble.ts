import { imageTrouble, type Trouble } from './image-trouble.ts';
import type { WaitingReason } from './reasons.ts';

export type { Trouble } from './image-trouble.ts';

/** A container on its way: nothing is wrong with it, as far as it says. */
const ordinary = ['', 'ContainerCreating', 'PodInitializing'];

/** What the kubelet could not resolve of a container's environment or volumes: a missing object, or a missing key of one. */
const missing: readonly (readonly [RegExp, WaitingReason])[] = [
  [
    /\bsecret "[^"]*" not found|couldn't find key \S+ in secret|references non-existent secret key/i,
    'SecretMissing',
  ],
  [
    /\bconfigmap "[^"]*" not found|couldn't find key \S+ in configmap|references non-existent config key/i,
    'ConfigMapMissing',
  ],
];

/** The ConfigMap or Secret that a message misses. */
export const missingReference = (message: string): WaitingReason | undefined =>
  missing.find(([pattern]) => pattern.test(message))?.[1];

/** Why a container waits, from its own reason and message; undefined when it is on its ordinary way. */
export function containerTrouble(reason: string, message: string): Trouble | undefined {
  if (ordinary.includes(reason)) return undefined;
  const image = imageTrouble(reason, message);
  if (image !== undefined) return image;
  switch (reason) {
    case 'CreateContainerConfigError':
      return { reason: missingReference(message) ?? 'ContainerConfigError', message: withoutIds(message) };
    case 'CreateContainerError':
    case 'RunContainerError':
    case 'PreCreateHookError':
    case 'PreStartHookError':
      return { reason: 'ContainerCreateFailed', message };
    default:
      return { reason: 'ContainerWaiting', message: [reason, message].filter((s) => s !== '').join(': ') };
  }
}

/** The kubelet names pod, uid and container behind what matters. */
const withoutIds = (message: string): string => message.replace(/ \(pod: "[^"]*", container: [^)]*\)$/, '');
