/** Bytes that one piece of work holds, until it gives them back. */
export interface Claim {
  /** False when there is no room for so many more: then nothing was taken. */
  take(bytes: number): boolean;
  release(): void;
}

/** Memory that strangers may make a process hold at one time. */
export interface ByteBudget {
  /** `holder`: of whom all claims together may have a share and no more, such as a peer's address. */
  open(holder: string): Claim;
  readonly held: number;
}

/** So that one address cannot keep the others out. */
const shares = 4;

/** A budget of which one holder gets at most a quarter. */
export function createByteBudget(total: number): ByteBudget {
  const share = Math.ceil(total / shares);
  const byHolder = new Map<string, number>();
  let held = 0;
  const add = (holder: string, bytes: number): void => {
    held += bytes;
    const now = (byHolder.get(holder) ?? 0) + bytes;
    if (now <= 0) byHolder.delete(holder);
    else byHolder.set(holder, now);
  };
  return {
    open(holder) {
      let own = 0;
      return {
        take(bytes) {
          if (held + bytes > total || (byHolder.get(holder) ?? 0) + bytes > share) return false;
          own += bytes;
          add(holder, bytes);
          return true;
        },
        release() {
          if (own > 0) add(holder, -own);
          own = 0;
        },
      };
    },
    get held() {
      return held;
    },
  };
}
