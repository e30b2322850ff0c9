import type { EpochMs } from './refs.ts';

/**
 * Kubernetes cuts its times to whole seconds, so that an Event seems to be a little before what it is about: that alone is no news.
 * Compared with what was told last, small moves do not add up unheard.
 */
export const sameTime = (a: EpochMs | undefined, b: EpochMs | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) < 1_000);
