/** Who calls, as far as it was proven. Names and groups of different kinds of proof never meet: each has its own beginning. */
export interface Caller {
  /**
   * `spiffe://…`, `cn:NAME`, `jwt:ISSUER:SUBJECT` or `system:serviceaccount:NAMESPACE:NAME`; `local` where nobody need prove anything. Shown in
   * cancellations, logs and the audit log.
   */
  readonly name: string;
  /** `o:ORGANIZATION` of a certificate, `jwt:ISSUER:GROUP`, or the groups that Kubernetes gives. */
  readonly groups: readonly string[];
  /** Tenants that the token itself names, by the claim that its issuer is configured with. */
  readonly tenants: readonly string[];
  /** What a token says, for a policy to ask. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What proved it. */
  readonly by: 'nothing' | 'certificate' | 'jwt' | 'serviceaccount';
  /** When the proof ends, in milliseconds; absent where that is not known. A stream lives no longer. */
  readonly expiresAt?: number;
}

const nobody = { groups: [], tenants: [], claims: {}, by: 'nothing' } as const;

/** Whoever reaches a port of this machine where no identities are configured. */
export const localCaller: Caller = { name: 'local', ...nobody };

/** Before it is known who calls, and where nobody asks: the probes. */
export const unknownCaller: Caller = { name: 'anonymous', ...nobody };
