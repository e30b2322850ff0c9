import { RpcError } from '../../src/cli/rpc-error.ts';

/** Frames of a stream that is read as fast as it comes. */
export interface Frames<T> {
  /** Everything received so far; grows. */
  readonly frames: readonly T[];
  /** What `look` finds in the frames, now or after a later one. Rejects when the stream ends or the time is over before. */
  when<R>(what: string, look: () => R | undefined | false): Promise<R>;
  /** The end of the stream: undefined for OK. */
  readonly over: { readonly error: RpcError | undefined } | undefined;
  /** Resolves when the stream has ended: undefined for OK. */
  readonly ended: Promise<RpcError | undefined>;
  close(): void;
}

export interface FramesOptions<T> {
  readonly open: (signal: AbortSignal) => AsyncIterable<T>;
  readonly closing: AbortSignal;
  /** What was told so far, for the message of a wait that fails. */
  readonly describe: (frames: readonly T[]) => string;
}

/** Above the 16 s back-off of the Job controller, with which the slowest test meets. */
const patienceMs = 60_000;

export function readFrames<T>({ open, closing, describe }: FramesOptions<T>): Frames<T> {
  const frames: T[] = [];
  const wakes = new Set<() => void>();
  const own = new AbortController();
  const wake = () => {
    for (const each of [...wakes]) each();
  };
  let over: { readonly error: RpcError | undefined } | undefined;
  const read = async (): Promise<RpcError | undefined> => {
    try {
      for await (const frame of open(AbortSignal.any([own.signal, closing]))) {
        frames.push(frame);
        wake();
      }
      return undefined;
    } catch (error) {
      return RpcError.from(error);
    }
  };
  const ended = read().then((error) => {
    over = { error };
    wake();
    return error;
  });

  const when = <R>(what: string, look: () => R | undefined | false): Promise<R> =>
    new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        wakes.delete(check);
        settle();
      };
      const fail = (why: string) =>
        done(() => reject(new Error(`waiting for ${what}: ${why}; the stream told ${describe(frames)}`)));
      const check = () => {
        let found: R | undefined | false;
        try {
          found = look();
        } catch (error) {
          return done(() => reject(error));
        }
        if (found !== undefined && found !== false) done(() => resolve(found));
        else if (over !== undefined) fail(`the stream ended with ${over.error?.message ?? 'OK'}`);
      };
      const timer = setTimeout(() => fail(`not within ${patienceMs} ms`), patienceMs);
      wakes.add(check);
      check();
    });

  return {
    frames,
    when,
    get over() {
      return over;
    },
    ended,
    close: () => own.abort(),
  };
}
