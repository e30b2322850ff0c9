import { createReflector, type Reflector, type ReflectorDeps } from '../kube/reflector.ts';

export interface BestEffortDeps<T>
  extends Pick<
    ReflectorDeps<T>,
    'transport' | 'path' | 'fieldSelector' | 'labelSelector' | 'project' | 'onDelta'
  > {
  /** What is watched. */
  readonly what: string;
  /** How steps go on while it was never listed, and while it cannot be followed. */
  readonly without: string | { readonly list: string; readonly watch: string };
  readonly onError: (error: unknown, what: string) => void;
}

/** A view that explains and decides nothing: it is no part of readiness, and a failure is reported once until it works again. */
export function createBestEffort<T>({ what, without, onError, ...deps }: BestEffortDeps<T>): Reflector<T> {
  let broken = false;
  const lacking = (isListed: boolean): string => {
    if (typeof without === 'string') return without;
    return isListed ? without.watch : without.list;
  };
  const reflector = createReflector<T>({
    ...deps,
    onStatus: ({ state }) => {
      if (state === 'watching') broken = false;
    },
    onError: (error, during) => {
      const { synced } = reflector.status();
      if (!broken) onError(error, `watching ${what} (${during}); ${lacking(synced)}`);
      broken = true;
    },
  });
  return reflector;
}
