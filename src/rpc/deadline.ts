/** Node's timers hold 31 bits of milliseconds, 24.8 days; beyond, grpc-js computes a negative or a random deadline. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** How the server is to treat a grpc-timeout header. */
export type TimeoutVerdict = 'keep' | 'endless' | 'malformed';

/** Judges a grpc-timeout header by the letter of the protocol: at most 8 digits and a unit. */
export function judgeTimeout(header: string): TimeoutVerdict {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  const unit = UNIT_MS[match?.[2] ?? ''];
  if (match === null || unit === undefined) return 'malformed';
  return Number(match[1]) * unit > MAX_TIMER_MS ? 'endless' : 'keep';
}

/** True once a deadline from grpc-js is over. Its timer may fire a moment before the clock agrees. */
export function deadlinePassed(deadline: Date | number, nowMs: number): boolean {
  return nowMs >= Number(deadline) - 2;
}
