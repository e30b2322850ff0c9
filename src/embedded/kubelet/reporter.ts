import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../events.ts';
import { isTerminal, objectKey, type Pod } from '../objects.ts';
import type { Registry } from '../registry/registry.ts';
import { pods } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { type PodView, podStatus } from './pod-status.ts';

/** What a kubelet says to the API about one pod, as long as that pod is there. */
export type Reporter = {
  /** The pod as it is now, or undefined when it is gone. */
  pod(): Pod | undefined;
  status(view: PodView): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void;
  /** Removes the object of a pod that is being deleted, now that its end is told. */
  remove(): void;
};

export function createReporter(
  deps: {
    readonly store: Store;
    readonly registry: Registry;
    readonly clock: Clock;
    readonly recorder: EventRecorder;
  },
  first: Pod,
): Reporter {
  const { store, registry, clock, recorder } = deps;
  const { namespace, name, uid } = first.metadata;

  const pod = (): Pod | undefined => {
    const found = store.get(pods.plural, objectKey(first)) as Pod | undefined;
    return found?.metadata.uid === uid ? found : undefined;
  };

  return {
    pod,
    status(view) {
      const current = pod();
      // A phase is final, also when somebody else has set it.
      if (current === undefined || isTerminal(current)) return;
      const write = (object: object) => ({ ...object, status: podStatus(current, view, clock.now()) });
      registry.update(pods, namespace, name, write, { trusted: true });
    },
    event(type, reason, message, container) {
      const path = container === undefined ? {} : { fieldPath: `spec.containers{${container}}` };
      const host = first.spec.nodeName === undefined ? {} : { host: first.spec.nodeName };
      recorder.record({
        about: pod() ?? first,
        type,
        reason,
        message,
        component: 'kubelet',
        ...path,
        ...host,
      });
    },
    remove() {
      if (pod() !== undefined) registry.delete(pods, namespace, name, { gracePeriodSeconds: 0, uid });
    },
  };
}
