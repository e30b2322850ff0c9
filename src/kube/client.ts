import * as paths from './paths.ts';
import { readEvents } from './read-events.ts';
import { type MetricSample, readMetrics } from './read-metrics.ts';
import type { CallRequest, Query, Transport } from './transport-types.ts';
import type {
  AccessAttributes,
  JsonPatchStep,
  KubeAccessReview,
  KubeConfigMap,
  KubeEvent,
  KubeJob,
  KubeList,
  KubeNamespace,
  KubeNode,
  KubePod,
  KubeServiceAccount,
  KubeVersion,
} from './types.ts';
import type { WritePriority } from './write-limiter.ts';

/** What every verb takes. */
export type CallOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
};

export type CreateOptions = CallOptions & {
  /** Everything but the storing, admission included. */
  readonly dryRun?: boolean | undefined;
  readonly priority?: WritePriority | undefined;
};

export type ApplyOptions = CreateOptions & {
  readonly fieldManager: string;
  /** Takes fields from those who own them. */
  readonly force?: boolean | undefined;
};

export type PatchOptions = CallOptions & { readonly priority?: WritePriority | undefined };

export type DeleteOptions = CallOptions & {
  readonly gracePeriodSeconds?: number | undefined;
  /** Precondition: only the object with this uid. */
  readonly uid?: string | undefined;
  /** Precondition: only the object in this version. */
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly priority?: WritePriority | undefined;
};

export type ListOptions = CallOptions & {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Absent: a consistent read. `0`: whatever the server has at hand. */
  readonly resourceVersion?: string | undefined;
};

export type LogOptions = CallOptions & {
  readonly container?: string | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly timestamps?: boolean | undefined;
};

/** A patch: an array is RFC 6902, an object is an RFC 7386 merge patch. */
export type Patch = readonly JsonPatchStep[] | Readonly<Record<string, unknown>>;

/** The verbs the executor uses, over plain JSON. Reads are consistent. Rejections are the transport's. */
export type KubeClient = ReturnType<typeof createKubeClient>;

const callOf = ({ signal, timeoutMs, onWarning }: CallOptions) => ({ signal, timeoutMs, onWarning });

