/** What the loop is doing. */
export type ReflectorState = 'new' | 'listing' | 'connecting' | 'watching' | 'backoff' | 'stopped';

/** What a reflector tells about itself. Counters only grow; times are milliseconds of its clock. */
export type ReflectorStatus = {
  readonly state: ReflectorState;
  /** True from the first complete list on. */
  readonly synced: boolean;
  /** When the API server last said anything: a page, a frame. 0: never. */
  readonly lastActivity: number;
  /** What the view has reached. Empty before the first list. */
  readonly resourceVersion: string;
  readonly size: number;
  /** Lists begun, and those of them after the first complete one. */
  readonly lists: number;
  readonly relists: number;
  /** Watches opened, and those of them after the first. */
  readonly watches: number;
  readonly reconnects: number;
  readonly events: number;
  readonly bookmarks: number;
  /** Frames at or before the version that was reached already: told once, so dropped. */
  readonly duplicates: number;
  readonly idleTimeouts: number;
  /** Rounds that ended in a failure. */
  readonly errors: number;
  /** Rounds in a row that were refused for want of a right; 0 again once a watch is open. */
  readonly refusals: number;
  /** Lists that were older than what was known: the store was restored from a backup. */
  readonly restores: number;
  /** Throws of `project` and `onDelta`. */
  readonly handlerErrors: number;
  /** The last failure's message; it holds no credentials. */
  readonly lastError?: string;
};

/** The status of a reflector that has not begun. */
export const NEW_STATUS: ReflectorStatus = {
  state: 'new',
  synced: false,
  lastActivity: 0,
  resourceVersion: '',
  size: 0,
  lists: 0,
  relists: 0,
  watches: 0,
  reconnects: 0,
  events: 0,
  bookmarks: 0,
  duplicates: 0,
  idleTimeouts: 0,
  errors: 0,
  refusals: 0,
  restores: 0,
  handlerErrors: 0,
};
