import { describe, expect, test } from 'vitest';
import { unheldHosts } from '../../../src/job/egress.ts';
import { toJob } from '../../../src/job/objects.ts';
import type { TenantRules } from '../../../src/job/option-defaults.ts';
import type { Options } from '../../../src/job/options.ts';
import { ownedObjects } from '../../../src/job/owned.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import type { Egress } from '../../../src/policy/egress.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { accepted, request, settings, withOptions } from './submit.ts';

const range = (cidr: string, ...ports: readonly number[]): Egress => ({ to: { kind: 'cidr', cidr }, ports });
const tenant: TenantRules = {
  pools: [],
  priorityClasses: [],
  secrets: [],
  images: { sources: [], keys: [], signatures: undefined },
  egress: [range('0.0.0.0/0', 443)],
  hosts: 'yes',
  defaults: { timeouts: {} },
};
const ask = (options: Partial<Options>, rules: TenantRules | undefined = tenant) =>
  parseSubmit(withOptions(options), settings, rules);
const specOf = (options: Partial<Options>): StepSpec => {
  const spec = ask(options);
  if (spec instanceof ExecutorError) throw spec;
  return spec;
};
const problems = (options: Partial<Options>, rules?: TenantRules) => {
  const said = ask(options, rules);
  if (!(said instanceof ExecutorError)) throw new Error('it was accepted');
  return said.violations.map(({ field, message }) => `${field}: ${message}`);
};
const job = { namespace: 'glip-acme', name: 'glip-run-step', uid: 'u-1' };
const label = 'glip.greenlang.io/egress';

