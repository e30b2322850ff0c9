import type { WriteLimiterStatus, WritePriority } from './write-limiter.ts';

/** Query parameters; an absent one is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type CallRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Already encoded, as paths.ts makes them. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  /** `text`: the answer is not JSON (logs, /readyz). */
  readonly as?: 'json' | 'text';
  /** Reads an answer that is no refusal while it comes, in place of JSON.parse; what it resolves with is the body. */
  readonly read?: ((chunks: AsyncIterable<Buffer>) => Promise<unknown>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Limit of one attempt, body included. */
  readonly timeoutMs?: number | undefined;
  /** `read` passes by the write limiter: what changes nothing, as a dry run. Absent: `read` for GET, else `create`. */
  readonly priority?: WritePriority | 'read' | undefined;
  /** True when sending it twice does no harm, as for a create under a deterministic name. Absent: only for GET. */
  readonly resend?: boolean | undefined;
  /** False: one attempt (but for the renewal of credentials), because the caller has its own policy. */
  readonly retry?: boolean | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
};

export type Reply<T> = {
  readonly status: number;
  readonly body: T;
  /** Texts of the Warning headers. */
  readonly warnings: readonly string[];
};

export type StreamRequest = {
  readonly path: string;
  readonly query?: Query | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Silence after which the stream is given up (NetworkError `idle`); 0 for never. */
  readonly idleMs: number;
  /** Whose connections: watches by default. Logs have their own, of which there are few. */
  readonly pool?: 'watch' | 'logs' | undefined;
  /** Time until the response's headers must be there. */
  readonly openMs?: number | undefined;
};

export type TransportStatus = {
  readonly retries: number;
  readonly poolBuilds: number;
  readonly writes: WriteLimiterStatus;
};

/** Requests to one API server. Rejections are ApiError, NetworkError, CredentialsError or the signal's reason. */
export type Transport = {
  readonly call: <T>(request: CallRequest) => Promise<Reply<T>>;
  /** Resolves when the server has answered 200; the body follows chunk by chunk. Leaving the loop closes it. */
  readonly stream: (request: StreamRequest) => Promise<AsyncIterable<Buffer>>;
  readonly status: () => TransportStatus;
  /** Ends every request and connection. */
  readonly destroy: () => Promise<void>;
};

/** The query with its question mark, or nothing. */
export function queryText(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size > 0 ? `?${parameters}` : '';
}
