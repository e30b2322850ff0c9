import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { aJob, aPod, CONFIG_MAPS, JOBS, NAMESPACE, PODS, startCluster } from './harness.ts';

/** A request with headers that fetch does not let one set. */
function raw(
  server: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(server + path, { headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
    });
    request.on('error', reject).end();
  });
}

describe('who may call', () => {
  it('answers nobody without the token, except probes', async () => {
    const cluster = await startCluster();
    const list = await cluster.call('GET', '/api/v1/pods', undefined, { authorization: '' });
    expect(list).toMatchObject({
      code: 401,
      body: { kind: 'Status', status: 'Failure', reason: 'Unauthorized' },
    });
    const wrong = await cluster.call('GET', '/api/v1/pods', undefined, {
      authorization: `Bearer x${cluster.token}`,
    });
    expect(wrong.code).toBe(401);
    for (const path of ['/version', '/livez', '/readyz', '/healthz']) {
      expect(await cluster.call('GET', path, undefined, { authorization: '' })).toMatchObject({ code: 200 });
    }
    expect((await cluster.call('GET', '/api/v1/pods')).code).toBe(200);
  });

  it('takes the token at the head of the path as well, for kubectl', async () => {
    const { call, token } = await startCluster();
    const none = { authorization: '' };
    expect((await call('GET', `/token/${token}/api/v1/namespaces/default`, undefined, none)).body.kind).toBe(
      'Namespace',
    );
    expect((await call('GET', `/token/${token}x/api/v1/pods`, undefined, none)).code).toBe(401);
    expect((await call('GET', `/token//api/v1/pods`, undefined, none)).code).toBe(401);
  });

  it('refuses a Host that is not this machine, even with the token', async () => {
    const { server, token } = await startCluster();
    const authorization = `Bearer ${token}`;
    const rebound = await raw(server, '/api/v1/pods', { host: 'evil.example', authorization });
    expect(rebound.code).toBe(403);
    expect(JSON.parse(rebound.body)).toMatchObject({ reason: 'Forbidden' });
    expect((await raw(server, '/version', { host: 'evil.example' })).code).toBe(403);
    expect((await raw(server, '/api/v1/pods', { host: 'localhost', authorization })).code).toBe(200);
  });

  it.each(['0.0.0.0', '192.0.2.1', '::'])('refuses to listen on %s', async (host) => {
    const cluster = createEmbeddedCluster({ catalogue: {}, workDirectory: '/nonexistent/never-made', host });
    await expect(cluster.start()).rejects.toThrow(/only on loopback/);
  });

  it('can be started once only, and stopped twice', async () => {
    const { workDirectory } = await startCluster();
    const cluster = createEmbeddedCluster({ catalogue: {}, workDirectory: `${workDirectory}/second` });
    const [first, second] = await Promise.all([cluster.start(), cluster.start()]);
    expect(first).toEqual(second);
    await cluster.stop();
    await cluster.stop();
    await expect(fetch(`${first.server}/version`)).rejects.toThrow();
  });
});

describe('discovery', () => {
  it('names what it serves', async () => {
    const { ok } = await startCluster();
    expect(await ok('GET', '/version')).toMatchObject({ major: '1', minor: '37' });
    expect((await ok('GET', '/api')).versions).toEqual(['v1']);
    const groups = await ok('GET', '/apis');
    expect(groups.groups.map(({ name }: { name: string }) => name)).toEqual([
      'batch',
      'networking.k8s.io',
      'policy',
      'scheduling.k8s.io',
      'authorization.k8s.io',
    ]);
    const core = await ok('GET', '/api/v1');
    expect(core.resources.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([
        'pods',
        'pods/log',
        'pods/status',
        'configmaps',
        'namespaces',
        'events',
        'nodes',
      ]),
    );
    expect((await ok('GET', '/apis/batch/v1')).resources).toContainEqual(
      expect.objectContaining({ name: 'jobs', kind: 'Job', namespaced: true }),
    );
    const review = { spec: { resourceAttributes: { verb: 'create', resource: 'jobs' } } };
    expect(await ok('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).toMatchObject({
      ...review,
      status: { allowed: true },
    });
  });
});

