import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { HttpCallEnd } from '../../../src/http/open-call.ts';
import type { ReadinessCheck } from '../../../src/http/operations.ts';
import { createHttpServer, type HttpServer, type HttpServerDeps } from '../../../src/http/server.ts';
import type { ServiceHandlers } from '../../../src/rpc/handler.ts';
import { rpcService } from '../../../src/rpc/service.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { fakeHandlers } from '../rpc/harness.ts';

export interface StartedHttp {
  readonly server: HttpServer;
  readonly base: string;
  readonly port: number;
  readonly ended: HttpCallEnd[];
  readonly defects: unknown[];
  readonly errors: unknown[];
  /** What /readyz answers from. */
  checks: ReadinessCheck[];
}

/** A real HTTP server over fake handlers, on a free port, closed after the test. */
export async function startHttp(
  handlers: Partial<ServiceHandlers<typeof ExecutorService>>,
  deps: Partial<HttpServerDeps> = {},
): Promise<StartedHttp> {
  const ended: HttpCallEnd[] = [];
  const defects: unknown[] = [];
  const errors: unknown[] = [];
  const started = { checks: [] as ReadinessCheck[] };
  const server = createHttpServer({
    services: [rpcService(ExecutorService, fakeHandlers(handlers))],
    address: '127.0.0.1:0',
    toStatus: createToStatus({ onDefect: (error) => defects.push(error) }),
    readiness: () => started.checks,
    metrics: { contentType: 'text/plain', metrics: async () => 'metric 1\n' },
    onCall: (end) => ended.push(end),
    onError: (error) => errors.push(error),
    ...deps,
  });
  const { port, address } = await server.start();
  onTestFinished(() => server.stop(0));
  return Object.assign(started, { server, base: `http://${address}`, port, ended, defects, errors });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  json(): Record<string, unknown>;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** One request; unlike fetch it lets a test choose Host and Origin. */
export function ask(port: number, { method = 'POST', path, headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all = Buffer.concat(chunks);
        agent.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: all,
          json: () => JSON.parse(all.toString()) as Record<string, unknown>,
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export const PATH = '/glip.executor.v1.ExecutorService';

/** A call as curl makes it. */
export function askJson(
  port: number,
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(port, {
    path: `${PATH}/${method}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  });
}
