import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTenantViews } from '../../../src/app/tenant-views.ts';
import type { CallRequest, StreamRequest, Transport } from '../../../src/kube/transport-types.ts';

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
  const views = createTenantViews({ transport: { call, stream }, onChange: () => undefined, onError });
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
