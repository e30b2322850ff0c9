import { createReflector, type Reflector, type ReflectorDeps } from '../kube/reflector.ts';

export interface BestEffortDeps<T>
  extends Pick<
    ReflectorDeps<T>,
    'transport' | 'path' | 'fieldSelector' | 'labelSelector' | 'project' | 'onDelta'
  > {
  /** What is watched. */
  readonly what: string;
  /** How steps go on without it. */
  readonly without: string;
  readonly onError: (error: unknown, what: string) => void;
}

/** A view that explains and decides nothing: it is no part of readiness, and a failure is reported once until it works again. */
export function createBestEffort<T>({ what, without, onError, ...deps }: BestEffortDeps<T>): Reflector<T> {
  let broken = false;
  return createReflector<T>({
    ...deps,
    onStatus: ({ state }) => {
      if (state === 'watching') broken = false;
    },
    onError: (error, during) => {
      if (!broken) onError(error, `watching ${what} (${during}); ${without}`);
      broken = true;
    },
  });
}
