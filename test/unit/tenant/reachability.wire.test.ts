import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { toEgressPolicy } from '../../../src/job/egress.ts';
import { toJob } from '../../../src/job/objects.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import type { StepSpec } from '../../../src/job/spec.ts';
import { cidr, containsCidr } from '../../../src/lib/cidr.ts';
import type { Egress } from '../../../src/policy/egress.ts';
import { metadataRanges } from '../../../src/policy/metadata-addresses.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { rulesOf } from '../../../src/tenant/tenants.ts';
import { cyclonus, lacks } from '../../clients/support/requirement.ts';
import { ensureBinaries } from '../../support/control-plane/build.ts';
import { askCyclonus, type Peer, type Traffic } from '../../support/reachability.ts';
import { noOptions, request, settings } from '../job/submit.ts';
import { aSpec, objectsOf } from './build.ts';

const range = (text: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'cidr', cidr: text },
  ports,
});
const inside = (namespace: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'namespace', namespace },
  ports,
});

/** What stands in the cluster for a tenant. */
const tenantPolicies = (tenant: string, egress: readonly Egress[]): readonly object[] =>
  objectsOf(tenant, aSpec({ egress })).filter(({ kind }) => kind === 'NetworkPolicy');

/** A step as the executor takes it, of a tenant that is described so. */
function aStep(
  tenant: string,
  allowed: readonly Egress[],
  wish: Partial<Pick<typeof noOptions, 'egress' | 'noEgress'>>,
) {
  const described = { state: 'READY', open: false, spec: aSpec({ egress: allowed }), problems: [] };
  const spec = parseSubmit(
    request({
      key: { tenant, runId: 'run', stepId: 'step', attempt: 0 },
      options: { ...noOptions, ...wish },
    }),
    settings,
    rulesOf(described as never),
  );
  if (spec instanceof ExecutorError) throw spec;
  return spec;
}

/** Its pod. */
const podOf = (spec: StepSpec, ip = '10.244.1.1'): Peer => ({
  ip,
  pod: { namespace: spec.namespace, labels: toJob(spec, 0).spec.template.metadata.labels },
});
const policyOf = (spec: StepSpec): object =>
  toEgressPolicy(spec, { namespace: spec.namespace, name: 'job', uid: spec.specHash });

const acme = [range('10.20.0.0/16', 443, 5432), inside('shared', 8080)];
const usual = aStep('acme', acme, {});
const narrow = aStep('acme', acme, { egress: [range('10.20.30.0/24', 443)] });
const unborn = aStep('acme', acme, { egress: [range('10.20.30.0/25', 443)] });
const silent = aStep('acme', acme, { noEgress: true });
const other = aStep('beta', [], {});
const wide = aStep('wide', [range('0.0.0.0/0'), range('::/0')], {});

const policies = [
  ...tenantPolicies('acme', acme),
  ...tenantPolicies('beta', []),
  ...tenantPolicies('wide', [range('0.0.0.0/0'), range('::/0')]),
  policyOf(narrow),
  policyOf(silent),
];

const agents: Readonly<Record<string, Peer>> = {
  usual: podOf(usual),
  narrow: podOf(narrow),
  // A step whose policy is not there yet, or was deleted.
  unborn: podOf(unborn),
  silent: podOf(silent),
  beta: podOf(other, '10.244.1.9'),
};

/** One address of each range where machines get their credentials from. */
const metadata = [
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  'fe80::a9fe:a9fe',
  'fd00:ec2::254',
  'fd20:ce::254',
];
const addressOf = (ip: string) => cidr(`${ip}/${ip.includes(':') ? 128 : 32}`);

const somePod = (namespace: string, ip: string): Peer => ({
  ip,
  pod: { namespace, labels: { app: 'server' } },
});
const places: Readonly<Record<string, Peer>> = {
  dns: somePod('kube-system', '10.244.0.2'),
  shared: somePod('shared', '10.244.2.1'),
  elsewhere: somePod('default', '10.244.2.2'),
  // Ways in are closed by the tenants' own policies; here it is what lets out.
  sibling: podOf(usual, '10.244.1.5'),
  database: { ip: '10.20.30.40' },
  'another database': { ip: '10.20.99.1' },
  'next range': { ip: '10.21.0.1' },
  internet: { ip: '203.0.113.7' },
  'internet (IPv6)': { ip: '2001:db8::7' },
  'API server': { ip: '10.96.0.1' },
  ...Object.fromEntries(metadata.map((ip) => [`metadata ${ip}`, { ip }])),
};
const protocols = ['TCP', 'UDP', 'SCTP'] as const;
const ports = [53, 80, 443, 5432, 6443, 8080];

/** Everything that an agent may reach, as `place protocol/port`. */
async function reachOf(agent: Peer, standing: readonly object[] = policies): Promise<readonly string[]> {
  const all = Object.entries(places).flatMap(([name, to]) =>
    ports.flatMap((port) =>
      protocols.map((protocol) => ({ name: `${name} ${protocol}/${port}`, from: agent, to, port, protocol })),
    ),
  );
  const verdicts = await askCyclonus(standing, all);
  return all.filter((_, i) => verdicts[i]?.egress).map(({ name }) => name);
}

const dns = ['dns TCP/53', 'dns UDP/53'];

