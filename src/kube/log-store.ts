import type { LogStore, NoLog } from '../job/ports.ts';
import { ApiError } from './api-error.ts';
import { toExecutorError } from './errors.ts';
import * as paths from './paths.ts';
import type { Transport } from './transport-types.ts';

/** The node answers within milliseconds; one that is cut off lets the API server wait for a minute. */
const openMs = 20_000;

/** The logs of containers over a real API server, on connections of their own. */
export function createLogStore(transport: Pick<Transport, 'stream'>): LogStore {
  return {
    async openLog({ namespace, name }, { container, follow, since, tailLines, limitBytes }, signal) {
      const path = paths.object('pods', namespace, name, 'log');
      const query = {
        container,
        timestamps: true,
        follow: follow || undefined,
        sinceTime: since,
        tailLines,
        limitBytes,
      };
      try {
        // A log may be silent for hours.
        return translated(
          await transport.stream({ path, query, signal, idleMs: 0, openMs, pool: 'logs' }),
          signal,
        );
      } catch (error) {
        signal.throwIfAborted();
        const why = error instanceof ApiError ? noLog(error) : undefined;
        if (why !== undefined) return why;
        throw toExecutorError(error);
      }
    },
  };
}

async function* translated(chunks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    signal.throwIfAborted();
    throw toExecutorError(error);
  }
}

function noLog({ status, statusMessage }: ApiError): NoLog | undefined {
  if (status === 404) return 'gone';
  if (status === 403) return 'forbidden';
  // "container … is waiting to start: ContainerCreating", "… is not available": the kubelet has not made it, or has removed it.
  return status === 400 && /waiting to start|is terminated|not available/.test(statusMessage)
    ? 'not-started'
    : undefined;
}