/** Binds the verbs to a transport. */
export function createKubeClient({ transport }: { readonly transport: Pick<Transport, 'call' | 'stream'> }) {
  const send = async <T>(request: CallRequest): Promise<T> => (await transport.call<T>(request)).body;

  const get = <T>(path: string, options: CallOptions = {}, query?: Query) =>
    send<T>({ method: 'GET', path, query, ...callOf(options) });

  const list = <T>(path: string, options: ListOptions = {}) => {
    const { labelSelector, fieldSelector, limit, continue: token, resourceVersion } = options;
    return get<KubeList<T>>(path, options, {
      labelSelector,
      fieldSelector,
      limit,
      continue: token,
      resourceVersion,
    });
  };

  // Names are deterministic, so a create that is sent twice meets itself: AlreadyExists, which callers must handle anyway.
  const create = <T>(path: string, body: unknown, options: CreateOptions = {}) => {
    const query = { dryRun: options.dryRun ? 'All' : undefined, fieldValidation: 'Warn' };
    const priority = options.dryRun ? 'read' : options.priority;
    return send<T>({ method: 'POST', path, query, body, priority, resend: true, ...callOf(options) });
  };

  const patch = <T>(path: string, body: Patch, { priority, ...options }: PatchOptions = {}) => {
    const contentType = Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json';
    return send<T>({ method: 'PATCH', path, body, contentType, priority, ...callOf(options) });
  };

  /** Server-side apply; `created`: there was no such object. Sent twice it changes nothing. */
  const apply = async <T>(path: string, body: object, options: ApplyOptions) => {
    const { fieldManager, force, dryRun, priority, ...rest } = options;
    const { status, body: object } = await transport.call<T>({
      method: 'PATCH',
      path,
      query: { fieldManager, force, dryRun: dryRun ? 'All' : undefined, fieldValidation: 'Warn' },
      body,
      // JSON is YAML.
      contentType: 'application/apply-patch+yaml',
      priority: dryRun ? 'read' : priority,
      resend: true,
      ...callOf(rest),
    });
    return { object, created: status === 201 };
  };

  // A second delete meets a 404, or the same object still going, or a uid that does not match: no harm.
  const remove = <T = unknown>(path: string, options: DeleteOptions = {}) => {
    const { gracePeriodSeconds, propagationPolicy = 'Background', uid, resourceVersion, priority } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(uid === undefined ? {} : { preconditions: { uid, resourceVersion } }),
    };
    return send<T>({ method: 'DELETE', path, body, priority, resend: true, ...callOf(options) });
  };

  return {
    createJob: (namespace: string, job: KubeJob, options?: CreateOptions) =>
      create<KubeJob>(paths.inNamespace('jobs', namespace), job, options),
    getJob: (namespace: string, name: string, options?: CallOptions) =>
      get<KubeJob>(paths.object('jobs', namespace, name), options),
    patchJob: (namespace: string, name: string, body: Patch, options?: PatchOptions) =>
      patch<KubeJob>(paths.object('jobs', namespace, name), body, options),
    deleteJob: (namespace: string, name: string, options?: DeleteOptions) =>
      remove(paths.object('jobs', namespace, name), options),
    /** One page; `namespace` undefined means all of them. */
    listJobs: (namespace: string | undefined, options?: ListOptions) =>
      list<KubeJob>(namespace ? paths.inNamespace('jobs', namespace) : paths.everywhere('jobs'), options),

    createPod: (namespace: string, pod: KubePod, options?: CreateOptions) =>
      create<KubePod>(paths.inNamespace('pods', namespace), pod, options),
    getPod: (namespace: string, name: string, options?: CallOptions) =>
      get<KubePod>(paths.object('pods', namespace, name), options),
    patchPod: (namespace: string, name: string, body: Patch, options?: PatchOptions) =>
      patch<KubePod>(paths.object('pods', namespace, name), body, options),
    deletePod: (namespace: string, name: string, options?: DeleteOptions) =>
      remove<object>(paths.object('pods', namespace, name), options),
    listPods: (namespace: string | undefined, options?: ListOptions) =>
      list<KubePod>(namespace ? paths.inNamespace('pods', namespace) : paths.everywhere('pods'), options),
    podLogs: (namespace: string, name: string, options: LogOptions = {}) => {
      const { container, tailLines, limitBytes, sinceTime, timestamps } = options;
      const query = { container, tailLines, limitBytes, sinceTime, timestamps };
      const path = paths.object('pods', namespace, name, 'log');
      return send<string>({ method: 'GET', path, query, as: 'text', ...callOf(options) });
    },

    createConfigMap: (namespace: string, configMap: KubeConfigMap, options?: CreateOptions) =>
      create<KubeConfigMap>(paths.inNamespace('configmaps', namespace), configMap, options),
    getConfigMap: (namespace: string, name: string, options?: CallOptions) =>
      get<KubeConfigMap>(paths.object('configmaps', namespace, name), options),
    patchConfigMap: (namespace: string, name: string, body: Patch, options?: PatchOptions) =>
      patch<KubeConfigMap>(paths.object('configmaps', namespace, name), body, options),
    deleteConfigMap: (namespace: string, name: string, options?: DeleteOptions) =>
      remove(paths.object('configmaps', namespace, name), options),

    createNamespace: (namespace: KubeNamespace, options?: CreateOptions) =>
      create<KubeNamespace>(paths.clusterWide('namespaces'), namespace, options),
    listNamespaces: (options?: ListOptions) => list<KubeNamespace>(paths.clusterWide('namespaces'), options),
    getNamespace: (name: string, options?: CallOptions) =>
      get<KubeNamespace>(paths.clusterObject('namespaces', name), options),
    deleteNamespace: (name: string, options?: DeleteOptions) =>
      remove<object>(paths.clusterObject('namespaces', name), options),
    /** Any object, by its path. */
    createObject: (path: string, body: object, options?: CreateOptions) =>
      create<object>(path, body, options),
    getObject: (path: string, options?: CallOptions) => get<object>(path, options),
    applyObject: (path: string, body: object, options: ApplyOptions) => apply<object>(path, body, options),
    createEvent: (namespace: string, event: object, options?: CreateOptions) =>
      create<object>(paths.inNamespace('events', namespace), event, options),
    createServiceAccount: (namespace: string, account: KubeServiceAccount, options?: CreateOptions) =>
      create<KubeServiceAccount>(paths.inNamespace('serviceaccounts', namespace), account, options),
    getServiceAccount: (namespace: string, name: string, options?: CallOptions) =>
      get<KubeServiceAccount>(paths.object('serviceaccounts', namespace, name), options),
    listNodes: (options?: ListOptions) => list<KubeNode>(paths.clusterWide('nodes'), options),

    /** The Events about one object, the oldest 500 of them and 2 MiB; the API server filters by its uid. */
    listEvents: (namespace: string, uid: string, options: CallOptions = {}) =>
      send<readonly KubeEvent[]>({
        method: 'GET',
        path: paths.inNamespace('events', namespace),
        query: { fieldSelector: `involvedObject.uid=${uid}`, limit: 500 },
        read: readEvents,
        ...callOf(options),
      }),

    /** Samples of the API server's own metrics, by name; of several API servers, those of the one that answers. */
    metrics: (names: readonly string[], options: CallOptions = {}) =>
      send<readonly MetricSample[]>({
        method: 'GET',
        path: '/metrics',
        read: (chunks) => readMetrics(chunks, names),
        ...callOf(options),
      }),
    serverVersion: (options?: CallOptions) => get<KubeVersion>('/version', options),
    /** True when we may do it. */
    selfSubjectAccessReview: async (resourceAttributes: AccessAttributes, options: CallOptions = {}) => {
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const common = { priority: 'read', resend: true, ...callOf(options) } as const;
      const review = await send<KubeAccessReview>({ method: 'POST', path, body, ...common });
      return review.status?.allowed === true;
    },
  };
}
