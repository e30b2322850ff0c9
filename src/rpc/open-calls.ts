/** What the server can ask of a call that is under way. */
export interface StoppableCall {
  /** Asks the handler to say Goodbye. */
  drain(): void;
  /** Ends the call with UNAVAILABLE now. */
  stop(): void;
}

/** The calls under way, so that the server can end them. */
export interface OpenCalls {
  readonly draining: boolean;
  readonly size: number;
  add(call: StoppableCall): void;
  delete(call: StoppableCall): void;
  /** Drains every call, those that come later included. */
  drain(): void;
  stop(): void;
}

/**
 * A set and not one AbortSignal that all calls listen to: adding a listener walks the list of those before it, which at 10,000 streams
 * costs more than the call.
 */
export function createOpenCalls(): OpenCalls {
  const calls = new Set<StoppableCall>();
  let draining = false;
  return {
    get draining() {
      return draining;
    },
    get size() {
      return calls.size;
    },
    add: (call) => void calls.add(call),
    delete: (call) => void calls.delete(call),
    drain: () => {
      draining = true;
      for (const call of calls) call.drain();
    },
    stop: () => {
      for (const call of [...calls]) call.stop();
    },
  };
}
