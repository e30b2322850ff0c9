import { describe, expect, test } from 'vitest';
import { type LoadInput, loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';

const noFile = (path: string): string => {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
};

function load(input: Partial<LoadInput>) {
  return loadConfig({ argv: [], env: {}, readFile: noFile, ...input });
}

function problemsOf(input: Partial<LoadInput>): readonly string[] {
  const result = load(input);
  return result.ok ? [] : result.problems.map(formatProblem);
}

function configOf(input: Partial<LoadInput>) {
  const result = load(input);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

test('without any source every setting has its default', () => {
  const { config, origins } = configOf({});
  expect(config.grpcAddress).toEqual({ host: '127.0.0.1', port: 7070 });
  expect(config.timeouts.queue).toEqual({ ms: 3_600_000, seconds: 3600 });
  expect(config.timeouts.run.seconds).toBe(900);
  expect(config.timeouts.total).toBeUndefined();
  expect(config.limits.maxRun.seconds).toBe(86_400);
  expect(config.ttlAfterFinished.seconds).toBe(3600);
  expect(config.outputsSizeLimit).toBe('10Gi');
  expect(config.resources).toBeUndefined();
  expect(new Set(origins.values())).toEqual(new Set(['default']));
});

describe('precedence', () => {
  const argv = ['--timeouts-queue', '1m'];
  const env = { GLIP_EXECUTOR_TIMEOUTS_QUEUE: '2m', GLIP_EXECUTOR_CONFIG: 'f' };
  const readFile = () => 'timeouts: {queue: 3m}';
  test.for([
    ['a flag wins over all', { argv, env, readFile }, 60, 'flag --timeouts-queue'],
    ['the environment wins over the file', { env, readFile }, 120, 'env GLIP_EXECUTOR_TIMEOUTS_QUEUE'],
    ['the file wins over the default', { argv: ['--config=f'], readFile }, 180, 'file f'],
    [
      '--config wins over its variable',
      { argv: ['--config', 'g'], env, readFile: (p: string) => `timeouts: {queue: ${p === 'g' ? 4 : 5}m}` },
      120,
      'env GLIP_EXECUTOR_TIMEOUTS_QUEUE',
    ],
    [
      'an empty variable is none',
      { env: { ...env, GLIP_EXECUTOR_TIMEOUTS_QUEUE: '' }, readFile },
      180,
      'file f',
    ],
    [
      'null in a file is nothing',
      { argv: ['--config', 'f'], readFile: () => 'timeouts: {queue: }' },
      3600,
      'default',
    ],
    ['the last of two flags wins', { argv: [...argv, '--timeouts-queue=5m'] }, 300, 'flag --timeouts-queue'],
  ] as const)('%s', ([, input, seconds, origin]) => {
    const { config, origins } = configOf(input);
    expect(config.timeouts.queue.seconds).toBe(seconds);
    expect(origins.get('timeouts.queue')).toBe(origin);
  });
});

test('every problem of every source comes at once, with where it stands', () => {
  const problems = problemsOf({
    argv: [
      '--grpc-adress',
      '1:2',
      '--cluster=kubernetse',
      'surplus',
      '--kubeconfig',
      '--config',
      'glip.yaml',
    ],
    env: {
      GLIP_EXECUTOR_TIMEOUT_QUEUE: '1s',
      GLIP_EXECUTOR_TIMEOUTS_START: '900',
      GLIP_EXECUTOR_CONFIG: 'glip.yaml',
      OTHER: 'x',
    },
    readFile: () =>
      'grpcAddres: 1\ntimeouts: 5\nlimits: {maxRun: 99h, maxRunn: 1}\nkubernetes: {connections: 0}\nlogLevel: [a]',
  });
  expect(problems).toEqual([
    'flag --grpc-adress: is not a flag of this command; did you mean --grpc-address?',
    'flag --kubeconfig: needs a value before --config: --kubeconfig FILE',
    'arguments: "surplus" is not expected here',
    'env GLIP_EXECUTOR_TIMEOUT_QUEUE: is not a setting; did you mean GLIP_EXECUTOR_TIMEOUTS_QUEUE?',
    'file glip.yaml: grpcAddres: is not a setting; did you mean grpcAddress?',
    'file glip.yaml: timeouts: must be a section with keys',
    'file glip.yaml: limits.maxRunn: is not a setting; did you mean limits.maxRun?',
    'flag --cluster: "kubernetse" is not one of auto, embedded, kubernetes; did you mean kubernetes?',
    'env GLIP_EXECUTOR_TIMEOUTS_START: "900" is not a duration: the unit is missing; write 900s, 900m or 900h',
    'file glip.yaml: logLevel: must be a text, is a list',
    'file glip.yaml: kubernetes.connections: must be from 1 to 1000, is 0',
  ]);
});

describe('a wrong value is a problem', () => {
  test.for([
    ['--grpc-address', ':7070', '":7070" has no host; write 127.0.0.1:7070 for this machine only'],
    ['--http-address', 'localhost', '"localhost" has no port; write localhost:7070'],
    ['--http-address', '127.0.0.1:70800', 'port 70800 is above 65535'],
    [
      '--namespace-prefix',
      'Glip-',
      '"Glip-" is not a lower-case letter and then at most 30 of a-z, 0-9 and "-"',
    ],
    ['--timeouts-run', '1500ms', 'must be whole seconds, is 1s500ms'],
    ['--timeouts-run', '0', 'must be 1s to 480h, whole seconds, is 0'],
    ['--heartbeat-interval', '16s', 'must be 50ms to 15s, is 16s'],
    ['--watch-max-age', '999ms', 'must be 0, or 1s to 480h, is 999ms'],
    ['--outputs-size-limit', '10GB', '"10GB" is not a quantity; leave out the B'],
    ['--outputs-size-limit', '1k', 'must be at least 1Mi, is 1k'],
    ['--context', 'a\u0007b', 'must not contain control characters'],
    ['--kubernetes-connections', '1.5', 'must be a whole number, is "1.5"'],
  ])('%s %s', ([flag, value, message]) => {
    expect(problemsOf({ argv: [flag!, value!] })).toEqual([`flag ${flag}: ${message}`]);
  });

  test('also when another source overrides it', () => {
    const input = { argv: ['--log-level', 'info'], env: { GLIP_EXECUTOR_LOG_LEVEL: 'loud' } };
    expect(problemsOf(input)).toEqual([
      'env GLIP_EXECUTOR_LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, fatal',
    ]);
  });
});

describe('rules about several settings', () => {
  test.for([
    [
      ['--http-address', '127.0.0.1:7070'],
      'flag --http-address: is the same as grpcAddress, 127.0.0.1:7070; each needs a port of its own',
    ],
    [
      ['--grpc-address', '127.0.0.1:7080'],
      'default: httpAddress: is the same as grpcAddress, 127.0.0.1:7080; each needs a port of its own',
    ],
    [['--timeouts-run', '25h'], 'flag --timeouts-run: is longer than limits.maxRun, 24h'],
    [
      ['--timeouts-total', '1m'],
      'flag --timeouts-total: is shorter than timeouts.run, 15m: no step could use its time',
    ],
    [
      ['--cluster', 'embedded', '--context', 'x'],
      'flag --context: has no use with cluster embedded; leave one of the two out',
    ],
    [
      ['--cluster', 'embedded', '--kubeconfig', 'x'],
      'flag --kubeconfig: has no use with cluster embedded; leave one of the two out',
    ],
    [
      ['--images-trusted-root-file', 'x'],
      'flag --images-trusted-root-file: needs images.identities beside it: without them it would be trusted to name anybody',
    ],
    [
      ['--images-resolve', 'off'],
      'default: images.signatures: cannot be required with images.resolve off, which asks no registry: set it to not-required',
    ],
    [['--tls-key-file', 'x'], 'flag --tls-key-file: needs tls.certificateFile beside it'],
    [['--tls-certificate-file', 'x'], 'flag --tls-certificate-file: needs tls.keyFile beside it'],
    [['--tls-client-ca-file', 'x'], 'flag --tls-client-ca-file: needs tls.certificateFile beside it'],
    [
      ['--policy-file', 'x'],
      'flag --policy-file: has no use without identities: configure tls.clientCaFile, identity.jwt or identity.serviceAccounts',
    ],
  ] as const)('%s', ([argv, message]) => {
    expect(problemsOf({ argv })).toEqual([message]);
  });

  test('two free ports are not the same address', () => {
    expect(problemsOf({ argv: ['--grpc-address=127.0.0.1:0', '--http-address=127.0.0.1:0'] })).toEqual([]);
  });

  test('are not applied to settings that are wrong by themselves', () => {
    expect(problemsOf({ argv: ['--timeouts-run', 'x', '--limits-max-run', '1s'] })).toHaveLength(1);
  });
});

describe('the file', () => {
  const withFile = (text: string) => problemsOf({ argv: ['--config', 'f'], readFile: () => text });

  test('may be JSON, and may be empty', () => {
    const { config } = configOf({
      argv: ['--config', 'f'],
      readFile: () => '{"kubernetes": {"connections": 7}}',
    });
    expect(config.kubernetes.connections).toBe(7);
    expect(withFile('')).toEqual([]);
    expect(withFile('# nothing yet\n')).toEqual([]);
  });

  test('that cannot be read is a problem beside the others', () => {
    expect(problemsOf({ argv: ['--config', 'nowhere', '--log-level', 'x'] })).toEqual([
      "file nowhere: cannot be read: ENOENT: no such file or directory, open 'nowhere'",
      'flag --log-level: "x" is not one of trace, debug, info, warn, error, fatal',
    ]);
  });

  test.for([
    ['a list', '- a', 'file f: must be a mapping of settings'],
    [
      'a duplicate key',
      'logLevel: info\nlogLevel: warn',
      'file f: the key "logLevel" stands twice in one mapping',
    ],
    [
      'a duplicate key in JSON',
      '{"logLevel": "info", "logLevel": "warn"}',
      'file f: logLevel: is a duplicate key (line 1, column 22)',
    ],
    ['broken JSON', '{"logLevel" "info"}', 'file f: logLevel: expected ":", found "\\"" (line 1, column 13)'],
    [
      'a tag',
      'logLevel: !!js/function x',
      'file f: Unresolved tag: tag:yaml.org,2002:js/function at line 1, column 11',
    ],
    [
      'a key of a prototype',
      '{"__proto__": {"x": 1}, "constructor": 1}',
      'file f: __proto__: is not a setting',
    ],
  ])('with %s', ([, text, message]) => {
    expect(withFile(text!)).toContain(message);
  });

  test('cannot grow by aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ];
    expect(withFile(bomb.join('\n')).join()).toContain('Excessive alias count');
  });
});

test('a structured setting is handed to the module that knows it, with its path', () => {
  const seen: unknown[] = [];
  const check = (value: unknown, path: string) => {
    seen.push([value, path]);
    return [{ path: 'resources.pools[0].name', message: 'is required' }];
  };
  const input = {
    argv: ['--config', 'f'],
    readFile: () => 'resources: {pools: [{}]}',
    checks: { resources: check },
  };
  expect(problemsOf(input)).toEqual(['file f: resources.pools[0].name: is required']);
  expect(seen).toEqual([[{ pools: [{}] }, 'resources']]);
  expect(problemsOf({ checks: { resources: check } })).toEqual([]);
});

test('what Kubernetes sets for a Service named like us is not a setting of ours', () => {
  const env = {
    GLIP_EXECUTOR_SERVICE_HOST: '10.0.0.1',
    GLIP_EXECUTOR_SERVICE_PORT: '7070',
    GLIP_EXECUTOR_SERVICE_PORT_GRPC: '7070',
    GLIP_EXECUTOR_PORT: 'tcp://10.0.0.1:7070',
    GLIP_EXECUTOR_PORT_7070_TCP: 'tcp://10.0.0.1:7070',
    GLIP_EXECUTOR_PORT_7070_TCP_ADDR: '10.0.0.1',
    GLIP_EXECUTOR_METRICS_SERVICE_HOST: '10.0.0.2',
    GLIP_EXECUTOR_METRICS_PORT_9090_TCP_PROTO: 'tcp',
  };
  expect(problemsOf({ env })).toEqual([]);
  expect(problemsOf({ env: { GLIP_EXECUTOR_GRPC_PORT: '7070' } })).toEqual([
    'env GLIP_EXECUTOR_GRPC_PORT: is not a setting; did you mean GLIP_EXECUTOR_GRPC_ADDRESS?',
  ]);
});
