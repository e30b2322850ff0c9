import type { DescService, Message } from '@bufbuild/protobuf';
import type { Caller } from '../identity/caller.ts';

/** What a handler knows of a call that came over HTTP; the gRPC edge gives the same. */
export interface HttpCallContext {
  readonly signal: AbortSignal;
  readonly caller: Caller;
  readonly traceparent?: string;
  readonly draining?: AbortSignal;
  /** Address of the caller's end of the connection. */
  readonly peer?: string;
}

/** A service whose unary and server-streaming methods are served over HTTP. Its other methods answer UNIMPLEMENTED. */
export interface HttpService {
  readonly desc: DescService;
  readonly handlers: Readonly<
    Record<string, (request: never, context: HttpCallContext) => Promise<Message> | AsyncIterable<Message>>
  >;
}
