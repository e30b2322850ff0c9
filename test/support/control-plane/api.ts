import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

export interface ApiResponse {
  readonly status: number;
  /** The parsed JSON body, or the text of one that is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of whatever object they asked for.
  readonly body: any;
}

export interface ApiRequestOptions {
  /** Default: JSON for POST and PUT, a merge patch for PATCH. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A REST client of the API server with the admin's certificate. */
export interface Api {
  /** Any status is an answer; only a failed connection rejects. */
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ) => Promise<ApiResponse>;
  readonly close: () => void;
}

export interface ApiIdentity {
  readonly server: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export function createApi(identity: ApiIdentity): Api {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: readFileSync(identity.caFile),
    cert: readFileSync(identity.certificateFile),
    key: readFileSync(identity.keyFile),
  });
  return {
    request: (method, path, body, options = {}) =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const headers: Record<string, string | number> = { accept: 'application/json', ...options.headers };
        if (payload !== undefined) {
          headers['content-type'] = options.contentType ?? defaultContentType(method);
          headers['content-length'] = payload.length;
        }
        const timeout = options.timeoutMs ?? 30_000;
        const call = request(
          new URL(path, identity.server),
          { method, agent, headers, timeout },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.once('error', reject);
            response.once('end', () => {
              resolve({
                status: response.statusCode ?? 0,
                body: parse(Buffer.concat(chunks).toString('utf8')),
              });
            });
          },
        );
        call.once('timeout', () =>
          call.destroy(new Error(`${method} ${path}: no answer within ${timeout} ms`)),
        );
        call.once('error', reject);
        call.end(payload);
      }),
    close: () => agent.destroy(),
  };
}

const defaultContentType = (method: string): string =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
