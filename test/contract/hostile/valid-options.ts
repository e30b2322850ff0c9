import fc from 'fast-check';
import { seconds } from '../../support/step.ts';
import type { SpecInit } from '../../support/tenant-client.ts';
import { dnsLabel, labelKey, labelValue, mapOf, text } from './texts.ts';

/** Made by the tests in the cluster, so that admission finds it. */
export const priorityClass = 'batch-low.example';

const duration = (min: number, max: number) =>
  fc.option(fc.integer({ min, max }).map(seconds), { nil: undefined });

const timeouts = fc.record({
  queue: duration(1, 2_592_000),
  start: duration(1, 2_592_000),
  run: duration(1, 86_400),
  // Never below a run time.
  total: duration(86_400, 2_592_000),
});

const source = fc.oneof(
  fc.record({ case: fc.constant('scratchSize' as const), value: fc.constantFrom('1Mi', '0.5Gi', '1e6') }),
  fc.record({
    case: fc.constant('ephemeral' as const),
    value: fc.record({
      storageClass: fc.constantFrom('', 'fast.example'),
      size: fc.constantFrom('1Gi', '50Gi'),
    }),
  }),
  fc.record({ case: fc.constant('claim' as const), value: fc.constantFrom('data', 'a.b.c') }),
);

const paths = ['/tmp', '/data', '/data/sub', '/ünï code', '/a$b', '/var/cache/x', '/-'];
const volumes = fc
  .uniqueArray(fc.tuple(dnsLabel(63), fc.constantFrom(...paths), fc.boolean(), source), {
    maxLength: 4,
    comparator: (a, b) => a[0] === b[0] || a[1] === b[1],
  })
  .map((list) => list.map(([name, mountPath, readOnly, source]) => ({ name, mountPath, readOnly, source })));

const envName = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,30}$/),
  fc.constantFrom('PATH', 'HOME', 'GL_OTHER', 'glip_lower', 'E'.repeat(255)),
);
const notReserved = (name: string) =>
  !/^(GLIP_|GL_INPUT_URI$|GL_OUTPUT_URI$|TRACEPARENT$|TRACESTATE$)/.test(name);

/** How often it may start, and what follows a loss: no two that contradict each other. */
const guarantees = fc
  .constantFrom([0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1])
  .map(([startGuarantee, disruptionPolicy]) => ({ startGuarantee, disruptionPolicy }) as const);

const plain = fc.record({
  pool: fc.constant(''),
  priorityClass: fc.constantFrom('', priorityClass),
  interruptible: fc.constantFrom(undefined, true, false),
  timeouts: fc.option(timeouts, { nil: undefined }),
  gracePeriod: duration(0, 3_600),
  ttlAfterFinished: duration(60, 2_592_000),
  command: fc.array(fc.oneof(fc.constant(''), text({ max: 200 })), { maxLength: 4 }),
  args: fc.array(fc.oneof(fc.constant(''), text({ max: 200 })), { maxLength: 4 }),
  env: mapOf(envName.filter(notReserved), fc.oneof(fc.constant(''), text({ max: 400 })), 6),
  volumes,
  labels: mapOf(labelKey, labelValue, 6),
  annotations: mapOf(labelKey, fc.oneof(fc.constant(''), text({ max: 2_000 })), 6),
  spot: fc.boolean(),
});

/** Every option that any tenant may use. */
export const options = fc.tuple(plain, guarantees).map(([some, more]) => ({ ...some, ...more }));

/** A tenant that is described, and so may use Secrets and have its reach narrowed. */
export const described = {
  tenant: 'described_by-file',
  spec: {
    secrets: ['s', 'a.b.c'],
    priorityClasses: [priorityClass],
    egress: [
      { to: { case: 'cidr', value: '10.20.0.0/16' }, ports: [443, 5432] },
      { to: { case: 'cidr', value: '2001:db8::/32' }, ports: [] },
      { to: { case: 'namespace', value: 'shared' }, ports: [] },
    ],
  } satisfies SpecInit,
};

const secretTarget = fc.oneof(
  fc.record({ case: fc.constant('env' as const), value: fc.stringMatching(/^SECRET_[A-Z_]{1,20}$/) }),
  fc.record({
    case: fc.constant('mountPath' as const),
    value: fc.stringMatching(/^\/secrets\/[a-zA-Z0-9._-]{0,20}x$/),
  }),
);
const secrets = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...described.spec.secrets),
    key: fc.stringMatching(/^[a-zA-Z0-9_][-._a-zA-Z0-9]{0,40}$/),
    target: secretTarget,
  }),
  { maxLength: 5, selector: ({ target }) => target.value },
);
const egress = fc.uniqueArray(
  fc.constantFrom(
    { to: { case: 'cidr' as const, value: '10.20.30.0/24' }, ports: [443] },
    { to: { case: 'cidr' as const, value: '10.20.0.1/32' }, ports: [443, 5432] },
    { to: { case: 'cidr' as const, value: '2001:db8:1::/48' }, ports: [] },
    { to: { case: 'namespace' as const, value: 'shared' }, ports: [80] },
  ),
  { maxLength: 3 },
);

/** What only a tenant that is described may use. */
export const bounded = fc.oneof(
  fc.record({ secrets, egress }),
  fc.record({ secrets, noEgress: fc.constant(true) }),
);
