import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  aJob,
  CONFIG_MAPS,
  JOBS,
  type Loose,
  NAMESPACE,
  startCluster,
  type TestCluster,
  until,
} from './harness.ts';

const ALL = '/api/v1/configmaps';

async function make(cluster: TestCluster, name: string, labels: Record<string, string> = {}): Promise<Loose> {
  return cluster.ok('POST', CONFIG_MAPS, { metadata: { name, labels } });
}

function names(list: Loose): string[] {
  return list.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
}

describe('list', () => {
  it('selects by labels, fields and namespace, in order', async () => {
    const cluster = await startCluster();
    for (const [name, tier] of [
      ['c', 'gold'],
      ['a', 'gold'],
      ['b', 'iron'],
    ] as const)
      await make(cluster, name, { tier });
    await cluster.ok('POST', '/api/v1/namespaces/default/configmaps', {
      metadata: { name: 'd', labels: { tier: 'gold' } },
    });
    const list = await cluster.ok('GET', `${CONFIG_MAPS}?labelSelector=tier%3Dgold`);
    expect(list).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    expect(names(list)).toEqual(['a', 'c']);
    expect(list.items[0].kind).toBeUndefined();
    expect(names(await cluster.ok('GET', `${ALL}?labelSelector=tier%20notin%20(iron)`))).toEqual([
      'd',
      'a',
      'c',
    ]);
    expect(names(await cluster.ok('GET', `${ALL}?fieldSelector=metadata.name%3Db`))).toEqual(['b']);
    expect(names(await cluster.ok('GET', `${ALL}?fieldSelector=metadata.namespace!%3D${NAMESPACE}`))).toEqual(
      ['d'],
    );
    expect((await cluster.call('GET', `${ALL}?fieldSelector=data%3Dx`)).body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    });
    expect((await cluster.call('GET', `${ALL}?labelSelector=a%20in%20b`)).code).toBe(400);
  });

  it('pages at one version', async () => {
    const cluster = await startCluster();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make(cluster, name);
    const first = await cluster.ok('GET', `${CONFIG_MAPS}?limit=2`);
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    await cluster.ok('DELETE', `${CONFIG_MAPS}/c`);
    await make(cluster, 'bb');
    const second = await cluster.ok('GET', `${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`);
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const last = await cluster.ok('GET', `${CONFIG_MAPS}?limit=2&continue=${second.metadata.continue}`);
    expect(names(last)).toEqual(['e']);
    expect(last.metadata.continue).toBeUndefined();
    expect(names(await cluster.ok('GET', CONFIG_MAPS))).toEqual(['a', 'b', 'bb', 'd', 'e']);
  });

  it('answers 410 when a page is too old', async () => {
    const cluster = await startCluster({ historyLimit: 3 });
    for (const name of ['a', 'b']) await make(cluster, name);
    const first = await cluster.ok('GET', `${CONFIG_MAPS}?limit=1`);
    for (let index = 0; index < 10; index += 1) await make(cluster, `x${index}`);
    const late = await cluster.call('GET', `${CONFIG_MAPS}?limit=1&continue=${first.metadata.continue}`);
    expect(late.body).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: expect.stringContaining('too old'),
    });
    const exact = `${CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=${first.metadata.resourceVersion}`;
    expect((await cluster.call('GET', exact)).body).toMatchObject({ code: 410, reason: 'Expired' });
    const newer = `${CONFIG_MAPS}?resourceVersionMatch=NotOlderThan&resourceVersion=${first.metadata.resourceVersion}`;
    expect(names(await cluster.ok('GET', newer))).toHaveLength(12);
  });

  it('honours resourceVersion', async () => {
    const cluster = await startCluster();
    const { metadata } = await make(cluster, 'a');
    await make(cluster, 'b');
    const version = metadata.resourceVersion;
    expect(names(await cluster.ok('GET', `${CONFIG_MAPS}?resourceVersion=0`))).toEqual(['a', 'b']);
    expect(names(await cluster.ok('GET', `${CONFIG_MAPS}?resourceVersion=${version}`))).toEqual(['a', 'b']);
    const exact = await cluster.ok(
      'GET',
      `${CONFIG_MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`,
    );
    expect([names(exact), exact.metadata.resourceVersion]).toEqual([['a'], version]);
    expect(names(await cluster.ok('GET', `${CONFIG_MAPS}?resourceVersion=${version}&limit=5`))).toEqual([
      'a',
    ]);
    const future = await cluster.call('GET', `${CONFIG_MAPS}?resourceVersion=999999`);
    expect(future.body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });
});

