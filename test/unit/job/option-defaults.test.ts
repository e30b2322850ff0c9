import { describe, expect, test } from 'vitest';
import type { OptionDefaults, TenantRules } from '../../../src/job/option-defaults.ts';
import { parseSubmit, type SubmitRequest } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import { defaultPools } from '../../../src/policy/parse-pools.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { key, manifest, noOptions, settings } from './submit.ts';

const nothingSaid = { disruptionPolicy: true, interruptible: true };
const ask = (options: Partial<SubmitRequest['options']> = {}, leftOpen = nothingSaid): SubmitRequest => ({
  key,
  manifest: { kind: 'typed', value: manifest() },
  options: { ...noOptions, ...options },
  leftOpen,
  unknownFields: [],
});
const rules = (defaults: Partial<OptionDefaults> = {}, more: Partial<TenantRules> = {}): TenantRules => ({
  pools: [],
  priorityClasses: [],
  secrets: [],
  egress: [],
  hosts: 'yes',
  images: { sources: [], keys: [], signatures: undefined },
  defaults: { timeouts: {}, ...defaults },
  ...more,
});
function spec(request: SubmitRequest, tenant: TenantRules | undefined): StepSpec {
  const parsed = parseSubmit(request, settings, tenant);
  if (parsed instanceof ExecutorError) throw parsed;
  return parsed;
}
function problems(request: SubmitRequest, tenant: TenantRules): readonly (readonly [string, string])[] {
  const parsed = parseSubmit(request, settings, tenant);
  if (!(parsed instanceof ExecutorError)) throw new Error('it was accepted');
  return parsed.violations.map(({ field, message }) => [field, message]);
}

const all = rules({
  timeouts: { queue: 11, start: 12, run: 13, total: 1_000 },
  uninterruptible: true,
  replaceDisrupted: true,
  gracePeriod: 14,
  ttlAfterFinished: 75,
  retainUntilAcknowledged: 16,
});

describe("a tenant's defaults", () => {
  test('stand where a step says nothing, and make it no other step', () => {
    const step = spec(ask(), all);
    expect(step).toMatchObject({
      timeouts: { queue: 11, start: 12, run: 13, total: 1_000 },
      uninterruptible: true,
      replaceDisrupted: true,
      graceSeconds: 14,
      ttlSeconds: 75,
      retainSeconds: 16,
    });
    expect(step.specHash).toBe(spec(ask(), undefined).specHash);
  });

  test('give way to what a step says, false included', () => {
    const timeouts = { queue: 21, start: 22, run: 23, total: 99 };
    const said = ask(
      { timeouts, gracePeriod: 24, ttlAfterFinished: 85, retainUntilAcknowledged: 26 },
      { disruptionPolicy: false, interruptible: false },
    );
    expect(spec(said, all)).toMatchObject({
      timeouts,
      uninterruptible: false,
      replaceDisrupted: false,
      graceSeconds: 24,
      ttlSeconds: 85,
      retainSeconds: 26,
    });
  });

  test('never cut short the run that a step asks for', () => {
    const long = ask({ timeouts: { run: 5_000 } });
    expect(spec(long, all).timeouts.total).toBe(5_000);
  });

  test('say how often a step starts, before the configuration, and behind the step', () => {
    const once = rules({ atMostOnce: true });
    expect(spec(ask(), once).atMostOnce).toBe(true);
    expect(spec(ask({ atMostOnce: false }), once).atMostOnce).toBe(false);
    const configured = { ...settings, atMostOnce: { cluster: false, tenants: new Map([['acme', true]]) } };
    const again = parseSubmit(ask(), configured, rules({ atMostOnce: false }));
    expect(again).toMatchObject({ atMostOnce: false });
    // The default of replacement does not lift it, and is no reason to refuse.
    expect(spec(ask({ atMostOnce: true }), all)).toMatchObject({ atMostOnce: true, replaceDisrupted: false });
    const wants = ask({ replaceDisrupted: true }, { disruptionPolicy: false, interruptible: true });
    expect(problems(wants, once)).toEqual([
      ['options.disruption_policy', expect.stringContaining("this tenant's default")],
    ]);
  });
});

describe("a tenant's bounds", () => {
  const [first, ...others] = defaultPools.pools;
  const one = rules({}, { pools: [first!.name], priorityClasses: ['low'] });

  test('a pool that it may not use is not there for it', () => {
    expect(spec(ask(), one).resources.pool).toBe(first!.name);
    for (const { name } of others)
      expect(problems(ask({ pool: name }), one)).toContainEqual([
        'options.pool',
        expect.stringMatching(new RegExp(`^no pool .*; there are: ${first!.name}$`)),
      ]);
  });

  test('a priority class must be among its own', () => {
    expect(spec(ask({ priorityClass: 'low' }), one).resources.priorityClassName).toBe('low');
    expect(problems(ask({ priorityClass: 'high' }), one)).toEqual([
      ['options.priority_class', expect.stringContaining('those are: low')],
    ]);
    expect(problems(ask({ priorityClass: 'high' }), rules())).toEqual([
      ['options.priority_class', expect.stringContaining('those are: none')],
    ]);
    expect(spec(ask({ priorityClass: 'high' }), undefined).resources.priorityClassName).toBe('high');
  });
});
