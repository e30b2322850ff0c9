import { abortable, timeLimit } from '../lib/abort.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { ApiError, apiErrorFromResponse } from './api-error.ts';
import { type CallRetryBounds, isCredentialFailure, retryCall } from './call-retry.ts';
import type { CredentialCache, Credentials } from './credentials.ts';
import { isRbac, missingRight } from './missing-right.ts';
import { NetworkError, networkErrorFrom } from './network-error.ts';
import { namespaceIn } from './paths.ts';
import { createPools, type PoolsDeps } from './pools.ts';
import type { ServerClock } from './server-clock.ts';
import { openStream } from './stream.ts';
import type { CallRequest, Reply, Transport } from './transport-types.ts';
import { queryText } from './transport-types.ts';
import { warningsOf } from './warnings.ts';
import {
  createWriteLimiter,
  type WriteLimiter,
  type WriteOutcome,
  type WritePriority,
  type WriteSlot,
} from './write-limiter.ts';

export type TransportDeps = {
  readonly credentials: CredentialCache;
  readonly writes?: WriteLimiter;
  readonly pools?: PoolsDeps;
  readonly clock?: Clock;
  /** Is shown each answer that is no refusal. */
  readonly serverClock?: Pick<ServerClock, 'answered'>;
  readonly random?: () => number;
  readonly retry?: Partial<CallRetryBounds>;
  readonly userAgent?: string;
  /** Limit of one attempt, and of a write's wait for its turn; the API server's own is 60 s, but its answers to us take milliseconds. */
  readonly timeoutMs?: number;
  /** Called for each text of each Warning header, with the request in front. */
  readonly onWarning?: (text: string, request: string) => void;
  /** Called for each refusal that is for want of a right, with its name. */
  readonly onMissingRight?: (right: string) => void;
  /** Called after each attempt, for metrics: status is the HTTP status or the kind of network error. */
  readonly onAttempt?: (attempt: {
    method: string;
    path: string;
    status: number | string;
    ms: number;
  }) => void;
};

const RETRY: CallRetryBounds = { attempts: 5, maxWaitMs: 10_000, reconnectMs: 100 };

