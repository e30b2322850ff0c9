import type { DescMethod, Message } from '@bufbuild/protobuf';
import { ExecutorError } from '../step/errors.ts';
import { type AccessRow, accessTable } from './access-table.ts';
import type { Admission, Guard } from './guard.ts';
import type { CallContext } from './handler.ts';
import type { AnyHandler, RpcService } from './service.ts';

/** A call of which something is to be written down. */
export interface JudgedCall {
  /** `package.Service/Method`. */
  readonly rpc: string;
  readonly context: CallContext;
  readonly request: Message | undefined;
  /** Absent when it was refused. */
  readonly admission?: Admission;
  /** A stream is told of when it begins, and again when it is over; absent of all else. */
  readonly stage?: 'started' | 'ended';
  /** What it ended with; absent when it ended well, or has only begun. */
  readonly error?: unknown;
}

export interface GuardedDeps {
  readonly guard: Guard;
  readonly onCall?: (call: JudgedCall) => void;
}

type Unary = (request: Message, context: CallContext) => Promise<Message>;
type Stream = (request: Message, context: CallContext) => AsyncIterable<Message>;

/**
 * A service behind the guard: for both ports, since both serve the same handlers.
 * @throws Error when a method has no row in the table
 */
export function guarded({ desc, handlers }: RpcService, deps: GuardedDeps): RpcService {
  const made: Record<string, AnyHandler> = {};
  for (const method of desc.methods) {
    const rpc = nameOf(method);
    const row = accessTable[rpc];
    if (row === undefined) throw new Error(`${rpc} has no row in the access table`);
    const handler: unknown = handlers[method.localName];
    made[method.localName] =
      row.set === 'public'
        ? (handler as AnyHandler)
        : method.methodKind === 'unary'
          ? guardedUnary(method, row, handler as Unary, deps)
          : guardedStream(method, row, handler as Stream, deps);
  }
  return { desc, handlers: made };
}

const nameOf = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

function guardedUnary(
  method: DescMethod,
  row: AccessRow,
  handler: Unary,
  { guard, onCall }: GuardedDeps,
): Unary {
  const rpc = nameOf(method);
  return async (request, context) => {
    let admission: Admission | undefined;
    const told = (error?: unknown): void =>
      onCall?.({
        rpc,
        context,
        request,
        ...(admission && { admission }),
        ...(error !== undefined && { error }),
      });
    try {
      admission = guard.admit(row, rpc, context.caller, request);
      const { instead } = admission;
      const answer = instead ?? (await handler(request, admitted(context, admission)));
      told();
      return answer;
    } catch (error) {
      told(error ?? new Error('nothing was thrown'));
      throw error;
    }
  };
}

function guardedStream(
  method: DescMethod,
  row: AccessRow,
  handler: Stream,
  { guard, onCall }: GuardedDeps,
): Stream {
  const rpc = nameOf(method);
  const streamsRequests = method.methodKind === 'bidi_streaming';
  return (request, context) => {
    const about = streamsRequests ? undefined : request;
    const call = { rpc, context, request: about };
    let admission: Admission;
    try {
      admission = guard.admit(row, rpc, context.caller, about);
    } catch (error) {
      onCall?.({ ...call, error });
      throw error;
    }
    onCall?.({ ...call, admission, stage: 'started' });
    const revocable = untilRevoked(admitted(context, admission), admission, guard);
    return withEnd(handler(request, revocable.context), (error) => {
      revocable.clear();
      onCall?.({ ...call, admission, stage: 'ended', ...(error !== undefined && { error }) });
    });
  };
}

/** Nothing is copied: what the edge makes only when it is asked for stays unmade. */
function admitted(context: CallContext, { sees, limits, spend }: Admission): CallContext {
  const more = { limits, ...(sees && { sees }), ...(spend && { spend }) };
  return Object.assign(Object.create(context) as CallContext, more);
}

/** Timers of the runtime hold no more; who has a longer proof is asked again before. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A stream whose caller may not have it any more, or whose proof has ended, says Goodbye as in a drain: whoever follows comes back with its cursor
 * and what it has to show by then, and is told what it may.
 */
function untilRevoked(context: CallContext, { holds }: Admission, { access }: Guard) {
  const { expiresAt } = context.caller;
  if (holds === undefined && expiresAt === undefined) return { context, clear: () => undefined };
  const draining = new AbortController();
  const drain = (): void => draining.abort();
  const outer = context.draining;
  outer?.addEventListener('abort', drain, { once: true });
  if (outer?.aborted) drain();
  const unsubscribe = access?.subscribe(() => {
    if (holds?.() === false) drain();
  });
  const leftMs =
    expiresAt === undefined ? undefined : Math.min(Math.max(0, expiresAt - Date.now()), longestTimerMs);
  const timer = leftMs === undefined ? undefined : setTimeout(drain, leftMs).unref();
  return {
    context: Object.defineProperty(context, 'draining', { value: draining.signal }),
    clear() {
      unsubscribe?.();
      clearTimeout(timer);
      outer?.removeEventListener('abort', drain);
    },
  };
}

/** The same frames, without a generator around them: a promise for each is what it costs. */
function withEnd(frames: AsyncIterable<Message>, onEnd: (error?: unknown) => void): AsyncIterable<Message> {
  return {
    [Symbol.asyncIterator]() {
      const inner = frames[Symbol.asyncIterator]();
      let over = false;
      const end = (error?: unknown): void => {
        if (over) return;
        over = true;
        onEnd(error);
      };
      return {
        async next() {
          try {
            const step = await inner.next();
            if (step.done) end();
            return step;
          } catch (error) {
            end(error);
            throw error;
          }
        },
        async return(value?: unknown) {
          end(left());
          return (await inner.return?.(value)) ?? { done: true, value };
        },
      };
    },
  };
}

const left = (): ExecutorError =>
  new ExecutorError({ code: 'CANCELLED', reason: 'CANCELLED', message: 'the caller left' });
