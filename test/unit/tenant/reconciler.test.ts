import { describe, expect, test } from 'vitest';
import { ExecutorError } from '../../../src/step/errors.ts';
import { rulesOf } from '../../../src/tenant/tenants.ts';
import { aSpec } from './build.ts';
import { aReplica } from './cluster.ts';

const refusal = (call: () => unknown): ExecutorError => {
  try {
    call();
  } catch (error) {
    if (error instanceof ExecutorError) return error;
  }
  throw new Error('it was not refused');
};
const unavailable = () => {
  throw new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_UNREACHABLE',
    message: 'no connection',
  });
};

describe('a tenant that is laid down', () => {
  test('is ready, its steps are taken by its rules, and nothing is written twice', async () => {
    const { tenants, calls, signal, look, told } = aReplica();
    const spec = aSpec({ pools: ['standard'], priorityClasses: ['low'] });
    const made = await tenants.ensure('acme', spec, signal);
    expect(made).toMatchObject({ state: 'READY', problems: [], open: false, spec });
    expect(rulesOf(made)).toMatchObject({
      pools: ['standard'],
      priorityClasses: ['low'],
      secrets: [],
      defaults: { timeouts: {} },
    });
    const written = calls.length;
    await tenants.ensure('acme', spec, signal);
    expect(await look('glip-acme')).toBe('done');
    expect([calls.length, told.repairs.length]).toEqual([written, 0]);
  });

  test('has no account while what bounds its pods cannot be laid down, and no step is taken', async () => {
    const { tenants, answers, objects, signal, look, told } = aReplica();
    answers.set('NetworkPolicy glip-deny-all', unavailable);
    const made = await tenants.ensure('acme', aSpec(), signal);
    expect(made).toMatchObject({ state: 'DEGRADED', open: true });
    expect(made.problems).toEqual(['NetworkPolicy glip-deny-all: no connection']);
    expect(refusal(() => rulesOf(made))).toMatchObject({ code: 'UNAVAILABLE', reason: 'TENANT_NOT_READY' });
    expect([...objects.keys()].filter((key) => key.startsWith('ServiceAccount'))).toEqual([]);
    await expect(look('glip-acme')).rejects.toThrow('no connection');
    expect(told.problems).toHaveLength(1);
    answers.clear();
    expect(await look('glip-acme')).toBe('done');
    expect(await tenants.get('acme', signal)).toMatchObject({ state: 'READY', problems: [] });
    expect(told.repairs).toEqual([]);
  });
});

