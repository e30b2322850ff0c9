import type { ServerResponse } from 'node:http';
import type { Front } from './front.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

/** One request that has come in, and the ways to answer it. */
export interface Exchange {
  readonly request: UpstreamRequest;
  readonly response: ServerResponse;
  readonly front: Pick<Front, 'awake'>;
  readonly upstream: Pick<Upstream, 'send'>;
  /** Aborts when the client has gone away. */
  readonly gone: AbortSignal;
  /** Resets the client's connection. */
  readonly reset: () => void;
}

/** Resolves when the client has given up. */
export const untilGone = ({ gone }: Pick<Exchange, 'gone'>): Promise<void> =>
  new Promise((resolve) => {
    if (gone.aborted) resolve();
    else gone.addEventListener('abort', () => resolve(), { once: true });
  });
