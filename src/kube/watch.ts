import { apiErrorFromFrame } from './api-error.ts';
import type { Query, Transport } from './transport-types.ts';
import { type Frame, lines, parseFrame } from './watch-frames.ts';

export type WatchRequest = {
  readonly transport: Pick<Transport, 'stream'>;
  readonly path: string;
  readonly query: Query;
  /** Range of the server's time limit. */
  readonly seconds: readonly [min: number, max: number];
  readonly idleMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the watch. */
  readonly onOpen: () => void;
};

/** Opens a watch and reads its frames. An ERROR frame throws, as does a line that is no frame. */
export async function* watchFrames(request: WatchRequest): AsyncGenerator<Exclude<Frame, { type: 'ERROR' }>> {
  const { transport, path, idleMs, signal } = request;
  const [min, max] = request.seconds;
  const timeoutSeconds = Math.round(min + request.random() * (max - min));
  const query = { ...request.query, watch: true, allowWatchBookmarks: true, timeoutSeconds };
  const body = await transport.stream({ path, query, signal, idleMs });
  request.onOpen();
  for await (const line of lines(body)) {
    const frame = parseFrame(line);
    if (frame.type === 'ERROR') throw apiErrorFromFrame(frame.status, `WATCH ${path}`);
    yield frame;
  }
}