describe('egress of a step', () => {
  test('is a policy of its own for its pods, which the tenant’s does not select', () => {
    const spec = specOf({ egress: [range('0.0.0.0/0', 443)] });
    const { labels } = toJob(spec, 0).spec.template.metadata;
    expect(labels).toHaveProperty([label], expect.stringMatching(/^[a-z2-7]{20}$/));
    expect(ownedObjects(spec, job)).toMatchObject([
      {
        kind: 'NetworkPolicy',
        metadata: { namespace: 'glip-acme', ownerReferences: [{ kind: 'Job', uid: 'u-1' }] },
        spec: {
          podSelector: { matchLabels: { [label]: labels[label] } },
          policyTypes: ['Egress'],
          egress: [
            {
              ports: [
                { protocol: 'UDP', port: 53 },
                { protocol: 'TCP', port: 53 },
              ],
            },
            {
              to: [
                {
                  ipBlock: {
                    cidr: '0.0.0.0/0',
                    except: ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'],
                  },
                },
              ],
              ports: [{ protocol: 'TCP', port: 443 }],
            },
          ],
        },
      },
    ]);
  });

  test('is DNS alone for a step that wants none', () => {
    const spec = specOf({ noEgress: true });
    expect(toJob(spec, 0).spec.template.metadata.labels).toHaveProperty([label]);
    expect(ownedObjects(spec, job)).toMatchObject([{ spec: { egress: [{ ports: [{ port: 53 }, {}] }] } }]);
  });

  test('selects the pods of this step with this spec, and no others', () => {
    const labelOf = (options: Partial<Options>, attempt = 0) => {
      const spec = specOf(options);
      const { labels } = toJob({ ...spec, key: { ...spec.key, attempt } }, 0).spec.template.metadata;
      return labels[label];
    };
    const one = { egress: [range('0.0.0.0/0', 443)] };
    expect(labelOf(one)).toBe(labelOf(one));
    const others = [labelOf({ noEgress: true }), labelOf(one, 1), labelOf({ ...one, args: ['x'] })];
    expect(new Set([labelOf(one), ...others]).size).toBe(4);
  });

  test('is the tenant’s where nothing is said', () => {
    const spec = specOf({});
    expect(toJob(spec, 0).spec.template.metadata.labels).not.toHaveProperty([label]);
    expect(ownedObjects(spec, job)).toEqual([]);
  });

  test('is part of the spec, and changes nothing of one without it', () => {
    const hash = (options: Partial<Options>) => specOf(options).specHash;
    expect(hash({})).toBe(accepted(request()).specHash);
    const all = [
      {},
      { noEgress: true },
      { egress: [range('0.0.0.0/0', 443)] },
      { egress: [range('10.0.0.0/8', 443)] },
    ];
    expect(new Set(all.map(hash)).size).toBe(all.length);
  });

  test('is refused with everything that is wrong', () => {
    expect(problems({ egress: [range('10.0.0.0', 0)], noEgress: true }, tenant)).toEqual([
      expect.stringMatching(/^options\.egress\[0\]\.cidr: must be a range/),
      'options.egress[0].ports[0]: must be from 1 to 65535',
      'options.no_egress: is set together with egress: choose one',
      'options.egress[0]: is more than this tenant may reach, which is: 0.0.0.0/0 (ports 443)',
    ]);
    expect(problems({ egress: [range('169.254.169.254/32', 443)] }, tenant)).toEqual([
      'options.egress[0].cidr: lies in 169.254.0.0/16, where machines get their credentials from: no agent may reach that',
    ]);
    expect(problems({ egress: Array.from({ length: 51 }, () => range('10.0.0.0/8', 443)) }, tenant)).toEqual([
      'options.egress: must have at most 50 entries, has 51',
    ]);
    const manyRanges = Array.from({ length: 12 }, (_, i) => range(`10.${i}.0.0/16`));
    expect(problems({ egress: [range('11.0.0.0/8')] }, { ...tenant, egress: manyRanges })[0]).toMatch(
      /10\.9\.0\.0\/16 and 2 more$/,
    );
    expect(problems({ egress: [range('11.0.0.0/8')] }, { ...tenant, egress: [] })[0]).toMatch(
      /which is: nothing but DNS$/,
    );
  });

  test('to hosts is a policy more, which only Cilium knows', () => {
    const mixed: readonly Egress[] = [
      range('10.0.0.0/8', 443),
      { to: { kind: 'host', host: 'db.example.org' }, ports: [443] },
    ];
    const spec = ask({ egress: mixed }, { ...tenant, egress: mixed }) as StepSpec;
    const { labels } = toJob(spec, 0).spec.template.metadata;
    const [policy, hosts, ...others] = ownedObjects(spec, job) as never as Record<string, never>[];
    expect(policy).toMatchObject({
      kind: 'NetworkPolicy',
      spec: { egress: [{}, { to: [{ ipBlock: {} }] }] },
    });
    expect(hosts).toMatchObject({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { namespace: 'glip-acme', ownerReferences: [{ kind: 'Job', uid: 'u-1' }] },
      spec: {
        endpointSelector: { matchLabels: { [label]: labels[label] } },
        egress: [{ toEndpoints: [{}] }, { toFQDNs: [{ matchName: 'db.example.org' }] }],
      },
    });
    expect(others).toEqual([]);
    expect(unheldHosts(spec, 'yes')).toBeUndefined();
    expect(unheldHosts(spec, 'no')).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'EGRESS_HOSTS_UNSUPPORTED',
    });
    expect(unheldHosts(spec, 'unknown')).toMatchObject({ code: 'UNAVAILABLE', reason: 'NOT_YET_SYNCED' });
    for (const support of ['yes', 'no', 'unknown'] as const)
      expect(unheldHosts(specOf({ noEgress: true }), support)).toBeUndefined();
  });

  test('is refused where nobody has described the tenant', () => {
    const said = parseSubmit(withOptions({ noEgress: true, egress: [] }), settings);
    expect((said as ExecutorError).violations).toMatchObject([
      { field: 'options.no_egress', message: expect.stringMatching(/^nobody has described this tenant/) },
    ]);
  });
});
