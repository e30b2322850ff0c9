/** Milliseconds since 1970, by the clock that the field's comment names. */
export type EpochMs = number;

/** Names a Kubernetes object for good: a name may be used again, a uid never. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
