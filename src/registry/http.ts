import { getCACertificates } from 'node:tls';
import { Agent } from 'undici';
import { answerInvalid, registryUnavailable } from '../image/errors.ts';
import type { Repository } from '../image/ports.ts';
import { ExecutorError } from '../step/errors.ts';

export interface Ask {
  /** Whom an error is about. */
  readonly about: Repository;
  readonly headers: Readonly<Record<string, string>>;
  /** A form, which is posted. */
  readonly form?: URLSearchParams;
  /** An answer of more bytes is an error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** One request and its whole answer, whatever its status; never follows anything by itself. */
export interface Http {
  ask(url: URL, ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** `ca`: beside the usual ones, in PEM. */
export function createHttp(ca: string | undefined): Http {
  const agent = new Agent({
    connections: 16,
    allowH2: false,
    connect: { timeout: 5_000, ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }) },
    keepAliveTimeout: 10_000,
    maxHeaderSize: 32 * 1024,
    // The signal ends what takes too long.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async ask(url, { about, headers, form, maxBytes, signal }) {
      try {
        const answer = await agent.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: form === undefined ? 'GET' : 'POST',
          headers: {
            'user-agent': 'glip-executor',
            ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
            ...headers,
          },
          ...(form !== undefined && { body: form.toString() }),
          signal,
        });
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of answer.body as AsyncIterable<Buffer>) {
          size += chunk.length;
          if (size > maxBytes) throw answerInvalid(about, `an answer has more than ${maxBytes} bytes`);
          chunks.push(chunk);
        }
        return {
          status: answer.statusCode,
          header: (name) => [answer.headers[name]].flat()[0],
          body: Buffer.concat(chunks),
        };
      } catch (error) {
        throw networkError(error, about, url.host);
      }
    },
    close: () => agent.destroy(),
  };
}

function networkError(error: unknown, about: Repository, host: string): unknown {
  // Ours, and the reason of a signal, are handed on; those have no code, or a number.
  if (error instanceof ExecutorError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === '') return error;
  return registryUnavailable(about, `${host} ${words(code)} (${code})`, { cause: error });
}

function words(code: string): string {
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/.test(code)) return 'takes no connection';
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return 'is a name that nobody knows';
  if (/CERT|TLS|SSL|SIGNATURE/.test(code))
    return 'shows a certificate that is not trusted; see images.registryCaFile';
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'does not answer';
  return 'has cut the connection';
}
