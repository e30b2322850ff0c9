import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeclared } from '../../../src/app/parse-declared.ts';
import { parseDocument } from '../../../src/config/document.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { localCaller } from '../../../src/identity/caller.ts';
import { parseIssuers } from '../../../src/identity/issuers.ts';
import { plainCredentials } from '../../../src/kube/plain-kubeconfig.ts';
import { isRecord } from '../../../src/lib/is-record.ts';
import { UnusableFile } from '../../../src/lib/unusable-file.ts';
import { decide } from '../../../src/policy/decide.ts';
import { defaultPoolsConfig } from '../../../src/policy/default-pools.ts';
import { parseAccess } from '../../../src/policy/parse-access.ts';
import { defaultPools, parsePools } from '../../../src/policy/parse-pools.ts';
import { parseTenants } from '../../../src/policy/parse-tenants.ts';
import { rpcNames } from '../../../src/rpc/access-table.ts';
import { tenantObjects } from '../../../src/tenant/objects.ts';
import { printSpec, readSpec } from '../../../src/tenant/spec-text.ts';
import { law, plainWords, type Target } from '../target.ts';

const pools = defaultPools.pools.map(({ name }) => name);
const names = { rpcs: rpcNames, pools };
const yaml = [
  '&a ',
  '*a',
  '<<: ',
  '!!binary ',
  '- ',
  '? ',
  '|\n  x',
  '>\n',
  '---\n',
  '...\n',
  '\t',
  '"__proto__": ',
  "'",
  '# ',
];

/** A document, or nothing; its words are for people who keep files, so they may quote them. */
function read(text: string): unknown {
  const document = parseDocument(text);
  if (document.ok) return document.value;
  law(document.problems.length > 0, 'nothing is said');
  plainWords(document.problems);
  return undefined;
}

const asked = { ...localCaller, name: 'cn:nobody-in-particular', by: 'certificate' } as const;

const policy = {
  rules: [
    { name: 'admins', who: [{ identity: 'cn:admin' }], may: ['admin'], tenants: ['*'] },
    {
      name: 'people',
      who: [{ group: 'jwt:corp:*', claims: { department: ['a', 'b'] } }],
      may: ['read', 'SubmitStep'],
      tenants: ['acme-*', '$own'],
      limits: { stepsInFlight: 5, submitsPerSecond: 5, largestPool: pools[0] },
    },
  ],
};
const declared = {
  tenants: {
    acme: {
      quota: { 'requests.cpu': '4' },
      pools: [pools[0]],
      egress: [{ cidr: '10.20.0.0/16', ports: [5432] }],
      secrets: ['db'],
      labels: { team: 'x' },
    },
    under_score: {},
  },
};

