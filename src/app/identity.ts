import type { Config } from '../config/schema.ts';
import { createIdentify, type Identify } from '../identity/identify.ts';
import { issuerKeys } from '../identity/issuer-keys.ts';
import { parseIssuers } from '../identity/issuers.ts';
import { createJwtVerifier } from '../identity/jwt-verifier.ts';
import type { TokenReviews } from '../identity/ports.ts';
import { createServiceAccountVerifier } from '../identity/service-account.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';

export interface IdentityDeps {
  readonly config: Pick<Config, 'identity' | 'tls' | 'reloadInterval'>;
  readonly reviews: TokenReviews;
  readonly logger: Logger;
  readonly metrics: ReloadMetrics;
}

/** Whether callers must prove who they are. */
export function hasIdentity({ identity, tls }: IdentityDeps['config']): boolean {
  return tls.clientCaFile !== undefined || identity.serviceAccounts === 'on' || identity.jwt !== undefined;
}

/** All kinds of proof that are configured; undefined where there is none, and everybody is `local`. */
export function openIdentity({
  config,
  reviews,
  logger,
  metrics,
}: IdentityDeps): { readonly identify: Identify; close(): void } | undefined {
  if (!hasIdentity(config)) return undefined;
  const { identity, tls, reloadInterval } = config;
  const issuers = parseIssuers(identity.jwt, 'identity.jwt');
  // The configuration was refused for it, where there is one that people write.
  if (!issuers.ok) throw new TypeError(`identity.jwt: ${JSON.stringify(issuers.problems)}`);
  const now = Date.now;
  const trusted = issuers.value.map((issuer) => {
    const keys = issuerKeys(issuer, {
      intervalMs: reloadInterval.ms,
      onReload(outcome, name, err) {
        metrics.reloaded('jwks', outcome);
        if (outcome === 'refused')
          logger.warn(
            { err, issuer: name },
            'the keys of an issuer cannot be had: those from before stay in use',
          );
      },
    });
    return { keys, verifier: createJwtVerifier(issuer, { keys: keys.find, now }) };
  });
  const accounts =
    identity.serviceAccounts === 'on'
      ? [
          createServiceAccountVerifier({
            reviews,
            audiences: identity.serviceAccountAudiences.split(','),
            onError: (err) => logger.warn({ err }, 'the cluster could not be asked about a token'),
          }),
        ]
      : [];
  return {
    identify: createIdentify({
      certificates: tls.clientCaFile !== undefined,
      verifiers: [...trusted.map(({ verifier }) => verifier), ...accounts],
      now,
    }),
    close() {
      for (const { keys } of trusted) keys.close();
    },
  };
}
