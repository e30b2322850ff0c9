import { formatAddress } from './address.ts';
import { formatDuration } from './duration.ts';
import type { Config } from './schema.ts';

/** A rule about several settings, checked once each of them is valid by itself. */
export interface Rule {
  /** The settings that it reads; the problem is reported at the first. */
  readonly paths: readonly [string, ...string[]];
  /** What is wrong, or undefined. */
  readonly check: (config: Config) => string | undefined;
}

export const rules: readonly Rule[] = [
  {
    paths: ['httpAddress', 'grpcAddress'],
    check: ({ httpAddress, grpcAddress }) =>
      httpAddress.port !== 0 && formatAddress(httpAddress) === formatAddress(grpcAddress)
        ? `is the same as grpcAddress, ${formatAddress(grpcAddress)}; each needs a port of its own`
        : undefined,
  },
  {
    paths: ['timeouts.run', 'limits.maxRun'],
    check: ({ timeouts, limits }) =>
      timeouts.run.ms > limits.maxRun.ms
        ? `is longer than limits.maxRun, ${formatDuration(limits.maxRun)}`
        : undefined,
  },
  {
    paths: ['timeouts.total', 'timeouts.run'],
    check: ({ timeouts }) =>
      timeouts.total !== undefined && timeouts.total.ms < timeouts.run.ms
        ? `is shorter than timeouts.run, ${formatDuration(timeouts.run)}: no step could use its time`
        : undefined,
  },
  {
    paths: ['tls.keyFile', 'tls.certificateFile'],
    check: ({ tls }) => together(tls.keyFile, tls.certificateFile, 'tls.certificateFile'),
  },
  {
    paths: ['tls.certificateFile', 'tls.keyFile'],
    check: ({ tls }) => together(tls.certificateFile, tls.keyFile, 'tls.keyFile'),
  },
  {
    paths: ['tls.clientCaFile', 'tls.certificateFile'],
    check: ({ tls }) => together(tls.clientCaFile, tls.certificateFile, 'tls.certificateFile'),
  },
  {
    paths: ['policyFile', 'identity.serviceAccounts', 'identity.jwt', 'tls.clientCaFile'],
    check: ({ policyFile, identity, tls }) =>
      policyFile !== undefined &&
      identity.serviceAccounts === 'off' &&
      identity.jwt === undefined &&
      tls.clientCaFile === undefined
        ? 'has no use without identities: configure tls.clientCaFile, identity.jwt or identity.serviceAccounts'
        : undefined,
  },
  {
    paths: ['images.identities', 'images.trustedRootFile'],
    check: ({ images }) =>
      images.identities !== undefined && images.trustedRootFile === undefined
        ? 'needs images.trustedRootFile beside it'
        : undefined,
  },
  {
    paths: ['images.trustedRootFile', 'images.identities'],
    check: ({ images }) =>
      images.trustedRootFile !== undefined && images.identities === undefined
        ? 'needs images.identities beside it: without them it would be trusted to name anybody'
        : undefined,
  },
  {
    paths: ['images.signatures', 'images.resolve'],
    check: ({ images }) =>
      images.signatures === 'required' && images.resolve === 'off'
        ? 'cannot be required with images.resolve off, which asks no registry: set it to not-required'
        : undefined,
  },
  { paths: ['kubeconfig', 'cluster'], check: (config) => unusedWhenEmbedded(config, config.kubeconfig) },
  { paths: ['context', 'cluster'], check: (config) => unusedWhenEmbedded(config, config.context) },
];

function together(value: string | undefined, other: string | undefined, name: string): string | undefined {
  return value !== undefined && other === undefined ? `needs ${name} beside it` : undefined;
}

// Somebody who names a cluster and gets another would learn it from steps that run in the wrong place.
function unusedWhenEmbedded({ cluster }: Config, value: string | undefined): string | undefined {
  return cluster === 'embedded' && value !== undefined
    ? 'has no use with cluster embedded; leave one of the two out'
    : undefined;
}
