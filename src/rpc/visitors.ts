import type { Caller } from '../identity/caller.ts';

/** Metadata key under which the bridge finds what the gate knows of a call. Whatever a client sends there is taken away. */
export const VISIT = 'glip-visit';

/** A call that the gate has let in, and that has not reached its handler. */
export interface Visitor {
  /** Absent where nobody need be known. */
  readonly caller: Caller | undefined;
  /** To be called when the request has been read. */
  readonly begun: () => void;
}

/** Those on their way from the gate to the bridge: grpc-js hands over nothing but headers. */
export interface Visitors {
  /** The value for the header. */
  add(visitor: Visitor): string;
  take(id: string): Visitor | undefined;
}

export function createVisitors(): Visitors {
  const visitors = new Map<string, Visitor>();
  let count = 0;
  return {
    add(visitor) {
      count += 1;
      const id = String(count);
      visitors.set(id, visitor);
      return id;
    },
    take(id) {
      const visitor = visitors.get(id);
      visitors.delete(id);
      return visitor;
    },
  };
}
