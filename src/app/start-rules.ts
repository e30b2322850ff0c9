import type { Config } from '../config/schema.ts';
import { hasIdentity } from './identity.ts';

/** Whether the ports may listen where others than this machine can connect. */
export function mayBeExposed(
  config: Pick<Config, 'tls' | 'identity' | 'reloadInterval' | 'insecureLetAnyoneRunCodeInTheCluster'>,
): boolean {
  if (config.insecureLetAnyoneRunCodeInTheCluster === 'on') return true;
  return config.tls.certificateFile !== undefined && hasIdentity(config);
}
