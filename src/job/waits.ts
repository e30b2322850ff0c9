import type { EpochMs } from '../step/step.ts';
import { containerTrouble } from './container-trouble.ts';
import { isBareBackOff } from './image-trouble.ts';
import type { PodView } from './observation.ts';
import type { WaitingReason } from './reasons.ts';
import { isOlder } from './version.ts';

/** Why the agent's container waited, in the kubelet's words. */
export interface Waited {
  readonly reason: string;
  readonly message: string;
  readonly version: string;
}

/**
 * When a pod was first seen to wait for each reason, by the executor's clock: Kubernetes puts no time to it. Kept although the kubelet
 * says other things in between, so that a grace does not begin anew with every try.
 */
export type Waits = Readonly<Partial<Record<WaitingReason, EpochMs>>>;

const ordinary = ['', 'ContainerCreating', 'PodInitializing'];

/** The agent's own reason to wait, or that of an init container before it. */
export function waitedIn({ agent, heldBy }: PodView, version: string): Waited | undefined {
  if (agent?.kind !== 'waiting') return undefined;
  const { reason, message } = agent;
  if (!ordinary.includes(reason)) return { reason, message, version };
  if (heldBy === undefined) return undefined;
  return { reason: heldBy.reason, message: heldBy.message, version };
}

/** The newer of two; a back-off that does not say why is older than whatever does. */
export function laterWait(a: Waited | undefined, b: Waited | undefined): Waited | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [bareA, bareB] = [isBareBackOff(a.message), isBareBackOff(b.message)];
  if (bareA !== bareB) return bareA ? b : a;
  return isOlder(b.version, a.version) ? a : b;
}

/** The reasons with one more, unless it is known for longer. */
export function withWait(before: Waits, waited: Waited | undefined, now: EpochMs): Waits {
  const trouble = waited && containerTrouble(waited.reason, waited.message);
  if (trouble === undefined || (before[trouble.reason] ?? Number.POSITIVE_INFINITY) <= now) return before;
  return { ...before, [trouble.reason]: now };
}
