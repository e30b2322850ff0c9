import type { SubmitStepRequest } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { seconds } from '../../support/step.ts';

/** One way to make a valid submit wrong. Faults of different areas do not hide each other. */
export interface Fault {
  readonly area: string;
  /** What must be named; `invocation` stands for `manifest_json` in a manifest that is text. */
  readonly field: string;
  readonly value: unknown;
  readonly apply: (request: SubmitStepRequest) => void;
}

type Target = Record<string, unknown>;

/** Puts a value where a path leads, making what is missing on the way. */
function put(root: object, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at = root as Target;
  for (const part of parts) {
    at[part] ??= {};
    at = at[part] as Target;
  }
  at[last] = value;
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

const inKey = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: `key.${field}`,
    field: `key.${field}`,
    value,
    apply: (request) => put(request, `key.${camel(field)}`, value),
  }));

const invocation = ({ manifest }: SubmitStepRequest) =>
  manifest.case === 'invocation' ? manifest.value : {};

const inManifest = (area: string, field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area,
    field: `invocation.${field}`,
    value,
    apply: (request) => put(invocation(request), camel(field), value),
  }));

const inOptions = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: `options.${field.split('.')[0]}`,
    field: `options.${field}`,
    value,
    apply: (request) => {
      put(request, `options.${camel(field)}`, value);
    },
  }));

const member = (map: string, key: string, value: string): Fault => ({
  area: `options.${map}`,
  field: `options.${map}[${JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key)}]`,
  value,
  apply: (request) => {
    put(request, `options.${map}`, { [key]: value });
  },
});

const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));

const input = (change: object) => [
  {
    name: 'in',
    artifactUri: 's3://b/k',
    sha256: '0'.repeat(64),
    mediaType: '',
    sourceStep: '',
    ...change,
  },
];
const inInput = (field: string, ...values: readonly unknown[]): readonly Fault[] =>
  values.map((value) => ({
    area: 'inputs',
    field: `invocation.spec.inputs[0].${field}`,
    value,
    apply: (request) => put(invocation(request), 'spec.inputs', input({ [camel(field)]: value })),
  }));

const volume = (field: string, change: object): Fault => ({
  area: 'options.volumes',
  field: `options.volumes[0].${field}`,
  value: change,
  apply: (request) => {
    put(request, 'options.volumes', [
      {
        name: 'data',
        mountPath: '/data',
        readOnly: false,
        source: { case: 'scratchSize', value: '1Gi' },
        ...change,
      },
    ]);
  },
});

const ids = [
  '',
  'Upper',
  '../etc',
  'a/b',
  'a.b',
  '1a',
  '-a',
  'a b',
  'a\n',
  'ä',
  'a'.repeat(64),
  '$(x)',
  'a\u0000',
];
const half = seconds(1.5);

