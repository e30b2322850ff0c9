import { expect, test } from 'vitest';
import { cidr, containsCidr } from '../../../src/lib/cidr.ts';
import { metadataRanges } from '../../../src/policy/metadata-addresses.ts';
import { differences } from '../../../src/tenant/differences.ts';
import { networkPolicies } from '../../../src/tenant/network-policies.ts';
import { aSpec, objectsOf, stored } from './build.ts';

test('the objects of a tenant, in the order in which they are laid down', () => {
  const objects = objectsOf('acme', aSpec({ quota: { 'requests.cpu': '0.5', pods: '1k' } }));
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace glip-acme',
    'NetworkPolicy glip-deny-all',
    'NetworkPolicy glip-allow-dns',
    'NetworkPolicy glip-allow-egress',
    'ResourceQuota glip-quota',
    'LimitRange glip-defaults',
    'ServiceAccount glip-agent-acme',
  ]);
  expect(objects[4]?.spec).toEqual({ hard: { 'requests.cpu': '500m', pods: '1k' } });
  for (const { kind, metadata } of objects.slice(1)) expect(metadata.namespace, kind).toBe('glip-acme');
});

test('labels of a description never take the place of those that restrict', () => {
  const labels = {
    'pod-security.kubernetes.io/enforce': 'privileged',
    'app.kubernetes.io/managed-by': 'me',
    team: 'a',
  };
  const [namespace] = objectsOf('acme', aSpec({ labels }));
  expect(namespace?.metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'restricted',
    'app.kubernetes.io/managed-by': 'glip-executor',
    team: 'a',
  });
});

test('sources of images stand on the namespace, for admission to read, and are absent where nothing is said', () => {
  const [namespace] = objectsOf('acme', aSpec({ imageSources: ['ghcr.io/greenlang/*', 'ghcr.io/tools/a'] }));
  const name = 'glip.greenlang.io/image-sources';
  expect(namespace?.metadata.annotations[name]).toBe('ghcr.io/greenlang/* ghcr.io/tools/a');
  expect(objectsOf('acme')[0]?.metadata.annotations).not.toHaveProperty(name);
});

test('addresses of metadata are outside of every allowed range', () => {
  for (const wide of [
    '0.0.0.0/0',
    '128.0.0.0/1',
    '169.0.0.0/8',
    '169.254.0.0/15',
    '100.64.0.0/10',
    '::/0',
    'fc00::/7',
    'fd00::/8',
  ]) {
    const policy = new Map(networkPolicies([{ to: { kind: 'cidr', cidr: wide }, ports: [] }])).get(
      'glip-allow-egress',
    );
    const [rule] = (policy?.egress ?? []) as { to: { ipBlock: { except?: string[] } }[] }[];
    const except = (rule?.to[0]?.ipBlock.except ?? []).map(cidr);
    for (const range of metadataRanges) {
      if (!containsCidr(cidr(wide), range)) continue;
      expect(
        except.some((taken) => containsCidr(taken, range)),
        `${wide} without ${range.network}`,
      ).toBe(true);
    }
    // The API server refuses an exception that is not smaller than its range.
    for (const taken of except)
      expect(containsCidr(cidr(wide), taken) && taken.prefix > cidr(wide).prefix).toBe(true);
  }
});

test('a rule without ports is TCP all the same, and no rule is no egress', () => {
  const policies = new Map(networkPolicies([{ to: { kind: 'namespace', namespace: 'shared' }, ports: [] }]));
  expect(policies.get('glip-allow-egress')?.egress).toEqual([
    {
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shared' } } }],
      ports: [{ protocol: 'TCP' }],
    },
  ]);
  expect(new Map(networkPolicies([])).get('glip-allow-egress')?.egress).toEqual([]);
});

const spec = aSpec({
  quota: { pods: '10', 'requests.cpu': '1' },
  egress: [{ to: { kind: 'cidr', cidr: '10.0.0.0/8' }, ports: [1, 2] }],
});
const objects = objectsOf('acme', spec);

test('what the API server has of an object is no difference, whatever it leaves out, adds or writes otherwise', () => {
  for (const object of objects) {
    expect(differences(object, stored(object)), object.metadata.name).toEqual([]);
    const more = { labels: { ...object.metadata.labels, theirs: 'x' } };
    expect(differences(object, stored(object, more)), object.metadata.name).toEqual([]);
  }
  const [, deny, , , quota, , account] = objects;
  expect(
    differences(deny!, stored(deny!, {}, { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } })),
  ).toEqual([]);
  const hard = { pods: '10', 'requests.cpu': '1000m', secrets: '5' };
  expect(differences(quota!, stored(quota!, {}, { spec: { hard } }))).toEqual([]);
  expect(differences(account!, stored(account!, {}, { imagePullSecrets: undefined }))).toEqual([]);
});

test.each([
  [
    'a label',
    0,
    { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    {},
    'metadata.labels["pod-security.kubernetes.io/enforce"]',
  ],
  ['an annotation', 1, { annotations: {} }, {}, 'metadata.annotations["glip.greenlang.io/tenant"]'],
  [
    'one rule more',
    1,
    {},
    { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [{}] } },
    'spec.egress',
  ],
  ['a direction less', 1, {}, { spec: { podSelector: {}, policyTypes: ['Ingress'] } }, 'spec.policyTypes'],
  [
    'fewer pods',
    1,
    {},
    { spec: { podSelector: { matchLabels: { a: 'b' } }, policyTypes: ['Ingress', 'Egress'] } },
    'spec.podSelector.matchLabels',
  ],
  ['a limit', 4, {}, { spec: { hard: { pods: '11', 'requests.cpu': '1' } } }, 'spec.hard.pods'],
  ['a limit that is missing', 4, {}, { spec: { hard: { pods: '10' } } }, 'spec.hard["requests.cpu"]'],
  ['the token', 6, {}, { automountServiceAccountToken: true }, 'automountServiceAccountToken'],
  ['a secret more', 6, {}, { imagePullSecrets: [{ name: 'x' }] }, 'imagePullSecrets'],
])('%s is a difference', (_, index, metadata, more, path) => {
  const object = objects[index]!;
  expect(differences(object, stored(object, metadata, more))).toContain(path);
});
