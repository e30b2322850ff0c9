import type { Random } from '../random.ts';

/** What happens to a call or a list on its way. */
export type CallFault =
  | 'none'
  /** It comes late. */
  | 'delay'
  /** The connection is reset before the API server has heard of it. */
  | 'reset'
  /** The API server has done it, and the connection is reset instead of an answer. */
  | 'lose-answer'
  /** Taken, never passed on, never answered. */
  | 'stall'
  /** The API server has done it, and nothing comes back. */
  | 'stall-answer'
  | 'expired'
  | 'throttled'
  | 'error-500'
  | 'unavailable'
  /** Half of the answer, then a reset. */
  | 'half'
  /** Half of the answer, and an orderly end. */
  | 'half-closed'
  /** 200 with what is no JSON. */
  | 'garbage';

/** What happens to a watch: at once, or when it has been open for a while. */
export type WatchFault =
  | 'none'
  | Extract<CallFault, 'reset' | 'stall' | 'expired' | 'throttled' | 'error-500' | 'unavailable'>
  /** Every frame comes late. */
  | 'slow'
  | 'later-reset'
  | 'later-closed'
  /** Open, and silent from then on. */
  | 'later-stall'
  /** 410 as an ERROR frame. */
  | 'later-expired'
  /** Half of a frame, then a reset. */
  | 'later-half'
  /** Half of a frame, and an orderly end. */
  | 'later-half-closed'
  /** A line that is no frame. */
  | 'later-garbage';

export type FaultKind = CallFault | WatchFault;

/** A fault as it is drawn for one exchange. */
export interface Fault {
  readonly kind: FaultKind;
  /** How late a call comes, how late each frame is, or how long a watch is left alone first. */
  readonly ms: number;
  /** With `throttled` and `unavailable`: seconds; none is sent when it is 0. */
  readonly retryAfter: number;
  /** With `garbage`. */
  readonly garbage: string;
}

export type Weights<Kind extends FaultKind> = Readonly<Partial<Record<Kind, number>>>;

/** Lines that are no frames, each in another way. */
const rubbish = [
  'this is no frame\n',
  '{"type":"MODIFIED","object":{"metadata":\n',
  '{"type":"MODIFIED"}\n',
  '{"type":"SOMETHING","object":{"metadata":{"uid":"u","name":"n","resourceVersion":"1"}}}\n',
  '{"type":"MODIFIED","object":{"metadata":{"name":"nameless"}}}\n',
  '[]\n',
  'null\n',
  '<html><body>502 Bad Gateway</body></html>\n',
  '\u0000\u0001\ufffd\n',
];

/** One fault, by the weights. */
export function drawFault<Kind extends FaultKind>(
  random: Random,
  weights: Weights<Kind>,
  maxMs: number,
): Fault {
  const kind = random.weighted<Kind>(weights);
  return {
    kind,
    // Each draw takes the same numbers, whatever the kind: a changed weight does not move what comes after it.
    ms: random.between(1, maxMs),
    retryAfter: random.between(0, 1),
    garbage: random.pick(rubbish),
  };
}

export const noFault: Fault = { kind: 'none', ms: 0, retryAfter: 0, garbage: '' };
