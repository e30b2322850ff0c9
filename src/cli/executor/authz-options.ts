import { type FlagSpec, readFlags } from '../../config/flags.ts';

/** A question to a policy: may somebody do something for a tenant? */
export interface AuthzQuestion {
  /** Absent: the one of the configuration. */
  readonly policy: string | undefined;
  readonly config: string | undefined;
  readonly identity: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, readonly string[]>>;
  readonly ownTenants: readonly string[];
  readonly rpc: string;
  readonly tenant: string | undefined;
}

export const authzFlags: readonly FlagSpec[] = [
  { name: '--policy', syntax: 'FILE', description: 'The policy. Default: policyFile of the configuration.' },
  {
    name: '--config',
    syntax: 'FILE',
    description: 'The configuration, for its pools and its policyFile. [$GLIP_EXECUTOR_CONFIG]',
  },
  {
    name: '--identity',
    syntax: 'NAME',
    description: 'Who: spiffe://..., cn:NAME, jwt:ISSUER:SUBJECT or system:serviceaccount:NAMESPACE:NAME.',
  },
  {
    name: '--groups',
    syntax: 'GROUP[,GROUP...]',
    description: 'Groups of it: o:ORGANIZATION, jwt:ISSUER:GROUP.',
  },
  {
    name: '--claims',
    syntax: 'NAME=VALUE[,...]',
    description: 'Claims of its token; a name may come twice.',
  },
  { name: '--own-tenants', syntax: 'TENANT[,...]', description: 'Tenants that its token names.' },
  { name: '--rpc', syntax: 'RPC', description: 'What: SubmitStep, /metrics, ...' },
  { name: '--tenant', syntax: 'TENANT', description: 'For whom. Without it: for any tenant at all.' },
];

/** Reads the flags; lists every problem. */
export function readAuthz(
  args: readonly string[],
  more: readonly FlagSpec[],
): {
  readonly question: AuthzQuestion;
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
} {
  const { values, positionals, problems: wrong } = readFlags(args, [...authzFlags, ...more]);
  const problems = wrong.map(({ flag, message }) => `flag ${flag}: ${message}`);
  const [word, ...surplus] = positionals;
  if (word !== 'test')
    problems.push(
      `"authz test" is the only question that there is${word === undefined ? '' : `, not ${JSON.stringify(word)}`}`,
    );
  for (const one of surplus) problems.push(`${JSON.stringify(one)} is not expected here`);
  for (const flag of ['--identity', '--rpc'])
    if (!values.has(flag) && !wrong.some((one) => one.flag === flag))
      problems.push(`flag ${flag}: is required`);
  const list = (flag: string): readonly string[] => (values.get(flag) ?? '').split(',').filter(Boolean);
  const claims: Record<string, string[]> = {};
  for (const pair of list('--claims')) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      problems.push(`flag --claims: ${JSON.stringify(pair)} is not NAME=VALUE`);
    else claims[name] = [...(claims[name] ?? []), value];
  }
  const question = {
    policy: values.get('--policy'),
    config: values.get('--config'),
    identity: values.get('--identity') ?? '',
    groups: list('--groups'),
    claims,
    ownTenants: list('--own-tenants'),
    rpc: values.get('--rpc') ?? '',
    tenant: values.get('--tenant'),
  };
  return { question, values, problems };
}
