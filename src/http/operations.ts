import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerText, refusedWrite } from './answer.ts';

/** One thing that the executor needs to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** Absent when all is well; else what is missing, for people. */
  readonly problem?: string;
}

export interface OperationsDeps {
  /** Ready when no check has a problem. */
  readonly readiness: () => readonly ReadinessCheck[];
  /** Whether whoever asks may see why it is not ready; the words may be those of the cluster. True by default. */
  readonly tellsWhy?: boolean;
  /** A registry of prom-client. */
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
}

export type Page = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Pages for whoever operates the executor, by path. `?verbose` lists every check, as the API server's probes do. */
export function operationPages(deps: OperationsDeps): ReadonlyMap<string, Page> {
  const pages: Record<string, Page> = {
    // Alive is whoever can answer: a lost API server is no reason to restart the process.
    '/livez': (_request, response) => answerText(response, 200, 'ok\n'),
    '/readyz': (request, response) => readyz(deps, isVerbose(request), response),
    '/metrics': async (_request, response) => {
      answerText(response, 200, await deps.metrics.metrics(), deps.metrics.contentType);
    },
  };
  return new Map(Object.entries(pages).map(([path, page]) => [path, readOnly(page)]));
}

function readOnly(page: Page): Page {
  return (request, response) => (refusedWrite(request, response) ? undefined : page(request, response));
}

function readyz(
  { readiness, tellsWhy = true }: OperationsDeps,
  verbose: boolean,
  response: ServerResponse,
): void {
  const checks = readiness();
  const ready = checks.every((check) => check.problem === undefined);
  if (!tellsWhy || (ready && !verbose)) {
    answerText(response, ready ? 200 : 503, ready ? 'ok\n' : 'not ready\n');
    return;
  }
  const lines = checks.map(({ name, problem }) =>
    problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
  );
  answerText(response, ready ? 200 : 503, `${[...lines, ready ? 'ready' : 'not ready'].join('\n')}\n`);
}

function isVerbose(request: IncomingMessage): boolean {
  return new URLSearchParams(request.url?.split('?', 2)[1]).has('verbose');
}