describe('watch', () => {
  const types = (frames: readonly { type: string; object: Loose }[]) =>
    frames.map(({ type, object }) => `${type} ${object.metadata.name}`);

  it('tells what is there, then each change once and in order', async () => {
    const cluster = await startCluster();
    await make(cluster, 'a');
    const watch = await cluster.watch(`${CONFIG_MAPS}?watch=true`);
    await until('the first frame', () => watch.frames.length > 0);
    await make(cluster, 'b');
    await cluster.patch(`${CONFIG_MAPS}/b`, { data: { x: '1' } });
    await cluster.patch(`${CONFIG_MAPS}/b`, { data: { x: '1' } });
    await cluster.ok('DELETE', `${CONFIG_MAPS}/b`);
    await make(cluster, 'c');
    await until('five frames', () => watch.frames.length >= 5);
    expect(types(watch.frames)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED b', 'DELETED b', 'ADDED c']);
    const versions = watch.frames.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
    expect(watch.frames[3]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { x: '1' } });
  });

  it('resumes after a version, and shows what leaves or enters its selector', async () => {
    const cluster = await startCluster();
    const { metadata } = await make(cluster, 'a', { on: 'yes' });
    await make(cluster, 'b', { on: 'no' });
    await cluster.patch(`${CONFIG_MAPS}/b`, { metadata: { labels: { on: 'yes' } } });
    await cluster.patch(`${CONFIG_MAPS}/a`, { data: { k: 'v' } });
    const last = await cluster.patch(`${CONFIG_MAPS}/a`, { metadata: { labels: { on: 'no' } } });
    const path = `${CONFIG_MAPS}?watch=1&labelSelector=on%3Dyes&resourceVersion=${metadata.resourceVersion}`;
    const watch = await cluster.watch(path);
    await until('three frames', () => watch.frames.length >= 3);
    expect(types(watch.frames)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED a']);
    expect(watch.frames[2]?.object.metadata).toMatchObject({
      labels: { on: 'yes' },
      resourceVersion: last.body.metadata.resourceVersion,
    });
  });

  it('keeps namespaces and kinds apart', async () => {
    const cluster = await startCluster();
    const everywhere = await cluster.watch(`${ALL}?watch=1`);
    const here = await cluster.watch(`${CONFIG_MAPS}?watch=1`);
    await cluster.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'far' } });
    await cluster.ok('POST', JOBS, aJob('j', { spec: { suspend: true } }));
    await make(cluster, 'near');
    await until('both', () => everywhere.frames.length >= 2 && here.frames.length >= 1);
    expect([types(everywhere.frames), types(here.frames)]).toEqual([
      ['ADDED far', 'ADDED near'],
      ['ADDED near'],
    ]);
  });

  it('says ERROR 410 when the version is too old', async () => {
    const cluster = await startCluster({ historyLimit: 3 });
    for (let index = 0; index < 12; index += 1) await make(cluster, `x${index}`);
    const watch = await cluster.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=2`);
    await until('the end', watch.ended);
    expect(watch.frames).toMatchObject([
      {
        type: 'ERROR',
        object: {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: expect.stringMatching(/^too old resource version: 2 \(\d+\)$/),
        },
      },
    ]);
  });

  it('sends bookmarks when asked, with the version that has been reached', async () => {
    const cluster = await startCluster({ bookmarkInterval: 20 });
    const plain = await cluster.watch(`${CONFIG_MAPS}?watch=1`);
    const watch = await cluster.watch(`${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true`);
    const other = await cluster.ok('POST', '/api/v1/namespaces', { metadata: { name: 'elsewhere' } });
    const reached = () =>
      watch.frames.find(
        ({ object }) => Number(object.metadata.resourceVersion) >= Number(other.metadata.resourceVersion),
      );
    const mark = await until('a bookmark', reached);
    expect(mark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    expect(plain.frames).toEqual([]);
  });

  it('ends cleanly after timeoutSeconds', async () => {
    const cluster = await startCluster();
    const watch = await cluster.watch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=1`);
    await until('the end', watch.ended);
    expect(watch.frames).toEqual([]);
  });

  it('sends a last bookmark two seconds before its end', async () => {
    const cluster = await startCluster({ bookmarkInterval: 60_000 });
    const watch = await cluster.watch(`${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=3`);
    await until('the end', watch.ended);
    expect(watch.frames.map(({ type }) => type)).toEqual(['BOOKMARK']);
  });

  it('begins with the whole state when asked for initial events, or refuses to', async () => {
    const path = `${CONFIG_MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
    const cluster = await startCluster();
    await make(cluster, 'a');
    const watch = await cluster.watch(path);
    await until('two frames', () => watch.frames.length >= 2);
    expect(watch.frames).toMatchObject([
      { type: 'ADDED' },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
    const old = await startCluster({ streamingLists: false });
    expect((await old.call('GET', path)).body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('cuts off a watcher that does not read, and nobody else', async () => {
    const cluster = await startCluster({ watchBuffer: 1_000_000 });
    const { hostname, port } = new URL(cluster.server);
    const deaf = connect(Number(port), hostname);
    const closed = new Promise<void>((resolve) => deaf.once('close', () => resolve()));
    deaf.on('error', () => undefined);
    deaf.pause();
    deaf.write(
      `GET ${CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${cluster.token}\r\n\r\n`,
    );
    const reader = await cluster.watch(`${CONFIG_MAPS}?watch=1`);
    const big = 'x'.repeat(900_000);
    const count = 20;
    for (let index = 0; index < count; index += 1) {
      await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: `big-${index}` }, data: { big } });
    }
    await until('all frames', () => reader.frames.length >= count);
    let read = 0;
    deaf.on('data', (chunk) => {
      read += chunk.length;
    });
    deaf.resume();
    await closed;
    expect(read).toBeLessThan(count * 900_000);
    expect(reader.ended()).toBe(false);
  });
});
