import { stepLabel, watchSelector } from '../job/metadata.ts';
import type { RawObject } from '../job/project.ts';
import { everyTenantObject } from '../kube/tenant-store.ts';
import type { Transport } from '../kube/transport-types.ts';
import { type LiveObject, projectLive } from '../tenant/live-object.ts';
import { tenantKinds } from '../tenant/objects.ts';
import type { LiveChange } from '../tenant/view.ts';
import { createBestEffort } from './best-effort.ts';

export interface TenantViewsDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly onChange: (change: LiveChange) => void;
  readonly onError: (error: unknown, what: string) => void;
}

export interface TenantViews {
  /** All kinds were listed once. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** One of them is not there because it could not be read. */
  hasFailed(): boolean;
  /** An object that a call has returned: if the watch misses it, it is told when it is gone all the same. */
  met(object: LiveObject): void;
  start(): void;
  stop(): Promise<void>;
}

/** Follows the objects that tenants are made of, by our label, one view for each kind. */
export function createTenantViews({ transport, onChange, onError }: TenantViewsDeps): TenantViews {
  const views = tenantKinds.map((kind) => ({
    kind,
    reflector: createBestEffort<LiveObject>({
      transport,
      path: everyTenantObject(kind),
      // Steps have policies of their own, which come and go with them.
      labelSelector: `${watchSelector},!${stepLabel}`,
      project: (object) => projectLive(kind, object as RawObject),
      onDelta({ type, object, resourceVersion, restored }) {
        const current = { ...object, version: resourceVersion };
        if (type === 'deleted') return onChange({ type: 'gone', object: current });
        onChange({ type: restored ? 'restored' : 'there', object: current });
      },
      what: `each ${kind} of tenants`,
      without: {
        list: 'no step is taken until that works: grant the rights that glip-executor check names, or set tenants.management to off',
        watch:
          'what others change of them is neither seen nor mended until that works: grant the rights that glip-executor check names',
      },
      onError,
    }),
  }));
  const synced = Promise.all(views.map((v) => v.reflector.synced)).then(() => undefined);
  // Who stops before, and never waits for it, must not meet an unhandled rejection.
  synced.catch(() => undefined);
  return {
    synced,
    isSynced: () => views.every((v) => v.reflector.status().synced),
    hasFailed: () =>
      views.map((v) => v.reflector.status()).some((s) => !s.synced && s.lastError !== undefined),
    met(object) {
      const { uid, name, namespace, version: resourceVersion, kind } = object;
      const id = { uid, name, namespace: kind === 'Namespace' ? '' : namespace, resourceVersion };
      views.find((v) => v.kind === kind)?.reflector.meet(id, object);
    },
    start: () => {
      for (const { reflector } of views) reflector.start();
    },
    async stop() {
      await Promise.all(views.map((v) => v.reflector.stop()));
    },
  };
}
