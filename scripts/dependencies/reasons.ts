/** Why each package is there that package.json names. One that has no line here fails a test. */
export const reasons: Readonly<Record<string, string>> = {
  '@bufbuild/protobuf': 'messages of the contract, at run time',
  '@connectrpc/connect': 'the HTTP port: JSON, Connect, gRPC-Web',
  '@connectrpc/connect-node': 'the same on Node’s HTTP server',
  '@grpc/grpc-js': 'the gRPC port, and the client in `glip`',
  '@kubernetes/client-node':
    'credentials (kubeconfig, in-cluster, exec plugins) and types; no traffic goes through it',
  '@sigstore/bundle': 'bundles of signatures of images, as cosign writes them',
  '@sigstore/protobuf-specs': 'the trusted root that such signatures are judged by',
  '@sigstore/verify': 'signatures by an identity instead of a key: certificates, logs, times',
  jose: 'tokens: signatures, key sets, claims',
  pino: 'logs as JSON lines',
  'prom-client': 'metrics',
  undici: 'all traffic to the API server',
  yaml: 'configuration, policy and tenants’ files; `-o yaml`',
  '@biomejs/biome': 'format and lint',
  '@bufbuild/buf': 'lint, format and breaking changes of the contract; runs the generator',
  '@bufbuild/protoc-gen-es': 'generates `gen/`',
  '@types/node': 'types',
  'fast-check': 'properties in tests',
  'google-proto-files': '`google/rpc/*.proto`, when code is generated',
  node: 'Node 24 for npm scripts, whatever Node the machine has',
  typescript: 'checks types; nothing is compiled',
  vitest: 'runs the tests',
};

/** Why a package may run a program when it is installed, or what it does without. One that has no line here fails a test. */
export const scriptReasons: Readonly<Record<string, string>> = {
  '@bufbuild/buf':
    'puts the program for this platform in its place; the program itself is a package of the lock file',
  node: 'installs the program for this platform, a package of the same version that the lock file does not hold',
  protobufjs: 'only warns about version ranges; nothing is lost without it',
};
