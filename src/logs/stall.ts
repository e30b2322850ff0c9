import type { LogStore } from '../job/ports.ts';
import { against, readGoal } from './goal.ts';
import type { Position } from './position.ts';
import type { ReadTarget } from './reading.ts';

/** At the first silences, then ever less often. */
export const isProbeDue = (silences: number): boolean =>
  silences % 16 === 0 || (silences & (silences - 1)) === 0;

/**
 * Whether a silent answer has missed what the log has: the kubelet stays with a file that was rotated while it was read for the first
 * time, and a connection may be dead without a word.
 */
export async function isStalled(
  store: LogStore,
  { pod, container }: Pick<ReadTarget, 'pod' | 'container'>,
  position: Position,
  signal: AbortSignal,
): Promise<boolean> {
  const goal = await readGoal(store, pod, container, signal).catch(() => undefined);
  return typeof goal === 'object' && against(position, goal) === 'before';
}
