import type { Clock } from './clock.ts';
import { timestamp } from './clock.ts';
import { type KubeObject, keyOf } from './objects.ts';
import type { Registry } from './registry/registry.ts';
import { events } from './registry/resources.ts';
import { ApiError } from './status.ts';
import type { Store } from './storage/store.ts';

export type Notice = {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: 'job-controller' | 'kubelet' | 'default-scheduler';
  /** The container's field path, for events about a container. */
  readonly fieldPath?: string;
  /** Name of the node, for a kubelet's events. */
  readonly host?: string;
  /** The scheduler writes the newer form, with an action and no counts. */
  readonly action?: string;
};

/** Writes Events. The same thing said again about the same object is counted, not repeated. Never throws. */
export type EventRecorder = { record(notice: Notice): void; stop(): void };

const LIFETIME = 60 * 60 * 1000;
const SWEEP_INTERVAL = 60 * 1000;
const KEPT = 20_000;

function shape(notice: Notice, now: number): Record<string, unknown> {
  const { about, component, host, action } = notice;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const path = notice.fieldPath === undefined ? {} : { fieldPath: notice.fieldPath };
  const involvedObject = {
    kind: about.kind,
    namespace,
    name,
    uid,
    apiVersion: about.apiVersion,
    resourceVersion,
    ...path,
  };
  const said = { type: notice.type, reason: notice.reason, message: notice.message };
  if (action !== undefined) {
    const eventTime = new Date(now).toISOString().replace('Z', '000Z');
    const times = { firstTimestamp: null, lastTimestamp: null, eventTime, action };
    return {
      involvedObject,
      ...said,
      source: {},
      ...times,
      reportingComponent: component,
      reportingInstance: component,
    };
  }
  const at = timestamp(now);
  const source = host === undefined ? { component } : { component, host };
  const times = { firstTimestamp: at, lastTimestamp: at, count: 1, eventTime: null };
  return {
    involvedObject,
    ...said,
    source,
    ...times,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

export function createEventRecorder(deps: {
  store: Store;
  registry: Registry;
  clock: Clock;
  onError: (error: unknown) => void;
}): EventRecorder {
  const { store, registry, clock, onError } = deps;
  const known = new Map<string, string>();
  let written = 0;

  const write = (notice: Notice): void => {
    const now = clock.now();
    const namespace = notice.about.metadata.namespace ?? 'default';
    const { uid, name } = notice.about.metadata;
    const identity = [uid, notice.fieldPath, notice.component, notice.reason, notice.message].join('\n');
    const earlier = known.get(identity);
    if (earlier !== undefined && store.get(events.plural, keyOf(namespace, earlier)) !== undefined) {
      if (notice.action !== undefined) return;
      const count = (event: KubeObject) => ({
        ...event,
        count: Number(event.count ?? 1) + 1,
        lastTimestamp: timestamp(now),
      });
      registry.update(events, namespace, earlier, count, { trusted: true });
      return;
    }
    written += 1;
    const eventName = `${name}.${(now * 1000 + (written % 1000)).toString(16)}${written.toString(16)}`;
    registry.create(events, namespace, { metadata: { name: eventName }, ...shape(notice, now) });
    known.set(identity, eventName);
  };

  /** Events live for an hour, and never more than a bounded number of them. */
  const sweep = (): void => {
    const all = store.list(events.plural);
    const limit = clock.now() - LIFETIME;
    const byAge = all.toSorted(
      (left, right) => Number(left.metadata.resourceVersion) - Number(right.metadata.resourceVersion),
    );
    const excess = byAge.slice(0, Math.max(0, all.length - KEPT));
    const old = all.filter((event) => Date.parse(event.metadata.creationTimestamp) < limit);
    for (const event of new Set([...excess, ...old]))
      registry.delete(events, event.metadata.namespace, event.metadata.name);
    const left = new Set(store.list(events.plural).map((event) => event.metadata.name));
    for (const [identity, name] of known) if (!left.has(name)) known.delete(identity);
    cancel = clock.after(SWEEP_INTERVAL, sweep);
  };
  let cancel = clock.after(SWEEP_INTERVAL, sweep);

  return {
    record(notice) {
      try {
        write(notice);
      } catch (error) {
        // The namespace may be gone before the last word about what was in it.
        if (!(error instanceof ApiError)) onError(error);
      }
    },
    stop: () => cancel(),
  };
}
