import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createTenantViews } from '../../../src/app/tenant-views.ts';
import type { CallRequest, StreamRequest, Transport } from '../../../src/kube/transport-types.ts';
import { systemClock } from '../../../src/lib/clock.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An API server without tenants, that gives LimitRanges so far. */
function start(gives: 'nothing' | 'lists' | 'all') {
  const onError = vi.fn<(error: unknown, what: string) => void>();
  const refuses = (path: string, what: typeof gives) => path.includes('limitranges') && gives === what;
  const call = (async ({ path, read }: CallRequest) => {
    if (refuses(path, 'nothing')) throw new Error('cannot list');
    const chunks = (async function* () {
      yield Buffer.from(JSON.stringify({ metadata: { resourceVersion: '9' }, items: [] }));
    })();
    return { status: 200, body: await read?.(chunks), warnings: [] };
  }) as Transport['call'];
  const stream = async ({ path, signal }: StreamRequest) => {
    if (refuses(path, 'lists')) throw new Error('cannot watch');
    return (async function* (): AsyncGenerator<Buffer> {
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    })();
  };
  const views = createTenantViews({
    transport: { call, stream },
    maxStalenessMs: 60_000,
    onChange: () => undefined,
    onOthers: () => undefined,
    onError,
  });
  views.start();
  return { views, said: () => onError.mock.calls.map(([, what]) => what) };
}

test.for([
  [
    'nothing',
    [expect.stringMatching(/^watching each LimitRange of tenants .*; no step is taken until that works/)],
  ],
  [
    'lists',
    [
      expect.stringMatching(
        /^watching each LimitRange of tenants .*; what others change of them is neither seen/,
      ),
    ],
  ],
  ['all', []],
] as const)(
  'where the cluster gives %s of a kind, the log says once what that means',
  async ([gives, said]) => {
    const { views, said: saying } = start(gives);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saying()).toEqual(said);
    expect(views.isSynced()).toBe(gives !== 'nothing');
    expect(views.hasFailed()).toBe(gives === 'nothing');
    await views.stop();
  },
);

/** An API server that knows one namespace and stalls the first watch of each collection; others of it, as those that prove, are answered. */
function stalling() {
  const store = { version: 5, spec: 'old' };
  const namespace = () => ({
    kind: 'Namespace',
    metadata: {
      uid: 'u',
      name: 'glip-acme',
      resourceVersion: String(store.version),
      annotations: { 'glip.greenlang.io/tenant-spec': store.spec },
    },
  });
  const isNamespaces = (path: string) => path === '/api/v1/namespaces';
  const call = (async ({ path, read }: CallRequest) => {
    const metadata = { resourceVersion: String(store.version) };
    if (read === undefined) return { status: 200, body: { metadata, items: [] }, warnings: [] };
    const items = isNamespaces(path) ? [namespace()] : [];
    const chunks = (async function* () {
      yield Buffer.from(JSON.stringify({ metadata, items }));
    })();
    return { status: 200, body: await read(chunks), warnings: [] };
  }) as Transport['call'];
  const opened = new Map<string, number>();
  const stream = async ({ path, query, signal }: StreamRequest) => {
    const nth = (opened.get(path) ?? 0) + 1;
    opened.set(path, nth);
    return (async function* (): AsyncGenerator<Buffer> {
      const since = Number(query?.resourceVersion);
      if (nth > 1 && isNamespaces(path) && since < store.version)
        yield Buffer.from(`${JSON.stringify({ type: 'MODIFIED', object: namespace() })}\n`);
      if (nth > 1 && query?.timeoutSeconds === 3) return;
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    })();
  };
  const specs: unknown[] = [];
  const views = createTenantViews({
    transport: { call, stream },
    maxStalenessMs: 60_000,
    onChange: ({ object }) => specs.push(object.annotations['glip.greenlang.io/tenant-spec']),
    onOthers: () => undefined,
    onError: () => undefined,
  });
  views.start();
  return { store, specs, views };
}

test('a watch that stalls in silence keeps no description for ever', async () => {
  // It is taken from Node itself, where no timers are played.
  const clock = vi.spyOn(systemClock, 'now').mockImplementation(() => Date.now());
  onTestFinished(() => clock.mockRestore());
  const { store, specs, views } = stalling();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(specs).toEqual(['old']);
  Object.assign(store, { version: 12, spec: 'new' });
  await vi.advanceTimersByTimeAsync(50_000);
  expect(specs).toEqual(['old', 'new']);
  expect(views.proven.map(({ name, needed }) => [name, needed])).toEqual([
    ['namespaces', false],
    ['networkpolicies', false],
  ]);
  const age = () => views.proven.find(({ name }) => name === 'namespaces')?.ageMs() ?? Number.NaN;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(age()).toBeLessThan(30_000);
  await views.stop();
});
