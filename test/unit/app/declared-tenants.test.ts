import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDeclaredTenants } from '../../../src/app/declared-tenants.ts';
import { readDeclared } from '../../../src/app/parse-declared.ts';
import { UnusableFile } from '../../../src/lib/unusable-file.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { measureReloads } from '../../../src/telemetry/reload-metrics.ts';
import { namespaceTaken } from '../../../src/tenant/errors.ts';
import type { Tenant } from '../../../src/tenant/tenant.ts';
import { until } from '../../support/until.ts';

const pools = ['standard'];

function parseDeclared(text: string, known: readonly string[]) {
  try {
    return { ok: true, value: readDeclared(text, known) } as const;
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    return { ok: false, problems: error.problems } as const;
  }
}

describe('the text of declared tenants', () => {
  test('is the contract`s JSON, in YAML', () => {
    const text = `
tenants:
  acme:
    quota: {requests.cpu: "20"}
    egress: [{cidr: 10.20.0.0/16, ports: [5432]}, {namespace: shared}]
    defaultOptions: {startGuarantee: START_GUARANTEE_AT_MOST_ONCE, timeouts: {queue: 1800s}}
  empty:
`;
    const parsed = parseDeclared(text, pools);
    expect(parsed.ok && [...parsed.value.keys()]).toEqual(['acme', 'empty']);
    expect(parsed.ok && parsed.value.get('acme')).toMatchObject({
      quota: { 'requests.cpu': '20' },
      egress: [
        { to: { kind: 'cidr', cidr: '10.20.0.0/16' }, ports: [5432] },
        { to: { kind: 'namespace', namespace: 'shared' }, ports: [] },
      ],
      defaults: { atMostOnce: true, timeouts: { queue: 1_800 } },
    });
  });

  test('is wrong as a whole, with all that is wrong', () => {
    const text = `
tenants:
  Acme: {}
  a: {pools: [none], quota: {"count/pods": "1"}}
  b: {unheardOf: [x]}
  c: {defaultOptions: {env: {A: b}}}
  d: {}
`;
    const parsed = parseDeclared(text, pools);
    expect(parsed.ok ? [] : parsed.problems.map((p) => p.split(':')[0])).toEqual([
      'tenants.Acme',
      'tenants.a.quota["count/pods"]',
      'tenants.a.pools[0]',
      'tenants.b',
      'tenants.c.default_options.env',
    ]);
  });

  test.each([
    '',
    '[]',
    'tenants: []',
    'tenants: {}\nmore: 1',
    'a: &a [*a]',
    'tenants: {a: {}',
    'tenants: {a: {}, a: {}}',
  ])('%j is none', (text) => {
    expect(parseDeclared(text, pools)).toMatchObject({ ok: false });
  });
});

describe('a file of tenants', () => {
  function follow(file: string) {
    const metrics = createMetrics();
    const laid: string[] = [];
    /** What the cluster says to it. */
    const refuse = new Map<string, Error>();
    const stopping = new AbortController();
    const declared = createDeclaredTenants({
      file,
      pools,
      ensure: async (tenant, spec) => {
        const why = refuse.get(tenant);
        if (why !== undefined) throw why;
        laid.push(`${tenant} ${spec.quota.pods ?? ''}`);
        return {} as Tenant;
      },
      logger: createLogger({ level: 'fatal', destination: { write: () => undefined } }),
      intervalMs: 60_000,
      reloads: measureReloads(metrics.registry),
      signal: stopping.signal,
    });
    onTestFinished(() => {
      declared.stop();
      stopping.abort();
    });
    const count = async (outcome: string) => {
      const text = await metrics.registry.metrics();
      return Number(
        new RegExp(`reloads_total\\{what="tenants",outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
      );
    };
    return { declared, laid, count, refuse };
  }
  const directory = () => {
    const path = mkdtempSync(join(tmpdir(), 'glip-declared-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };
  const text = (pods: string) => `tenants: {acme: {quota: {pods: "${pods}"}}}`;

  test('is laid down when the cluster is known, and again when a mounted ConfigMap changes', async () => {
    const home = directory();
    // As the kubelet does it: the file is a link into a folder that is a link, and that one is replaced.
    const mount = (name: string, content: string) => {
      const folder = join(home, `..${name}`);
      rmSync(folder, { recursive: true, force: true });
      mkdirWith(folder, content);
      symlinkSync(folder, join(home, '..new'));
      renameSync(join(home, '..new'), join(home, '..data'));
    };
    mount('1', text('1'));
    symlinkSync(join('..data', 'tenants.yaml'), join(home, 'tenants.yaml'));
    const { declared, laid, count } = follow(join(home, 'tenants.yaml'));
    declared.start();
    expect([declared.has('acme'), laid]).toEqual([true, []]);
    declared.begin();
    await until('it is laid down', () => laid.length === 1);
    mount('2', text('2'));
    await until('it is laid down anew', () => laid.length === 2);
    expect(laid).toEqual(['acme 1', 'acme 2']);
    mount('3', 'tenants: {acme: {quota: {pods: many}}}');
    await until('it is refused', async () => (await count('refused')) === 1);
    expect([declared.has('acme'), laid.length, await count('applied')]).toEqual([true, 2, 1]);
    declared.onGone('acme');
    declared.onGone('another');
    await until('what was right is laid down anew', () => laid.length === 3);
    expect(laid.at(-1)).toBe('acme 2');
    mount('4', 'tenants: {}');
    await until('it is declared no more', () => !declared.has('acme'));
    declared.onGone('acme');
    expect(laid).toHaveLength(3);
  });

  test('says how far each is, and why not further', async () => {
    const file = join(directory(), 'tenants.yaml');
    writeFileSync(file, 'tenants: {acme: {}, taken: {}, odd: {}}');
    const { declared, refuse } = follow(file);
    refuse.set('taken', namespaceTaken({ tenant: 'taken', namespace: 'glip-taken' }, undefined));
    refuse.set('odd', new TypeError('a defect'));
    declared.start();
    expect(declared.states()).toEqual(['PENDING', 'PENDING', 'PENDING']);
    declared.begin();
    await until('all were tried', () => !declared.states().includes('PENDING'));
    expect(declared.states()).toEqual(['APPLIED', 'FAILED', 'FAILED']);
    expect(declared.problemOf('acme')).toBeUndefined();
    expect(declared.problemOf('taken')).toContain('annotate it with glip.greenlang.io/tenant=taken');
    expect(declared.problemOf('odd')).toBe('the executor met a defect');
    refuse.clear();
    await until('both are laid down', () => declared.states().every((state) => state === 'APPLIED'));
    expect(declared.problemOf('taken')).toBeUndefined();
    refuse.set('acme', new TypeError('a defect'));
    declared.onGone('acme');
    await until('it has failed', () => declared.problemOf('acme') !== undefined);
    writeFileSync(file, 'tenants: {taken: {}}');
    await until('it is declared no more', () => declared.states().length === 1);
    expect(declared.problemOf('acme')).toBeUndefined();
  });

  test('that is wrong at the start is refused with the process', () => {
    const file = join(directory(), 'tenants.yaml');
    expect(() => follow(file).declared.start()).toThrow(/ENOENT/);
    writeFileSync(file, 'tenants: {A: {}}');
    expect(() => follow(file).declared.start()).toThrow(/tenants\.A/);
  });
});

function mkdirWith(folder: string, content: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'tenants.yaml'), content);
}
