import type { JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { text } from './texts.ts';

const images = [
  'a',
  'registry.example/probe:1.0.0',
  'ghcr.io/greenlang/agents/ingest:1.2.3',
  `localhost:5000/a/b__c/d-e.f@sha256:${'0'.repeat(64)}`,
  `[fd00::1]:5000/agent:${'T'.repeat(128)}`,
  `registry.example/x:v1@sha256:${'ab'.repeat(32)}`,
  `${'long/'.repeat(40)}name:tag`,
];

const agent = fc.record({
  name: fc.oneof(fc.constantFrom('OPS.DATA.Ingest', 'a'), text({ max: 253, control: false })),
  version: fc.oneof(fc.constantFrom('', '1.2.3'), text({ max: 128, control: false })),
  image: fc.constantFrom(...images),
});

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const uri = fc.constantFrom(
  'file:///data/in.csv',
  's3://bucket/a%20b/c?d=e#f',
  'gs://bucket/ünï/名前.csv',
  'az://account/container/blob',
  'https://user@example.org:8443/x/$(y)/',
);

const named = <T>(items: fc.Arbitrary<T>) =>
  fc.uniqueArray(fc.tuple(text({ max: 253, control: false }), items), {
    maxLength: 4,
    selector: ([name]) => name,
  });

const inputs = named(
  fc.record({
    artifactUri: uri,
    sha256,
    sizeBytes: fc.option(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }), { nil: undefined }),
    mediaType: fc.constantFrom('', 'text/csv; charset="utf-8"'),
    sourceStep: fc.constantFrom('', 'before'),
  }),
).map((list) => list.map(([name, rest]) => ({ name, ...rest })));

const outputs = named(uri).map((list) =>
  list.map(([name, prefix]) => ({ name, artifactPrefix: `${prefix.replace(/[?#].*$/, '')}/` })),
);

/** Hints that fit one of the default pools, in every form a quantity may have. */
const resources = fc.record({
  cpu: fc.constantFrom('', '1m', '0.5', '500m', '2', '3500m', '1e0', '0.0015k', '+1', '15'),
  memory: fc.constantFrom('', '8Mi', '1Gi', '1.5Gi', '12e8', '1G', '1073741824', '12Gi', '100M'),
  ephemeralStorage: fc.constantFrom('', '1Mi', '10Gi', '1e9'),
  gpu: fc.constantFrom('', '0'),
  sizeClass: fc.constantFrom('', 'small', 'medium', 'large'),
  timeoutSeconds: fc.option(fc.integer({ min: 1, max: 86_400 }), { nil: undefined }),
});

const onGpu = fc.record({
  gpu: fc.constant('1'),
  cpu: fc.constantFrom('', '4'),
  memory: fc.constantFrom('', '16Gi'),
});

const permissions = fc.record({
  userId: text({ max: 100 }),
  roles: fc.array(text({ max: 40 }), { maxLength: 3 }),
  scopes: fc.array(text({ max: 40 }), { maxLength: 3 }),
  resourceQuotas: fc.option(
    // Above everything that the hints may be.
    fc.record({
      maxMemoryMb: fc.constant(60_000n),
      maxCpuMillicores: fc.constant(16_000n),
      maxRuntimeSeconds: fc.constant(86_400),
    }),
    { nil: undefined },
  ),
});

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const observability = fc.record({
  traceContext: fc.option(
    fc.record({
      traceparent: fc.tuple(hex(32), hex(16)).map(([trace, span]) => `00-${trace}-${span}-01`),
      tracestate: fc.constantFrom('', 'vendor=a$b$(c),x=1'),
    }),
    { nil: undefined },
  ),
  logCorrelationId: fc.oneof(fc.constant(''), text({ max: 256, control: false })),
  metricsLabels: fc.dictionary(text({ max: 20, control: false }), text({ max: 20 }), { maxKeys: 3 }),
  baggage: fc.dictionary(text({ max: 20, control: false }), text({ max: 20 }), { maxKeys: 3 }),
});

/** What params may hold: any JSON object, not too deep, without NUL, and with keys that can be shown. */
const { params } = fc.letrec<{ params: Record<string, unknown>; value: unknown }>((tie) => ({
  params: fc.dictionary(text({ max: 20, control: false }), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  value: fc.oneof(
    { maxDepth: 4 },
    text({ max: 200 }),
    fc.constantFrom(null, true, false, '', [], {}),
    fc.maxSafeInteger(),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('params'),
  ),
}));

/** The spec of an invocation. */
export const spec = fc.record({
  agent,
  inputs,
  outputs,
  params: params.map((value) => value as JsonObject),
  resources: fc.oneof({ weight: 4, arbitrary: resources }, onGpu),
  permissions,
  observability,
});