describe('refusals', () => {
  it('words them as Kubernetes does', async () => {
    const { call, ok } = await startCluster();
    await ok('POST', JOBS, aJob('taken'));
    const missing = await call('GET', `${JOBS}/x`);
    expect(missing.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'jobs.batch "x" not found',
      reason: 'NotFound',
      details: { name: 'x', group: 'batch', kind: 'jobs' },
      code: 404,
    });
    expect((await call('GET', `${PODS}/x`)).body).toMatchObject({
      message: 'pods "x" not found',
      details: { name: 'x', kind: 'pods' },
    });
    expect((await call('POST', JOBS, aJob('taken'))).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'jobs.batch "taken" already exists',
    });
    expect(
      (await call('POST', '/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'c' } })).body,
    ).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'namespaces "nowhere" not found',
      details: { name: 'nowhere', kind: 'namespaces' },
    });
    expect((await call('POST', `${JOBS}/x`, {})).body).toMatchObject({
      code: 405,
      reason: 'MethodNotAllowed',
    });
    expect((await call('POST', '/api/v1/pods', aPod('p'))).code).toBe(405);
    expect((await call('GET', '/apis/apps/v1/deployments')).code).toBe(404);
    expect((await call('POST', JOBS, '{broken')).body).toMatchObject({ code: 400, reason: 'BadRequest' });
    expect((await call('POST', JOBS, '[]')).body).toMatchObject({ code: 400 });
    expect((await call('POST', CONFIG_MAPS, { kind: 'Secret', metadata: { name: 'x' } })).body).toMatchObject(
      { code: 400 },
    );
    expect(
      (await call('POST', CONFIG_MAPS, { metadata: { name: 'x', labels: { a: 1 } } })).body,
    ).toMatchObject({
      code: 400,
      message: expect.stringContaining('metadata.labels of type string'),
    });
    expect(
      (await call('POST', CONFIG_MAPS, { metadata: { name: 'x', namespace: 'other' } })).body,
    ).toMatchObject({
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
    expect((await call('POST', JOBS, 'x=1', { 'content-type': 'text/plain' })).body).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
    });
    expect(
      (await call('PATCH', `${JOBS}/taken`, {}, { 'content-type': 'application/json' })).body,
    ).toMatchObject({
      code: 415,
      message: '415: Unsupported Media Type',
    });
  });

  it('takes no more than 3 MiB', async () => {
    const { call } = await startCluster();
    const body = { metadata: { name: 'c' }, data: { k: 'x'.repeat(3 * 1024 * 1024) } };
    expect((await call('POST', CONFIG_MAPS, body)).body).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
    });
  });

  const job = (parts: object) => ({ ...aJob('ok'), ...parts });
  const invalid: [string, unknown, string, string?][] = [
    ['a name that is no subdomain', aJob('No_Good'), 'metadata.name'],
    [
      'a name of 64 characters',
      aJob('n'.repeat(64)),
      'spec.template.labels',
      `Invalid value: "${'n'.repeat(64)}": must be no more than 63 bytes`,
    ],
    ['no name', job({ metadata: {} }), 'metadata.name', 'Required value: name or generateName is required'],
    ['a label value', aJob('ok', { metadata: { labels: { a: 'b c' } } }), 'metadata.labels'],
    ['an annotation key', aJob('ok', { metadata: { annotations: { 'a b': '' } } }), 'metadata.annotations'],
    [
      'too many bytes of annotations',
      aJob('ok', { metadata: { annotations: { a: 'x'.repeat(262_144) } } }),
      'metadata.annotations',
      'Too long: may not be more than 262144 bytes',
    ],
    [
      'an owner without uid',
      aJob('ok', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } }),
      'metadata.ownerReferences[0].uid',
      'Required value: must not be empty',
    ],
    ['no template', job({ spec: {} }), 'spec.template.spec.containers', 'Required value'],
    [
      'no container',
      aJob('ok', { pod: { containers: [] } }),
      'spec.template.spec.containers',
      'Required value',
    ],
    [
      'no image',
      aJob('ok', { container: { image: '' } }),
      'spec.template.spec.containers[0].image',
      'Required value',
    ],
    [
      'no restart policy',
      aJob('ok', { pod: { restartPolicy: undefined } }),
      'spec.template.spec.restartPolicy',
      'Required value: valid values: "OnFailure", "Never"',
    ],
    [
      'restart with a failure policy',
      aJob('ok', { pod: { restartPolicy: 'OnFailure' } }),
      'spec.template.spec.restartPolicy',
    ],
    [
      'a negative deadline',
      aJob('ok', { spec: { activeDeadlineSeconds: -1 } }),
      'spec.activeDeadlineSeconds',
      'Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a request above its limit',
      aJob('ok', { container: { resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } } }),
      'spec.template.spec.containers[0].resources.requests',
      'Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'an environment name',
      aJob('ok', { container: { env: [{ name: 'A=B', value: '' }] } }),
      'spec.template.spec.containers[0].env[0].name',
    ],
    [
      'a mount without volume',
      aJob('ok', { container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } }),
      'spec.template.spec.containers[0].volumeMounts[0].name',
      'Not found: "v"',
    ],
    [
      'a replacement policy',
      aJob('ok', { spec: { podReplacementPolicy: 'TerminatingOrFailed' } }),
      'spec.podReplacementPolicy',
      'Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      'a rule for another container',
      aJob('ok', {
        spec: {
          podFailurePolicy: {
            rules: [{ action: 'FailJob', onExitCodes: { containerName: 'b', operator: 'In', values: [1] } }],
          },
        },
      }),
      'spec.podFailurePolicy.rules[0].onExitCodes.containerName',
    ],
  ];
  it('names every field that is invalid', async () => {
    const { call } = await startCluster();
    for (const [name, body, field, message] of invalid) {
      const answer = await call('POST', JOBS, body);
      expect(answer, name).toMatchObject({
        code: 422,
        body: { reason: 'Invalid', details: { group: 'batch', kind: 'Job' } },
      });
      const causes = answer.body.details.causes as { field: string; message: string }[];
      expect(
        causes.map((cause) => cause.field),
        name,
      ).toContain(field);
      if (message !== undefined)
        expect(
          causes.map((cause) => cause.message),
          name,
        ).toContain(message);
    }
    const both = await call('POST', JOBS, aJob('No_Good', { container: { image: '' } }));
    expect(both.body.message).toMatch(
      /^Job\.batch "No_Good" is invalid: \[.*metadata\.name.*, .*image: Required value\]$/,
    );
  });
});

