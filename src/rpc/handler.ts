import type { DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import type { Caller } from '../identity/caller.ts';
import type { AccessLimits } from '../policy/access.ts';

export type { Caller };

/** What a handler knows of the call beside the request. */
export interface CallContext {
  /** Aborted when the caller cancels, its deadline passes, its connection goes, or the server stops. */
  readonly signal: AbortSignal;
  readonly caller: Caller;
  /** W3C trace context of the call, as it came, if it is well formed. */
  readonly traceparent?: string;
  /** Aborted when the server drains, before `signal`: a stream says Goodbye and ends with UNAVAILABLE. Absent where nobody drains. */
  readonly draining?: AbortSignal;
  /** Address of the caller's end of the connection. */
  readonly peer?: string;
  /** Which tenants the caller may see, of what tells of many; absent for all. Asked anew each time: the policy may change under a stream. */
  readonly sees?: (tenant: string) => boolean;
  /** How much the caller may do; absent without a policy. */
  readonly limits?: AccessLimits;
  /** Counts a Job that is made by a call that is no submit as one; throws where there are too many. Absent without a policy. */
  readonly spend?: () => void;
}

/** Whether the caller may see this tenant, of what tells of many. */
export const sees = (context: Pick<CallContext, 'sees'>, tenant: string): boolean =>
  context.sees?.(tenant) ?? true;

/** Answers one request, or throws an ExecutorError. */
export type UnaryHandler<M extends DescMethod> = (
  request: MessageShape<M['input']>,
  context: CallContext,
) => Promise<MessageShape<M['output']>>;

/** Yields frames until the stream's end, or throws an ExecutorError. Frames that are the same object are serialised once. */
export type StreamHandler<M extends DescMethod> = (
  request: MessageShape<M['input']>,
  context: CallContext,
) => AsyncIterable<MessageShape<M['output']>>;

/** As StreamHandler, over requests that keep coming. Served on the gRPC port only. */
export type DuplexHandler<M extends DescMethod> = (
  requests: AsyncIterable<MessageShape<M['input']>>,
  context: CallContext,
) => AsyncIterable<MessageShape<M['output']>>;

/** One handler per RPC of a service, by the method's name in camelCase. The same handlers serve gRPC and HTTP. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: S['method'][K]['methodKind'] extends 'server_streaming'
    ? StreamHandler<S['method'][K]>
    : S['method'][K]['methodKind'] extends 'bidi_streaming'
      ? DuplexHandler<S['method'][K]>
      : UnaryHandler<S['method'][K]>;
};
