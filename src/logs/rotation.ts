import { compareTimes, type LogTime, msOf } from './log-time.ts';

/** No node begins a new file before the old one is larger; the kubelet's default is 10 MiB. */
export const smallestFile = 256 * 1024;
/** What a line has in the node's file beside its text. */
const perLine = 40;
/** The kubelet looks for files that are too large every 10 s, every 3 s at the fastest: two rotations are further apart than this. */
const apartMs = 2_500;

/**
 * Finds where a stream that goes on has passed from one file to the next. The kubelet goes on with the new file at once, and what the
 * runtime still writes at the end of the old one is lost then: some milliseconds of output, seen with 1.37 in one of ten rotations. So each
 * such place is a gap. It is known by the head, the time of the first line of the newest file, which is asked for ever again.
 */
export class RotationGuard {
  #head: LogTime | undefined;
  /** Text since the head; without a known head the file may be of any size. */
  #bytes: number;
  /** By the node's clock: what was written before is in files that are known. */
  #safeMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #inVain = false;
  /** Of files that were begun since, where they begin. */
  #borders: LogTime[] = [];

  /** A line of the file that is read; the first one that is met, by default. */
  #anchor: LogTime | undefined;

  /** `whole`: what is read begins with the first line of the file. `anchor`: a line that is known to be in it. */
  constructor(whole: boolean, anchor?: LogTime) {
    this.#bytes = whole ? 0 : smallestFile;
    this.#anchor = anchor;
  }

  /** A line that was met, and is perhaps not told yet. */
  met(time: LogTime): void {
    this.#anchor ??= time;
  }

  /** Whether a line may be of a file that nobody has asked for yet. */
  isDoubtful(time: LogTime): boolean {
    // Milliseconds are not as fine as the times of lines.
    return this.#bytes >= smallestFile && msOf(time) > this.#safeMs - 1;
  }

  /** The head as it was at a moment, by the node's clock or earlier. True where more than one file may have been begun since the last time. */
  asked(head: LogTime, nodeMs: number): boolean {
    const isOther = this.#isOther(head);
    const maybeMore = isOther && nodeMs - this.#askedAtMs > apartMs;
    this.#head = head;
    this.#inVain = false;
    this.#safeMs = nodeMs;
    this.#askedAtMs = nodeMs;
    if (isOther) this.#borders.push(head);
    return maybeMore;
  }

  /**
   * The newest file has no line yet: what was read is of files before it. True where one of those may have been begun since the last
   * question, too.
   */
  askedInVain(nodeMs: number): boolean {
    const maybeMore = this.#inVain || nodeMs - this.#askedAtMs > apartMs;
    this.#inVain = true;
    this.#safeMs = nodeMs;
    this.#askedAtMs = nodeMs;
    return maybeMore;
  }

  /** Whether a line is the first one of a file; to be called with each line, in order. */
  passes(time: LogTime, textLength: number): boolean {
    this.met(time);
    this.#bytes += textLength + perLine;
    const [border] = this.#borders;
    if (border === undefined || compareTimes(time, border) < 0) return false;
    this.#borders.shift();
    this.#bytes = textLength + perLine;
    return true;
  }

  #isOther(head: LogTime): boolean {
    if (this.#head !== undefined) return compareTimes(head, this.#head) !== 0;
    return this.#anchor !== undefined && compareTimes(head, this.#anchor) > 0;
  }
}