export const faults: readonly Fault[] = [
  ...inKey('tenant', ...ids),
  ...inKey('step_id', ...ids),
  ...inKey(
    'run_id',
    '',
    ' x',
    'x ',
    'a\u0000b',
    'a\nb',
    '\u007f',
    'a\u0085b',
    'a\u2028b',
    'x'.repeat(129),
    '\ufeffx',
  ),
  ...inKey('attempt', 10_000, 4_294_967_295),

  ...inManifest('metadata', 'metadata.invocation_id', '', 'a\nb', 'x'.repeat(254), 'a\u0000'),
  ...inManifest('metadata', 'metadata.run_id', 'of another run'),
  ...inManifest('metadata', 'metadata.step_id', 'of-another-step'),
  ...inManifest('metadata', 'metadata.pipeline_id', 'A', 'a_b', '-a', 'a'.repeat(64)),
  ...inManifest('metadata', 'metadata.idempotency_key', 'x'.repeat(257)),
  ...inManifest('agent', 'spec.agent.name', '', 'a\u001bb', 'x'.repeat(254)),
  ...inManifest('agent', 'spec.agent.version', 'a\nb', 'x'.repeat(129)),
  ...inManifest(
    'agent',
    'spec.agent.image',
    '',
    'a/Upper',
    'a b',
    '../x',
    'https://x/y',
    'x:',
    `x:${'y'.repeat(129)}`,
    'x@sha256:abc',
    'x\n',
    '-x',
    'x'.repeat(513),
  ),
  ...inInput('sha256', '', 'xyz', 'A'.repeat(64), '0'.repeat(63)),
  ...inInput('artifact_uri', '', 'data.csv', 'ftp://x/y', 'javascript:alert(1)', 's3://[', 'file:///a\nb'),
  ...inInput('name', '', 'a\u0000', 'x'.repeat(254)),
  ...inManifest('outputs', 'spec.outputs', 'not/a/dir').map((fault) => ({
    ...fault,
    field: 'invocation.spec.outputs[0].artifact_prefix',
    apply: (request: SubmitStepRequest) =>
      put(invocation(request), 'spec.outputs', [{ name: 'out', artifactPrefix: 's3://b/k' }]),
  })),
  ...inManifest(
    'resources',
    'spec.resources.cpu',
    '-1',
    'abc',
    '0',
    '1e99',
    '1000',
    '1 000',
    '0x10',
    '1'.repeat(65),
  ),
  ...inManifest('resources', 'spec.resources.memory', '512', '-1Gi', '1TB', '900Ti', 'Gi'),
  ...inManifest('resources', 'spec.resources.ephemeral_storage', '1', '9Ei', 'x'),
  ...inManifest('resources', 'spec.resources.gpu', '1.5', '-1', 'one', '100m'),
  ...inManifest('resources', 'spec.resources.size_class', 'enormous', '../large'),
  ...inManifest('timeout', 'spec.resources.timeout_seconds', 0, 86_401, 4_294_967_295),
  ...inManifest('permissions', 'spec.permissions.tenant_id', 'somebody-else'),
  ...inManifest('trace', 'spec.observability.trace_context', { traceparent: 'xx', tracestate: '' }).map(
    (fault) => ({
      ...fault,
      field: 'invocation.spec.observability.trace_context.traceparent',
    }),
  ),

  ...inOptions('timeouts.queue', half, seconds(0), seconds(-5), seconds(2_592_001)),
  ...inOptions('timeouts.start', half, seconds(0)),
  ...inOptions('grace_period', half, seconds(-1), seconds(3_601)),
  ...inOptions('ttl_after_finished', half, seconds(0), seconds(59), seconds(2_592_001)),
  ...inOptions('priority_class', 'Bad Name', 'system-node-critical', 'x'.repeat(254)),
  ...inOptions('pool', 'nope', '../standard', 'standard\u0000').map((fault) => ({
    ...fault,
    area: 'resources',
  })),
  ...[['a\u0000']]
    .flatMap((list) => [...inOptions('command', list), ...inOptions('args', list)])
    .map((fault) => ({
      ...fault,
      field: `${fault.field}[0]`,
    })),
  ...inOptions('args', new Array(1_001).fill(''), ['x'.repeat(65_537)]),
  ...inOptions('env', many(201), { A: 'x'.repeat(65_537) }),
  ...inOptions('labels', many(33)),
  ...inOptions('annotations', many(33), { 'example.org/a': 'x'.repeat(65_537) }),
  ...['GLIP_RUN_ID', 'GLIP_', 'TRACEPARENT', 'GL_INPUT_URI', '1A', '', 'A-B', 'A B', 'Ä', 'A=B'].map((k) =>
    member('env', k, 'v'),
  ),
  member('env', 'A', 'v\u0000'),
  ...[
    'app',
    'run_id',
    'kubernetes.io/x',
    'batch.kubernetes.io/job-name',
    'x.k8s.io/y',
    'glip.greenlang.io/key',
    '',
    '-a',
    'a b',
    'a/b/c',
    'Ä',
    `${'d'.repeat(254)}/a`,
    'k'.repeat(64),
  ].flatMap((k) => [member('labels', k, 'v'), member('annotations', k, 'v')]),
  ...['-v', 'a b', 'ä', 'v'.repeat(64), '../x', '$(x)'].map((v) => member('labels', 'team', v)),
  ...['', 'Bad', 'a_b', '-a', 'glip-inputs', 'glip-outputs', 'glip-tmp', 'a'.repeat(64)].map((name) =>
    volume('name', { name }),
  ),
  ...[
    '',
    '/',
    'relative',
    '/a/../b',
    '/a//b',
    '/a/',
    '/glip',
    '/glip/inputs/x',
    '/proc/x',
    '/var/run/secrets/x',
    '/var',
    '/a:b',
    '/a\n',
  ].map((mountPath) => volume('mount_path', { mountPath })),
  ...['', '0', '-1Gi', 'big'].map((value) =>
    volume('scratch_size', { source: { case: 'scratchSize', value } }),
  ),
  ...['', '../x', 'Upper'].map((value) => volume('claim', { source: { case: 'claim', value } })),
];