const folder = mkdtempSync(join(tmpdir(), 'glip-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const kubeconfigFile = join(folder, 'config');

/** Files that are read while the executor starts or runs. */
export const documents: readonly Target[] = [
  {
    name: 'policy file',
    weight: 0.2,
    samples: [
      JSON.stringify(policy),
      'rules:\n  - name: a\n    who: [{identity: "*"}]\n    may: [read]\n    tenants: ["*"]\n',
      'rules: []',
    ],
    words: [...yaml, '"*"', 'admin', '$own', 'SubmitStep', 'identity', 'claims', 'limits'],
    run(text) {
      const value = read(text);
      if (value === undefined) return false;
      const parsed = parseAccess(value, names);
      if (!parsed.ok) {
        law(parsed.problems.length > 0, 'nothing is said');
        return false;
      }
      for (const rule of parsed.value.rules) law(rule.name !== '', 'a rule without a name');
      // Whoever no rule is about gets nothing, whatever the file says of others.
      const others = parsed.value.rules.filter((rule) => !/\*|nobody/.test(JSON.stringify(rule)));
      law(!decide(others, asked, 'SubmitStep', 'acme').allowed, 'somebody else may');
      return true;
    },
  },
  {
    name: 'pools file',
    weight: 0.2,
    samples: [JSON.stringify(defaultPoolsConfig), JSON.stringify({ cpuLimitFactor: 2 })],
    words: [...yaml, '1m', '8Mi', '"pools":[]'],
    run(text) {
      const value = read(text);
      const parsed = parsePools(value);
      if (value === undefined || !parsed.ok) return false;
      law(parsed.value.pools.length > 0, 'no pool is left');
      return true;
    },
  },
  {
    name: 'defaults of tenants',
    weight: 0.2,
    samples: ['{"acme":{"startGuarantee":"at-most-once"}}'],
    words: yaml,
    run(text) {
      const value = read(text);
      const parsed = parseTenants(value);
      if (value === undefined || !parsed.ok) return false;
      for (const name of parsed.value.keys())
        law(/^[a-z][a-z0-9_-]{0,62}$/.test(name), `${name} is no tenant`);
      return true;
    },
  },
  {
    name: 'declared tenants',
    weight: 0.2,
    samples: [
      JSON.stringify(declared),
      'tenants:\n  acme:\n    quota: {pods: "20"}\n    egress: [{cidr: 10.0.0.0/8}]\n',
    ],
    words: [...yaml, 'egress', 'cidr', '0.0.0.0/0', 'requests.cpu', 'defaults'],
    run(text) {
      let tenants: ReturnType<typeof readDeclared>;
      try {
        tenants = readDeclared(text, pools);
      } catch (error) {
        if (error instanceof UnusableFile) return false;
        throw error;
      }
      for (const [name, spec] of tenants) {
        law(/^[a-z][a-z0-9_-]{0,62}$/.test(name), `${name} is no tenant`);
        const again = readSpec(printSpec(spec));
        law(again.ok && printSpec(again.value) === printSpec(spec), 'its text reads as another');
        for (const object of tenantObjects('glip-', name, spec, printSpec(spec), 'yes'))
          law(
            /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(object.metadata.name),
            `an object is ${object.metadata.name}`,
          );
      }
      return true;
    },
  },
  {
    name: "a tenant's text on its namespace",
    samples: [
      '{"version":1}',
      '{"version":1,"quota":{"pods":"2"},"pools":["small"],"egress":[{"to":{"kind":"cidr","cidr":"10.0.0.0/8"},"ports":[]}]}',
    ],
    words: ['"version":2', '"__proto__":', 'null'],
    run(text) {
      const parsed = readSpec(text);
      if (!parsed.ok) return false;
      const again = readSpec(printSpec(parsed.value));
      law(again.ok && printSpec(again.value) === printSpec(parsed.value), 'it reads as another');
      return true;
    },
  },
  {
    name: 'issuers',
    weight: 0.2,
    samples: [
      JSON.stringify([
        { name: 'corp', issuer: 'https://a/b', audiences: ['x'], jwksUrl: 'https://a/k', groupsClaim: 'a.b' },
      ]),
    ],
    words: [...yaml, 'http://', 'https://u:p@h/', 'file:'],
    run(text) {
      const value = read(`{"jwt":${text}}`);
      const parsed = parseIssuers(isRecord(value) ? value.jwt : undefined, 'identity.jwt');
      if (value === undefined || !parsed.ok) return false;
      for (const { name, audiences } of parsed.value) {
        law(!name.includes(':'), `the name ${name} has a colon: its groups would meet another's`);
        law(audiences.length > 0, 'nobody is meant');
      }
      return true;
    },
  },
  {
    name: 'configuration file',
    weight: 0.2,
    samples: [
      'grpcAddress: 127.0.0.1:0\ntimeouts:\n  queue: 30m\n',
      '{"cluster":"embedded","limits":{"maxRun":"2h"},"logLevel":"warn"}',
    ],
    words: [...yaml, 'limits', 'resources', 'tenantDefaults', 'tls', 'on', 'off'],
    run(text) {
      const loaded = loadConfig({ argv: ['--config', 'f'], env: {}, readFile: () => text });
      if (!loaded.ok) law(loaded.problems.length > 0, 'nothing is said');
      return loaded.ok;
    },
  },
  {
    // The library under it is slow: three of a thousand inputs are documents.
    name: 'kubeconfig',
    samples: [
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
        clusters: [{ name: 'k', cluster: { server: 'https://10.0.0.1:6443' } }],
        users: [{ name: 'u', user: { token: 't' } }],
      }),
    ],
    words: [...yaml, 'exec', 'username', 'client-key-data'],
    weight: 0.2,
    run(text) {
      writeFileSync(kubeconfigFile, text);
      const credentials = plainCredentials({ kind: 'kubeconfig', file: kubeconfigFile } as never, {});
      return credentials !== undefined;
    },
  },
];
