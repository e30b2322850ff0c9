/** What grpc.health.v1 says of a service that is known. */
export type ServingStatus = 'SERVING' | 'NOT_SERVING';

/** The health of the services, kept for Check, Watch and List. The empty name is the server as a whole. */
export interface HealthSource {
  /** Undefined for a service that is not known. */
  get(service: string): ServingStatus | undefined;
  list(): ReadonlyMap<string, ServingStatus>;
  /** Sets a known service. Does nothing after shutdown. */
  set(service: string, status: ServingStatus): void;
  /** Sets all known services. */
  setAll(status: ServingStatus): void;
  /** NOT_SERVING for good: whoever reports health later does not undo a drain. */
  shutdown(): void;
  /** Calls back after each change of any service, until unsubscribed. */
  subscribe(onChange: () => void): () => void;
}

/** The services are named once, so nothing that callers send makes the table grow. All begin as NOT_SERVING: nothing is proven yet. */
export function createHealthSource(services: readonly string[]): HealthSource {
  const statuses = new Map<string, ServingStatus>(['', ...services].map((name) => [name, 'NOT_SERVING']));
  const subscribers = new Set<() => void>();
  let down = false;
  const change = (names: Iterable<string>, status: ServingStatus): void => {
    if (down) return;
    let changed = false;
    for (const name of [...names]) {
      if (!statuses.has(name) || statuses.get(name) === status) continue;
      statuses.set(name, status);
      changed = true;
    }
    if (changed) for (const notify of [...subscribers]) notify();
  };
  return {
    get: (service) => statuses.get(service),
    list: () => statuses,
    set: (service, status) => change([service], status),
    setAll: (status) => change(statuses.keys(), status),
    shutdown: () => {
      change(statuses.keys(), 'NOT_SERVING');
      down = true;
    },
    subscribe: (onChange) => {
      subscribers.add(onChange);
      return () => void subscribers.delete(onChange);
    },
  };
}
