import { didYouMean } from './did-you-mean.ts';
import type { Source } from './file.ts';
import type { Problem } from './problem.ts';
import { envPrefix, type NamedSetting } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names a configuration file; a flag does it too. */
export const configFileEnv = `${envPrefix}CONFIG`;

// Kubernetes sets these in every pod beside a Service whose name begins with glip-executor; they are not meant for us.
const serviceHost = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/;
const servicePort = /_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;

/** What the environment says. An empty variable is as if it were not set, so that templates may leave it empty. */
export function readEnvSource(env: Environment, settings: readonly NamedSetting[]): Source {
  const byName = new Map(
    settings.flatMap((named) => (named.env === undefined ? [] : [[named.env, named.path]])),
  );
  const values = new Map<string, { raw: unknown; source: string }>();
  const problems: Problem[] = [];
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith(envPrefix) || name === configFileEnv || raw === undefined || raw === '') continue;
    const source = `env ${name}`;
    const path = byName.get(name);
    if (path !== undefined) values.set(path, { raw, source });
    else if (!isServiceLink(name, raw)) {
      problems.push({ source, path: '', message: `is not a setting${didYouMean(name, byName.keys())}` });
    }
  }
  return { values, problems };
}

function isServiceLink(name: string, value: string): boolean {
  if (serviceHost.test(name)) return true;
  return servicePort.test(name) && (/^(tcp|udp|sctp):\/\//.test(value) || /_\d+_(TCP|UDP|SCTP)_/.test(name));
}
