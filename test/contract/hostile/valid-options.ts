import fc from 'fast-check';
import { seconds } from '../../support/step.ts';
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

/** Every option that is supported. */
export const options = fc.record({
  pool: fc.constant(''),
  priorityClass: fc.constantFrom('', priorityClass),
  startGuarantee: fc.constantFrom(0, 1),
  disruptionPolicy: fc.constantFrom(0, 1),
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