/** The one way to the API server: calls, watches and logs through a pool each. */
export function createTransport(deps: TransportDeps): Transport {
  const { credentials, clock = systemClock, random = Math.random, writes = createWriteLimiter() } = deps;
  const pools = createPools(deps.pools);
  const bounds = { ...RETRY, ...deps.retry };
  const userAgent = deps.userAgent ?? 'glip-executor';
  const timeoutOf = (request: CallRequest) => request.timeoutMs ?? deps.timeoutMs ?? 35_000;
  let retries = 0;

  const refused = (error: unknown): void => {
    if (isRbac(error)) deps.onMissingRight?.(missingRight(error) ?? 'unknown');
  };

  async function call<T>(request: CallRequest): Promise<Reply<T>> {
    const { signal, resend = request.method === 'GET', retry = true } = request;
    // Serialized once: attempts repeat the same bytes.
    const payload = request.body === undefined ? null : JSON.stringify(request.body);
    const began = clock.now();
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const used = await abortable(credentials.get(), signal);
      try {
        return await limited<T>(request, payload, used);
      } catch (error) {
        const again = retryCall(
          {
            error,
            attempt: retry ? attempt : bounds.attempts,
            waitedMs: clock.now() - began,
            renewed,
            resend,
          },
          bounds,
          random,
        );
        if (!again) throw error;
        retries += 1;
        if (again.renew) {
          renewed = true;
          await abortable(credentials.renew(used), signal);
        }
        if (again.delayMs > 0) await clock.sleep(again.delayMs, signal);
      }
    }
  }

  async function limited<T>(
    request: CallRequest,
    payload: string | null,
    used: Credentials,
  ): Promise<Reply<T>> {
    const priority = request.priority ?? (request.method === 'GET' ? 'read' : 'create');
    if (priority === 'read') return attemptOnce<T>(request, payload, used);
    const slot = await turnOf(request, priority);
    let outcome: WriteOutcome = 'failed';
    try {
      const reply = await attemptOnce<T>(request, payload, used);
      outcome = 'ok';
      return reply;
    } catch (error) {
      if (error instanceof ApiError) outcome = error.status === 429 ? 'throttled' : outcome;
      throw error;
    } finally {
      slot.release(outcome);
    }
  }

  /** Who waits behind writes that hang is not held longer than they are: each of them takes the whole of its time. */
  async function turnOf(request: CallRequest, priority: WritePriority): Promise<WriteSlot> {
    const timeoutMs = timeoutOf(request);
    const limit = timeLimit(timeoutMs, request.signal);
    try {
      return await writes.acquire(priority, limit.signal, namespaceIn(request.path));
    } catch (error) {
      if (!limit.expired()) throw error;
      const { method, path } = request;
      throw new NetworkError('timeout', `${method} ${path}: no turn to write within ${timeoutMs} ms`);
    } finally {
      limit.clear();
    }
  }

  async function attemptOnce<T>(
    request: CallRequest,
    payload: string | null,
    used: Credentials,
  ): Promise<Reply<T>> {
    const { method, path } = request;
    const name = `${method} ${path}`;
    const timeoutMs = timeoutOf(request);
    const { unary, origin, basePath } = pools.for(used);
    const limit = timeLimit(timeoutMs, request.signal);
    const began = clock.now();
    // Unlike the clock above this one may be set, and is the one that timeouts go by.
    const sentAt = Date.now();
    let status: number | string = 'failed';
    try {
      const response = await unary.request({
        origin,
        method,
        path: `${basePath}${path}${queryText(request.query)}`,
        headers: {
          ...used.headers,
          accept: request.as === 'text' ? '*/*' : 'application/json',
          'user-agent': userAgent,
          ...(payload === null ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        },
        body: payload,
        signal: limit.signal,
        // The limit above covers both, and a body that drips.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      status = response.statusCode;
      if (status < 300) deps.serverClock?.answered({ sentAt, receivedAt: Date.now() }, response.headers);
      const read = status < 300 ? request.read : undefined;
      const body = read ? await read(response.body) : await response.body.text();
      const warnings = warningsOf(response.headers);
      for (const warning of warnings) {
        deps.onWarning?.(warning, name);
        request.onWarning?.(warning);
      }
      if (status >= 300) throw apiErrorFromResponse(status, response.headers, String(body), name);
      return { status, warnings, body: (read ? body : bodyOf(String(body), request.as, name)) as T };
    } catch (error) {
      refused(error);
      if (error instanceof ApiError) throw error;
      if (!limit.expired()) request.signal?.throwIfAborted();
      const failure = limit.expired()
        ? new NetworkError('timeout', `${name}: no answer within ${timeoutMs} ms`)
        : networkErrorFrom(error, name);
      status = failure.kind;
      throw failure;
    } finally {
      limit.clear();
      deps.onAttempt?.({ method, path, status, ms: clock.now() - began });
    }
  }

  return {
    call,
    async stream(request) {
      const used = await abortable(credentials.get(), request.signal);
      const accept = request.pool === 'logs' ? '*/*' : 'application/json';
      const headers = { accept, 'user-agent': userAgent };
      const open = (with_: Credentials) =>
        openStream(pools.for(with_), request, { ...with_.headers, ...headers });
      try {
        return await open(used);
      } catch (error) {
        refused(error);
        if (!isCredentialFailure(error)) throw error;
        return open(await abortable(credentials.renew(used), request.signal));
      }
    },
    status: () => ({ retries, poolBuilds: pools.builds(), writes: writes.status() }),
    destroy: () => pools.destroy(),
  };
}

function bodyOf(text: string, as: CallRequest['as'], name: string): unknown {
  if (as === 'text') return text;
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    throw new NetworkError('protocol', `${name}: the answer is not JSON`, error);
  }
}
