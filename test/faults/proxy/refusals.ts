import type { ServerResponse } from 'node:http';
import type { Fault, FaultKind } from './fault.ts';

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly mayWait: boolean;
}

const refusals: Readonly<Partial<Record<FaultKind, Refusal>>> = {
  expired: { code: 410, reason: 'Expired', mayWait: false },
  throttled: { code: 429, reason: 'TooManyRequests', mayWait: true },
  'error-500': { code: 500, reason: 'InternalError', mayWait: false },
  unavailable: { code: 503, reason: 'ServiceUnavailable', mayWait: true },
};

/** The Status with which the API server would refuse; undefined when this fault is no refusal. */
export const refusalOf = ({ kind }: Fault): Refusal | undefined => refusals[kind];

/** Answers with it. */
export function refuse(response: ServerResponse, { code, reason, mayWait }: Refusal, fault: Fault): void {
  const body = JSON.stringify(statusObject(code, reason));
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(mayWait && fault.retryAfter > 0 && { 'retry-after': String(fault.retryAfter) }),
  });
  response.end(body);
}

/** 410 as an ERROR frame, as the watch cache sends it. */
export const expiredFrame = `${JSON.stringify({ type: 'ERROR', object: statusObject(410, 'Expired') })}\n`;

function statusObject(code: number, reason: string): object {
  const message = `told by the proxy: ${reason}`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message };
}