describe('a tenant that somebody changes', () => {
  test('is degraded until it is repaired; its steps wait only for what isolates them', async () => {
    const { tenants, change, remove, signal, look, told } = aReplica();
    await tenants.ensure('acme', aSpec({ quota: { pods: '5' } }), signal);
    change('ResourceQuota', 'glip-quota', (quota) =>
      Object.assign(quota, { spec: { hard: { pods: '50' } } }),
    );
    const raised = await tenants.get('acme', signal);
    expect(raised).toMatchObject({ state: 'DEGRADED', open: false });
    expect(raised.problems).toEqual(['ResourceQuota glip-quota: is not as described: spec.hard.pods']);
    expect(rulesOf(raised).pools).toEqual([]);
    remove('NetworkPolicy', 'glip-deny-all');
    const opened = await tenants.get('acme', signal);
    expect(opened).toMatchObject({ state: 'DEGRADED', open: true });
    expect(refusal(() => rulesOf(opened)).reason).toBe('TENANT_NOT_READY');
    await look('glip-acme');
    expect(told.repairs.map(({ object, paths }) => [object.metadata.name, paths])).toEqual([
      ['glip-deny-all', []],
      ['glip-quota', ['spec.hard.pods']],
    ]);
    expect((await tenants.get('acme', signal)).state).toBe('READY');
  });

  test('gets back what describes it, as long as somebody remembers that', async () => {
    const { tenants, change, annotationsOf, signal, look } = aReplica();
    await tenants.ensure('acme', aSpec({ quota: { pods: '5' } }), signal);
    const { ...before } = annotationsOf('glip-acme');
    for (const edit of [{}, { ...before, 'glip.greenlang.io/tenant-spec': '{' }]) {
      change('Namespace', 'glip-acme', ({ metadata }) => Object.assign(metadata, { annotations: edit }));
      expect(await tenants.get('acme', signal)).toMatchObject({ open: true });
      await look('glip-acme');
      expect(annotationsOf('glip-acme')).toEqual(before);
    }
    expect((await tenants.get('acme', signal)).state).toBe('READY');
  });

  test('whose description nobody can read, and nobody remembers, is left alone and takes no steps', async () => {
    const first = aReplica();
    await first.tenants.ensure('acme', aSpec(), first.signal);
    const second = aReplica();
    for (const [key, object] of first.objects) second.objects.set(key, object);
    second.change('Namespace', 'glip-acme', ({ metadata }) => {
      Object.assign(metadata.annotations as object, {
        'glip.greenlang.io/tenant-spec': '{"version":1,"image_keys":[]}',
      });
    });
    await second.look('glip-acme');
    expect(second.calls).toEqual([]);
    const found = await second.tenants.get('acme', second.signal);
    expect(found).toMatchObject({ state: 'PROVISIONING', spec: undefined, open: true });
    expect(found.problems.join()).toContain('does not know its "image_keys"');
    expect(refusal(() => rulesOf(found)).reason).toBe('TENANT_NOT_READY');
  });

  test('an owner that applies is asked once for each version of the object', async () => {
    const { tenants, change, answers, calls, signal, look } = aReplica();
    await tenants.ensure('acme', aSpec({ quota: { pods: '5' } }), signal);
    answers.set('ResourceQuota glip-quota', () => ({
      kind: 'owned',
      owners: [{ manager: 'gitops', declares: true, fields: ['.spec.hard.pods'] }],
    }));
    const raise = (pods: string) =>
      change('ResourceQuota', 'glip-quota', (quota) => Object.assign(quota, { spec: { hard: { pods } } }));
    raise('50');
    calls.length = 0;
    for (let i = 0; i < 3; i++) await look('glip-acme');
    expect(calls).toEqual(['ResourceQuota glip-quota']);
    const { state, problems } = await tenants.get('acme', signal);
    expect([state, problems]).toEqual([
      'DEGRADED',
      [expect.stringContaining('"gitops" owns .spec.hard.pods')],
    ]);
    raise('51');
    await look('glip-acme');
    expect(calls).toHaveLength(2);
    await expect(tenants.ensure('acme', aSpec({ quota: { pods: '6' } }), signal)).resolves.toMatchObject({
      state: 'DEGRADED',
    });
  });

  test('what admission changes on its way is said, and not written again and again', async () => {
    const { tenants, answers, signal } = aReplica();
    answers.set('LimitRange glip-defaults', (wanted) => ({
      kind: 'stored',
      created: true,
      object: {
        ...wanted,
        metadata: { ...wanted.metadata, uid: 'u', resourceVersion: '1' },
        spec: { limits: [] },
      } as never,
    }));
    const made = await tenants.ensure('acme', aSpec(), signal);
    expect(made.problems).toEqual([
      expect.stringMatching(/^LimitRange glip-defaults: cannot be made as described: spec.limits/),
    ]);
  });
});

describe('a namespace that is not the tenant`s', () => {
  test('is taken, unless it says that it is handed over', async () => {
    const { tenants, store, change, signal } = aReplica();
    const theirs = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'glip-acme', labels: {}, annotations: {} },
    } as const;
    await store.createNamespace(theirs, { signal });
    for (const call of [tenants.ensure, tenants.validate])
      await expect(call('acme', aSpec(), signal)).rejects.toMatchObject({ reason: 'NAMESPACE_TAKEN' });
    expect(await tenants.find('acme', signal)).toBe('unmanaged');
    expect(await tenants.find('nobody', signal)).toBeUndefined();
    change('Namespace', 'glip-acme', ({ metadata }) => {
      metadata.annotations = { 'glip.greenlang.io/tenant': 'acme' };
      metadata.deletionTimestamp = '2026-11-27T21:00:00Z';
    });
    await expect(tenants.ensure('acme', aSpec(), signal)).rejects.toMatchObject({
      reason: 'TENANT_DELETING',
    });
  });
});
