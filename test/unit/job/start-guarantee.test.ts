import { describe, expect, test } from 'vitest';
import { startGate } from '../../../src/job/metadata.ts';
import { toJob } from '../../../src/job/objects.ts';
import type { StartDefaults } from '../../../src/job/start-guarantee.ts';
import { accepted, noOptions, refusals, settings, withOptions } from './submit.ts';

const defaults = (cluster: boolean, tenants: Readonly<Record<string, boolean>> = {}) => ({
  ...settings,
  atMostOnce: { cluster, tenants: new Map(Object.entries(tenants)) } satisfies StartDefaults,
});

describe('how often a step may start', () => {
  test.for([
    ['nobody says', undefined, defaults(false), false],
    ['it says so itself', true, defaults(false), true],
    ['the cluster says', undefined, defaults(true), true],
    ['it says otherwise', false, defaults(true), false],
    ['its tenant says', undefined, defaults(false, { acme: true }), true],
    ['its tenant says otherwise', undefined, defaults(true, { acme: false }), false],
    ['another tenant says', undefined, defaults(false, { other: true }), false],
  ] as const)('%s', ([, atMostOnce, config, expected]) => {
    const spec = accepted(withOptions({ atMostOnce }), config);
    expect(spec.atMostOnce).toBe(expected);
    const pod = toJob(spec, 1).spec.template.spec;
    if (expected) expect(pod).toMatchObject({ schedulingGates: [{ name: startGate }] });
    expect('schedulingGates' in pod).toBe(expected);
  });

  test('no default makes another spec of a step, nor does asking for what a Job does by itself', () => {
    const hash = (atMostOnce: boolean | undefined, config = settings) =>
      accepted(withOptions({ atMostOnce }), config).specHash;
    expect(hash(undefined, defaults(true))).toBe(hash(undefined));
    expect(hash(false)).toBe(hash(undefined));
    expect(hash(true)).not.toBe(hash(undefined));
    const { atMostOnce: _, ...before } = { ...noOptions, atMostOnce: undefined };
    expect(accepted(withOptions(before)).specHash).toBe(hash(undefined));
  });

  test('pods are not replaced there, whoever says so', () => {
    const both = { atMostOnce: true, replaceDisrupted: true };
    expect(refusals(withOptions({ ...both, gracePeriod: -1 }))).toEqual([
      expect.stringMatching(/^options.grace_period:/),
      expect.stringMatching(/^options.disruption_policy: .*choose one/),
    ]);
    const replace = withOptions({ replaceDisrupted: true });
    expect(refusals(replace, defaults(true))[0]).toMatch(/this cluster's default; .*AT_LEAST_ONCE/);
    expect(refusals(replace, defaults(false, { acme: true }))[0]).toMatch(/this tenant's default/);
    expect(accepted(withOptions({ ...both, atMostOnce: false }), defaults(true)).replaceDisrupted).toBe(true);
  });
});
