import { floods } from './floods.ts';
import { graces } from './graces.ts';
import { images } from './images.ts';
import {
  address,
  choice,
  directory,
  duration,
  file,
  integer,
  json,
  matching,
  quantityFrom,
  text,
  texts,
} from './kinds.ts';
import { reservedByDefault } from './reserved-keys.ts';
import { security } from './security.ts';
import { optional, required, type Values } from './setting.ts';

// Timers of the runtime end at 24.8 days, so no timeout may be longer.
const hours = { min: '1s', max: '480h', whole: true } as const;

/** Every setting of glip-executor. docs/config.md and the help are made from it. */
export const schema = {
  grpcAddress: required(
    address,
    '127.0.0.1:7070',
    'Where gRPC is served. Port 0 takes a free one. Without TLS only loopback is allowed.',
  ),
  httpAddress: required(
    address,
    '127.0.0.1:7080',
    'Where HTTP is served: the same calls as JSON, gRPC-Web and Connect. Only loopback is allowed without TLS.',
  ),
  ...security,
  cluster: required(
    choice('auto', 'embedded', 'kubernetes'),
    'auto',
    'Which cluster runs the steps. auto takes kubernetes when a kubeconfig or a service account is found, else embedded.',
  ),
  kubeconfig: optional(
    file,
    'Kubeconfig; without it $KUBECONFIG, ~/.kube/config, then the service account of the pod.',
  ),
  context: optional(text, "Context of the kubeconfig; without it the file's current one."),
  clusterId: optional(
    matching('ID', 'at most 63 of a-z, 0-9 and "-", begun and ended by a letter or digit', dnsLabel()),
    'Name of this cluster among many, for logs, metrics and the cursors of WatchSteps; the same at all its executors.',
  ),
  region: optional(
    text,
    'Region of this cluster, as manifests name it in spec.permissions.allowed_regions: a step that may not run here is refused (REGION_NOT_ALLOWED). Without it every manifest that names regions is refused.',
  ),
  dataClassifications: optional(
    texts,
    'What data the steps of this executor may handle, as manifests name it in spec.permissions.data_classification; others are refused (DATA_CLASSIFICATION_NOT_ALLOWED). Without it every manifest that names one is refused.',
  ),
  namespacePrefix: required(
    matching(
      'PREFIX',
      'a lower-case letter and then at most 30 of a-z, 0-9 and "-"',
      /^[a-z][a-z0-9-]{0,30}$/,
    ),
    'glip-',
    "Begins the names of the tenants' namespaces. Steps in namespaces of another prefix are unknown to the executor: before a change, read operations.md.",
  ),
  timeouts: {
    queue: required(
      duration(hours),
      '1h',
      'From the submit until a node is found, for steps that do not say.',
    ),
    start: required(
      duration(hours),
      '10m',
      'From the node until the process runs, image pull included, for steps that do not say.',
    ),
    run: required(duration(hours), '15m', "Of the process, for steps that do not say (GLIP's 900 s)."),
    total: optional(
      duration(hours),
      'Of everything, for steps that do not say; without it the sum of the other three.',
    ),
  },
  graces,
  limits: {
    maxRun: required(
      duration(hours),
      '24h',
      "Longest run timeout that a step may ask for (GLIP's 86,400 s).",
    ),
    ...floods,
  },
  startGuarantee: required(
    choice('at-least-once', 'at-most-once'),
    'at-least-once',
    'How often the process of a step may start, for steps that do not say, and where tenantDefaults says nothing of their tenant.',
  ),
  gracePeriod: required(
    duration({ min: '1s', max: '1h', whole: true }),
    '30s',
    'Between SIGTERM and SIGKILL, for steps that do not say (GLIP).',
  ),
  sidecarGrace: required(
    duration({ min: '0s', max: '1h' }),
    '30s',
    'How long another container may keep the pod alive after the end of the agent, before the executor stops the pod.',
  ),
  ttlAfterFinished: required(
    duration({ min: '1m', max: '720h', whole: true }),
    '1h',
    "Life of a step's record after its end, for steps that do not say (ADR-002's 3,600 s).",
  ),
  outputsSizeLimit: required(quantityFrom('1Mi'), '10Gi', 'Most that an agent may write to /glip/outputs.'),
  reservedKeys: required(
    matching(
      'KEY[,KEY...]',
      'keys with commas between them: domains, whole keys, or the beginning of keys with "*" behind; or none',
      /^[^,\s*]+\*?(, *[^,\s*]+\*?)*$/,
    ),
    reservedByDefault.join(', '),
    'Labels and annotations that steps may not set, since add-ons of clusters act on them with rights of their own; a domain stands for all that is below it, too.',
  ),
  heartbeatInterval: required(
    duration({ min: '50ms', max: '15s' }),
    '15s',
    'Longest silence of a watch. The contract promises 15 s, so it can only be shorter.',
  ),
  // Proofs come every 5 s; where nothing happens it takes up to 20 s to have one, and a list as the last resort.
  maxStaleness: required(
    duration({ min: '30s', max: '1h' }),
    '1m',
    'How old the newest confirmed view of the cluster may be before health says NOT_SERVING. Calls are answered all the same.',
  ),
  nodeWatch: required(
    choice('on', 'off'),
    'on',
    'Whether nodes are followed, to tell of drains, spot notices and lost nodes before they end a step. It needs the right to list and watch nodes, and is done without where that is missing.',
  ),
  watch: {
    maxAge: required(
      duration({ min: '1s', max: '480h', zero: true }),
      // Load balancers cut what is older, often without a word, and new replicas would never get a stream.
      '1h',
      'A watch is asked to reconnect after this time, or up to a fifth earlier, so that load spreads over new replicas; 0 is never.',
    ),
  },
  logs: {
    // Each holds a connection and, where its reader is slow, about 1 MiB.
    maxStreams: required(
      integer(1, 10_000),
      '256',
      'Most StreamLogs calls at once; more are refused with RESOURCE_EXHAUSTED. Each has a connection to the API server.',
    ),
    maxStreamsPerCaller: required(
      integer(1, 10_000),
      // A quarter: no one caller keeps the others from their logs.
      '64',
      'Most of them of one identity; no bound where nobody need prove who they are.',
    ),
  },
  tenants: {
    management: required(
      choice('on', 'off'),
      'on',
      "Whether the executor lays down and keeps tenants' namespaces. It needs rights on them (see check); without those, or while it does not know them yet, no step is taken. off: every namespace is as people make it.",
    ),
    unmanaged: required(
      choice('allow', 'refuse'),
      'allow',
      'Whether steps may run in namespaces that were made by hand, which nothing here bounds: neither pools nor priority classes.',
    ),
    file: optional(
      file,
      "Tenants that this file describes: `tenants: {NAME: {...}}` in YAML or JSON, as the contract's TenantSpec. Read again whenever it changes; one that is wrong changes nothing.",
    ),
  },
  images,
  drainTimeout: required(
    duration({ min: '0s', max: '1h' }),
    '25s',
    "For open calls and watches to end after SIGTERM, before they are cut; less than the pod's grace period, which is 30 s by default.",
  ),
  logLevel: required(
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    'info',
    'Least severity that is logged.',
  ),
  logFormat: required(choice('json', 'pretty'), 'json', 'JSON lines for machines, or pretty for people.'),
  kubernetes: {
    // What the transport was measured with: calls beyond it wait, they do not fail.
    connections: required(
      integer(1, 1000),
      '48',
      'Most connections for calls to the API server; watches have their own.',
    ),
    requestTimeout: required(
      duration({ min: '1s', max: '5m' }),
      '35s',
      'For one call to the API server, which itself gives up after 34 s on a write.',
    ),
  },
  embedded: {
    workDir: optional(
      directory,
      'Working directories of the agents; without it a new one below the temporary directory of the system.',
    ),
    catalogue: optional(file, 'Which image runs which command; without it the sample agents.'),
    tenants: required(
      matching(
        'TENANT[,TENANT...]',
        'tenant ids with commas between them',
        /^[a-z][a-z0-9_-]{0,62}(,[a-z][a-z0-9_-]{0,62})*$/,
      ),
      'demo',
      'Tenants that are there from the start; each gets a namespace and a service account.',
    ),
    delays: required(
      choice('real', 'none'),
      'real',
      'Delays of the real controllers and kubelet, or none, for tests.',
    ),
  },
  tenantDefaults: {
    kind: json,
    description:
      "By tenant, what goes before the defaults of the cluster, and behind those of the tenant's own description: `{TENANT: {startGuarantee: at-most-once}}`.",
    fileOnly: true,
  },
  resources: {
    kind: json,
    description: 'Pools, size classes and the CPU limit factor of the resource calculator.',
    fileOnly: true,
  },
} as const;

/** The configuration of an executor, complete and valid. */
export type Config = Values<typeof schema>;

function dnsLabel(): RegExp {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
}