describe('writing', () => {
  it('stamps and defaults a Job as the real server does', async () => {
    const { ok } = await startCluster();
    const created = await ok(
      'POST',
      JOBS,
      aJob('j', { metadata: { labels: { a: 'b' } }, container: { image: 'agent:1' } }),
    );
    const { uid } = created.metadata;
    expect(created).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'j',
        namespace: NAMESPACE,
        generation: 1,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^[0-9]+$/),
      },
      spec: {
        parallelism: 1,
        completions: 1,
        completionMode: 'NonIndexed',
        suspend: false,
        manualSelector: false,
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
        template: {
          metadata: {
            labels: {
              'batch.kubernetes.io/controller-uid': uid,
              'batch.kubernetes.io/job-name': 'j',
              'controller-uid': uid,
              'job-name': 'j',
            },
          },
          spec: {
            dnsPolicy: 'ClusterFirst',
            schedulerName: 'default-scheduler',
            securityContext: {},
            containers: [
              {
                imagePullPolicy: 'IfNotPresent',
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
              },
            ],
          },
        },
      },
      status: {},
    });
    expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('makes names from generateName', async () => {
    const { ok } = await startCluster();
    const names = new Set<string>();
    for (let index = 0; index < 5; index += 1) {
      const { metadata } = await ok('POST', CONFIG_MAPS, { metadata: { generateName: 'made-' } });
      names.add(metadata.name);
      expect(metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
    }
    expect(names.size).toBe(5);
  });

  it('stores nothing on a dry run, but checks all', async () => {
    const { ok, call } = await startCluster();
    const made = await ok('POST', `${JOBS}?dryRun=All`, aJob('j'));
    expect(made.spec.parallelism).toBe(1);
    expect(made.metadata.uid).toBeDefined();
    expect((await call('GET', `${JOBS}/j`)).code).toBe(404);
    expect((await call('POST', `${JOBS}?dryRun=All`, aJob('J'))).code).toBe(422);
    expect((await call('POST', `${JOBS}?dryRun=Some`, aJob('j'))).code).toBe(422);
    const quantity = aJob('j', { container: { resources: { limits: { cpu: '1 core' } } } });
    expect((await call('POST', `${JOBS}?dryRun=All`, quantity)).body).toMatchObject({
      code: 400,
      message: expect.stringContaining('quantities must match'),
    });
    expect(
      (await call('POST', CONFIG_MAPS, { metadata: { name: 'b' }, binaryData: { k: '***' } })).body,
    ).toMatchObject({ code: 400, message: expect.stringContaining('illegal base64 data at input byte 0') });
    await ok('POST', CONFIG_MAPS, { metadata: { name: 'c' }, data: { a: '1' } });
    await ok(
      'PATCH',
      `${CONFIG_MAPS}/c?dryRun=All`,
      { data: { a: '2' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await ok('DELETE', `${CONFIG_MAPS}/c?dryRun=All`);
    expect((await ok('GET', `${CONFIG_MAPS}/c`)).data).toEqual({ a: '1' });
  });

  it('updates under a resourceVersion', async () => {
    const { ok, call } = await startCluster();
    const first = await ok('POST', CONFIG_MAPS, { metadata: { name: 'c' }, data: { a: '1' } });
    const second = await ok('PUT', `${CONFIG_MAPS}/c`, { ...first, data: { a: '2' } });
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expect((await call('PUT', `${CONFIG_MAPS}/c`, { ...first, data: { a: '3' } })).body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    });
    const same = await ok('PUT', `${CONFIG_MAPS}/c`, second);
    expect(same.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
    const other = {
      ...second,
      metadata: { ...second.metadata, resourceVersion: undefined, uid: 'someone-else' },
    };
    expect((await call('PUT', `${CONFIG_MAPS}/c`, other)).code).toBe(409);
    expect((await call('PUT', `${CONFIG_MAPS}/c`, { metadata: { name: 'd' } })).code).toBe(400);
    const unversioned = await ok('PUT', `${CONFIG_MAPS}/c`, { metadata: { name: 'c' }, data: { a: '4' } });
    expect(unversioned.metadata.uid).toBe(first.metadata.uid);
  });

  it('patches in three ways, and lets the first writer of an annotation win', async () => {
    const { ok, patch } = await startCluster();
    await ok('POST', JOBS, aJob('j', { spec: { suspend: true }, metadata: { annotations: { a: '1' } } }));
    const path = `${JOBS}/j`;
    expect((await patch(path, { metadata: { annotations: { b: '2' } } })).body.metadata.annotations).toEqual({
      a: '1',
      b: '2',
    });
    expect(
      (await patch(path, { metadata: { finalizers: ['x.io/y'] } }, 'strategic-merge')).body.metadata
        .finalizers,
    ).toEqual(['x.io/y']);
    const record = (value: string) => [
      { op: 'test', path: '/metadata/annotations/end', value: null },
      { op: 'add', path: '/metadata/annotations/end', value },
    ];
    expect((await patch(path, record('first'), 'json')).body.metadata.annotations.end).toBe('first');
    expect((await patch(path, record('second'), 'json')).body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect((await ok('GET', path)).metadata.annotations.end).toBe('first');
    const stale = await patch(path, { metadata: { resourceVersion: '1', annotations: { c: '3' } } });
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await patch(path, 'x', 'json')).code).toBe(400);
  });

  it('keeps no empty map, so that a patch does not find one', async () => {
    const { ok, patch } = await startCluster();
    const made = await ok(
      'POST',
      JOBS,
      aJob('j', { spec: { suspend: true }, metadata: { annotations: {}, finalizers: [] } }),
    );
    expect([made.metadata.annotations, made.metadata.finalizers]).toEqual([undefined, undefined]);
    const add = [{ op: 'add', path: '/metadata/annotations/x', value: 'y' }];
    expect((await patch(`${JOBS}/j`, add, 'json')).code).toBe(422);
  });

  it('keeps spec and status apart, and counts generations', async () => {
    const { ok, patch } = await startCluster();
    await ok('POST', JOBS, aJob('j', { spec: { suspend: true } }));
    const touched = await patch(`${JOBS}/j`, {
      spec: { activeDeadlineSeconds: 9 },
      status: { succeeded: 5 },
    });
    expect(touched.body.metadata.generation).toBe(2);
    expect(touched.body.status.succeeded).toBeUndefined();
    const told = await patch(`${JOBS}/j/status`, {
      spec: { activeDeadlineSeconds: 1 },
      status: { failed: 3 },
    });
    expect(told.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { activeDeadlineSeconds: 9 },
      status: { failed: 3 },
    });
  });

  it('keeps immutable what is immutable', async () => {
    const { ok, patch } = await startCluster();
    await ok('POST', CONFIG_MAPS, { metadata: { name: 'c' }, immutable: true, data: { a: '1' } });
    expect((await patch(`${CONFIG_MAPS}/c`, { data: { a: '2' } })).body).toMatchObject({
      code: 422,
      details: {
        causes: [
          {
            reason: 'FieldValueForbidden',
            field: 'data',
            message: 'Forbidden: field is immutable when `immutable` is set',
          },
        ],
      },
    });
    expect((await patch(`${CONFIG_MAPS}/c`, { immutable: false })).code).toBe(422);
    expect((await patch(`${CONFIG_MAPS}/c`, { metadata: { labels: { a: 'b' } } })).code).toBe(200);
    await ok('POST', JOBS, aJob('j', { pod: { nodeSelector: { never: 'there' } } }));
    const changed = await patch(`${JOBS}/j`, { spec: { template: { spec: { priorityClassName: 'x' } } } });
    expect(changed.body.details.causes).toContainEqual(
      expect.objectContaining({
        field: 'spec.template',
        message: expect.stringMatching(/field is immutable$/),
      }),
    );
    expect((await patch(`${JOBS}/j`, { spec: { podFailurePolicy: null } })).code).toBe(422);
    expect(
      (
        await patch(`${JOBS}/j`, {
          spec: { activeDeadlineSeconds: 100, suspend: true, ttlSecondsAfterFinished: 5 },
        })
      ).code,
    ).toBe(200);
  });

  it('limits a ConfigMap to 1 MiB and to valid keys', async () => {
    const { ok, call } = await startCluster();
    await ok('POST', CONFIG_MAPS, { metadata: { name: 'fits' }, data: { k: 'x'.repeat(1024 * 1024) } });
    const big = await call('POST', CONFIG_MAPS, {
      metadata: { name: 'big' },
      data: { k: 'x'.repeat(1024 * 1024), l: 'y' },
    });
    expect(big.body).toMatchObject({
      code: 422,
      message: 'ConfigMap "big" is invalid: []: Too long: may not be more than 1048576 bytes',
    });
    const keys = await call('POST', CONFIG_MAPS, { metadata: { name: 'keys' }, data: { 'a/b': '' } });
    expect(keys.body.details.causes[0].field).toBe('data[a/b]');
    const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    const secret = await ok('POST', secrets, { metadata: { name: 's' }, stringData: { k: 'hush' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { k: 'aHVzaA==' } });
    expect(secret.stringData).toBeUndefined();
  });
});

describe('deleting', () => {
  it('tells what is gone, and honours preconditions', async () => {
    const { ok, call } = await startCluster();
    const { metadata } = await ok('POST', CONFIG_MAPS, { metadata: { name: 'c' } });
    const wrong = await call('DELETE', `${CONFIG_MAPS}/c`, { preconditions: { uid: 'other' } });
    expect(wrong.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: expect.stringContaining('the UID in the precondition (other) does not match'),
    });
    expect((await call('DELETE', `${CONFIG_MAPS}/c`, { preconditions: { resourceVersion: '1' } })).code).toBe(
      409,
    );
    expect((await call('DELETE', `${CONFIG_MAPS}/c?propagationPolicy=Sideways`)).code).toBe(422);
    expect(await ok('DELETE', `${CONFIG_MAPS}/c`, { preconditions: { uid: metadata.uid } })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'c', kind: 'configmaps', uid: metadata.uid },
    });
    expect((await call('DELETE', `${CONFIG_MAPS}/c`)).code).toBe(404);
  });

  it('keeps an object until its finalizers are gone', async () => {
    const { ok, call, patch } = await startCluster();
    await ok('POST', CONFIG_MAPS, { metadata: { name: 'c', finalizers: ['x.io/hold'] } });
    const held = await ok('DELETE', `${CONFIG_MAPS}/c`);
    expect(held.metadata.deletionTimestamp).toBeDefined();
    expect(
      (await patch(`${CONFIG_MAPS}/c`, { metadata: { finalizers: ['x.io/hold', 'x.io/more'] } })).code,
    ).toBe(422);
    expect((await patch(`${CONFIG_MAPS}/c`, { metadata: { finalizers: [] } })).code).toBe(200);
    expect((await call('GET', `${CONFIG_MAPS}/c`)).code).toBe(404);
  });

  it('deletes a collection by selector', async () => {
    const { ok } = await startCluster();
    for (const name of ['a', 'b', 'c'])
      await ok('POST', CONFIG_MAPS, { metadata: { name, labels: { keep: String(name === 'b') } } });
    await ok('DELETE', `${CONFIG_MAPS}?labelSelector=keep=false`);
    const { items } = await ok('GET', CONFIG_MAPS);
    expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['b']);
  });
});