describe.skipIf(lacks('cyclonus', [cyclonus]))(
  'what policies allow, by an engine that is not ours',
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      await ensureBinaries(['reachability']);
    }, 900_000);

    test.each<readonly [agent: string, reached: readonly string[]]>([
      [
        'usual',
        [
          ...dns,
          'shared TCP/8080',
          'database TCP/443',
          'database TCP/5432',
          'another database TCP/443',
          'another database TCP/5432',
        ],
      ],
      ['narrow', [...dns, 'database TCP/443']],
      ['unborn', dns],
      ['silent', dns],
      ['beta', dns],
    ])('%s reaches exactly what is described', async (agent, reached) => {
      expect((await reachOf(agents[agent]!)).toSorted()).toEqual([...reached].sort());
    });

    test('each range of metadata addresses is asked about', () => {
      for (const range of metadataRanges)
        expect(metadata.some((ip) => containsCidr(range, addressOf(ip)))).toBe(true);
    });

    test('who may reach everything still reaches no metadata, and that over TCP', async () => {
      const reached = await reachOf(podOf(wide));
      expect(reached).toContain('internet TCP/443');
      expect(reached).toContain('internet (IPv6) TCP/443');
      expect(reached.filter((name) => name.startsWith('metadata'))).toEqual([]);
      expect(reached.filter((name) => !name.includes('TCP'))).toEqual(['dns UDP/53']);
    });

    test('nothing reaches an agent, from wherever', async () => {
      const sources = { ...places, ...agents };
      const asked: readonly Traffic[] = Object.values(agents).flatMap((to) =>
        Object.values(sources).flatMap((from) =>
          ports.flatMap((port) => protocols.map((protocol) => ({ from, to, port, protocol }))),
        ),
      );
      const verdicts = await askCyclonus(policies, asked);
      expect(asked.filter((_, i) => verdicts[i]?.ingress)).toEqual([]);
    });

    test('the engine says open where nothing denies', async () => {
      expect(await reachOf(agents.usual!, [])).toHaveLength(
        Object.keys(places).length * ports.length * protocols.length,
      );
      const isNamed = (name: string) => (policy: object) =>
        (policy as { metadata: { name: string } }).metadata.name === name;
      const undenied = policies.filter((policy) => !isNamed('glip-deny-all')(policy));
      const into = [{ from: places.internet!, to: agents.usual!, port: 80, protocol: 'TCP' } as const];
      expect(await askCyclonus(undenied, into)).toEqual([{ egress: true, ingress: true }]);
      // With the denial alone, nothing is allowed: policies only add up.
      expect(await reachOf(agents.usual!, policies.filter(isNamed('glip-deny-all')))).toEqual([]);
    });

    test('whatever is described, a step reaches that and no more than its tenant', async () => {
      const somePorts = fc.uniqueArray(fc.constantFrom(80, 443, 5432), { maxLength: 2 });
      const ranges = [
        '0.0.0.0/0',
        '10.0.0.0/8',
        '10.20.0.0/16',
        '10.20.30.40/32',
        '169.0.0.0/8',
        '::/0',
        '2001:db8::/32',
      ];
      const one = fc
        .tuple(
          fc.oneof(
            fc.constantFrom(...ranges).map((r) => range(r)),
            fc.constant(inside('shared')),
          ),
          somePorts,
        )
        .map(([{ to }, some]): Egress => ({ to, ports: some }));
      const worlds = fc
        .sample(fc.tuple(fc.array(one, { maxLength: 4 }), fc.infiniteStream(fc.boolean())), {
          numRuns: 60,
          seed: 7,
        })
        .map(([allowed, coin], i) => {
          const asked = allowed.filter(() => coin.next().value === true);
          const spec = aStep(`w${i}`, allowed, asked.length > 0 ? { egress: asked } : { noEgress: true });
          return { asked, allowed, spec, whole: aStep(`w${i}`, allowed, {}) };
        });
      const standing = worlds.flatMap(({ allowed, spec }) => [
        ...tenantPolicies(spec.key.tenant, allowed),
        policyOf(spec),
      ]);
      const asked = worlds.flatMap(({ spec, whole, ...world }) =>
        [
          { from: podOf(spec), may: world.asked },
          { from: podOf(whole), may: world.allowed },
        ].flatMap(({ from, may }) =>
          Object.values(places).flatMap((to) =>
            [53, 80, 443].map((port) => ({ from, to, port, protocol: 'TCP' as const, may })),
          ),
        ),
      );
      const verdicts = await askCyclonus(standing, asked);
      const wrong = asked.filter(({ may, to, port }, i) => verdicts[i]?.egress !== reaches(may, to, port));
      expect(wrong).toEqual([]);
      expect(verdicts.filter(({ egress }) => egress).length).toBeGreaterThan(500);
      expect(verdicts.filter(({ egress }) => !egress).length).toBeGreaterThan(500);
    });
  },
);

/** The contract's words, read by whoever writes the test. */
function reaches(may: readonly Egress[], { ip, pod }: Peer, port: number): boolean {
  if (pod?.namespace === 'kube-system' && port === 53) return true;
  const address = addressOf(ip);
  return may.some(
    ({ to, ports: some }) =>
      (some.length === 0 || some.includes(port)) &&
      (to.kind === 'namespace'
        ? pod?.namespace === to.namespace
        : to.kind === 'cidr' &&
          containsCidr(cidr(to.cidr), address) &&
          !metadataRanges.some((m) => containsCidr(m, address))),
  );
}
