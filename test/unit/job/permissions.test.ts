import { describe, expect, test } from 'vitest';
import type { TenantRules } from '../../../src/job/option-defaults.ts';
import type { Options } from '../../../src/job/options.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { Place } from '../../../src/job/permissions.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import type { Egress } from '../../../src/policy/egress.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { type Members, manifest, noOptions, request, settings } from './submit.ts';

const range = (cidr: string, ...ports: readonly number[]): Egress => ({ to: { kind: 'cidr', cidr }, ports });
const inside = (namespace: string): Egress => ({ to: { kind: 'namespace', namespace }, ports: [] });
const host = (name: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'host', host: name },
  ports,
});

const tenant: TenantRules = {
  pools: [],
  priorityClasses: [],
  secrets: [],
  egress: [
    range('10.0.0.0/8'),
    inside('shared'),
    host('*.example.org', 443, 5432),
    host('db.example.org', 6432),
  ],
  hosts: 'yes',
  images: { sources: [], keys: [], signatures: undefined },
  defaults: { timeouts: {} },
};
const nowhere: Place = { region: undefined, dataClassifications: [] };

const ask = (
  permissions: Members,
  options: Partial<Options> = {},
  rules: TenantRules | null = tenant,
  place = nowhere,
) =>
  parseSubmit(
    request({
      manifest: { kind: 'typed', value: manifest({ permissions }) },
      options: { ...noOptions, ...options },
    }),
    { ...settings, place },
    rules ?? undefined,
  );
const egressOf = (permissions: Members, options: Partial<Options> = {}) => {
  const spec = ask(permissions, options);
  if (spec instanceof ExecutorError) throw spec;
  return (spec as StepSpec).egress;
};
const refused = (...asked: Parameters<typeof ask>) => {
  const said = ask(...asked);
  if (!(said instanceof ExecutorError)) throw new Error('it was accepted');
  return said;
};
const network = (network_policy: Members): Members => ({ network_policy });
const lines = (error: ExecutorError) => error.violations.map(({ field, message }) => `${field}: ${message}`);
const at = 'invocation.spec.permissions';

describe('network_policy', () => {
  test.each<readonly [string, Members, readonly Egress[] | undefined]>([
    ['that is not there: all that the tenant may', {}, undefined],
    ['that says nothing: the same', network({}), undefined],
    [
      'that allows what is external: the same',
      network({ allow_external: true, allowed_hosts: [] }),
      undefined,
    ],
    [
      'that allows nothing external: the tenant’s namespaces',
      network({ allow_external: false }),
      [inside('shared')],
    ],
    [
      'with hosts: these, with the tenant’s ports, and its namespaces',
      network({ allow_external: true, allowed_hosts: ['db.example.org', 'web.example.org'] }),
      [inside('shared'), host('db.example.org', 443, 5432, 6432), host('web.example.org', 443, 5432)],
    ],
    [
      'with hosts and nothing else that is external: the same',
      network({ allow_external: false, allowed_hosts: ['web.example.org'] }),
      [inside('shared'), host('web.example.org', 443, 5432)],
    ],
    [
      'with hosts alone: the same',
      network({ allowed_hosts: ['*.example.org'] }),
      [inside('shared'), host('*.example.org', 443, 5432)],
    ],
  ])('%s', (_, permissions, egress) => {
    expect(egressOf(permissions)).toEqual(egress);
  });

  test('bounds what the options ask for, which may ask for less', () => {
    const inward = network({ allow_external: false });
    expect(egressOf(inward, { noEgress: true })).toEqual([]);
    expect(egressOf(inward, { egress: [inside('shared')] })).toEqual([inside('shared')]);
    expect(lines(refused(inward, { egress: [range('10.1.0.0/16')] }))).toEqual([
      'options.egress[0]: is more than spec.permissions.network_policy leaves of what this tenant may reach, which is: namespace shared',
    ]);
    const one = network({ allowed_hosts: ['db.example.org'] });
    expect(egressOf(one, { egress: [host('db.example.org', 443)] })).toEqual([host('db.example.org', 443)]);
    expect(lines(refused(one, { egress: [host('web.example.org', 443)] }))).toHaveLength(1);
  });

  test('is refused with everything that cannot be held', () => {
    const hosts = ['db.example.org', 'example.com', '10.0.0.1'];
    expect(lines(refused(network({ allowed_hosts: hosts })))).toEqual([
      `${at}.network_policy.allowed_hosts[1]: is none of the hosts that this tenant may reach, which are: *.example.org (ports 443, 5432), db.example.org (ports 6432)`,
      expect.stringMatching(/allowed_hosts\[2\]: must be a host name/),
    ]);
    expect(
      lines(refused(network({ allowed_hosts: hosts.slice(0, 1), allow_external: false }), {}, null)),
    ).toEqual([
      expect.stringMatching(/allowed_hosts\[0\]: nobody has described this tenant/),
      expect.stringMatching(/allow_external: nobody has described this tenant/),
    ]);
    const many = Array.from({ length: 101 }, (_, i) => `h${i}.example.org`);
    expect(lines(refused(network({ allowed_hosts: many })))).toEqual([
      `${at}.network_policy.allowed_hosts: must have at most 100 entries, has 101`,
    ]);
    expect(ask(network({ allow_external: true }), {}, null)).not.toBeInstanceOf(ExecutorError);
  });
});

describe('where a step may run', () => {
  const here: Place = { region: 'eu-west', dataClassifications: ['public', 'internal'] };

  test.each<readonly [string, Members]>([
    ['here', { allowed_regions: ['us-east', 'eu-west'] }],
    ['anywhere', { allowed_regions: [] }],
    ['with data that may be handled', { data_classification: 'internal' }],
  ])('%s', (_, permissions) => {
    expect(ask(permissions, {}, tenant, here)).not.toBeInstanceOf(ExecutorError);
  });

  test.each<readonly [string, Members, string, Readonly<Record<string, string>>]>([
    [
      'elsewhere only',
      { allowed_regions: ['us-east', 'ap'] },
      'REGION_NOT_ALLOWED',
      { region: 'eu-west', allowed_regions: 'us-east, ap' },
    ],
    [
      'not with such data',
      { data_classification: 'secret' },
      'DATA_CLASSIFICATION_NOT_ALLOWED',
      { data_classifications: 'public, internal' },
    ],
  ])('%s', (_, permissions, reason, metadata) => {
    expect(refused(permissions, {}, tenant, here)).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason,
      metadata,
    });
    // What is wrong wherever it is sent is told first.
    expect(refused(permissions, { gracePeriod: -1 }, tenant, here).reason).toBe('INVALID_REQUEST');
  });

  test('where nobody has said what this executor is, nothing is promised', () => {
    const error = refused({ allowed_regions: ['eu-west'], data_classification: 'public' });
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'UNSUPPORTED_OPTION' });
    expect(error.violations.map(({ field }) => field)).toEqual([
      `${at}.allowed_regions`,
      `${at}.data_classification`,
    ]);
  });
});
