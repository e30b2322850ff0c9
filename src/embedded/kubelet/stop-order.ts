import type { Clock } from '../clock.ts';
import { isTerminal, type Pod } from '../objects.ts';

/** Why a pod is being stopped. `gone` means that its object is no longer there. */
export type StopReason = 'deleted' | 'deadline' | 'gone' | 'shutdown';

/** Decides when a pod must stop, and by when at the latest. */
export type StopOrder = {
  readonly signal: AbortSignal;
  reason(): StopReason | undefined;
  /** Milliseconds since the epoch at which what still runs is killed. */
  killAt(): number;
  /** Looks at the pod anew: its deletion, its deadline, its absence. */
  observe(pod: Pod | undefined): void;
  shutdown(): void;
  /** Calls `kill` at `killAt`, however that moves. */
  onKill(kill: () => void): void;
  close(): void;
};

export function createStopOrder(clock: Clock): StopOrder {
  const controller = new AbortController();
  let why: StopReason | undefined;
  let latest = Number.POSITIVE_INFINITY;
  let kill: (() => void) | undefined;
  let cancelKill: () => void = () => undefined;
  let cancelDeadline: () => void = () => undefined;

  const arm = () => {
    cancelKill();
    if (kill !== undefined && latest !== Number.POSITIVE_INFINITY)
      cancelKill = clock.after(latest - clock.now(), kill);
  };

  const stop = (reason: StopReason, by: number) => {
    why = why === undefined || reason === 'gone' || reason === 'shutdown' ? reason : why;
    latest = Math.min(latest, by);
    arm();
    controller.abort();
  };

  const watchDeadline = (pod: Pod) => {
    cancelDeadline();
    const { startTime } = pod.status;
    const seconds = pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || startTime === undefined || why !== undefined) return;
    const grace = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const wait = Date.parse(startTime) + seconds * 1000 - clock.now();
    cancelDeadline = clock.after(Math.max(0, wait), () => stop('deadline', clock.now() + grace));
  };

  return {
    signal: controller.signal,
    reason: () => why,
    killAt: () => latest,
    observe(pod) {
      // A phase that somebody else has made final ends the pod like its absence.
      if (pod === undefined || isTerminal(pod)) return stop('gone', clock.now());
      const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
      // As the kubelet up to 1.37 at least: the first grace that it hears of is the one that counts.
      if (deletionTimestamp !== undefined && why === 'deleted') return;
      // The timestamp is cut to whole seconds; the grace period counts from when it is seen.
      if (deletionTimestamp !== undefined) {
        const grace = (deletionGracePeriodSeconds ?? 0) * 1000;
        return stop('deleted', Math.min(clock.now() + grace, Date.parse(deletionTimestamp) + 1000));
      }
      watchDeadline(pod);
    },
    shutdown: () => stop('shutdown', clock.now()),
    onKill(action) {
      kill = action;
      arm();
    },
    close() {
      kill = undefined;
      cancelKill();
      cancelDeadline();
    },
  };
}
